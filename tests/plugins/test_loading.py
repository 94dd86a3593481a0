"""Plugins from outside: described to the window without running there, real in workers, and harmless when broken."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import plugins
from studio.api import StudioError
from studio.core.model_folder import read_model
from studio.core.paths import plugins_folder, resources, user_folder
from studio.plugins import asking
from studio.services import doctor
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.source import ROOT, imports, imports_on_loading, modules, top

GOOD = '''
    """A step of the recipe."""
    import sys
    from studio.api import Cleaner, Kept, NoSettings, Settings, setting

    class ShoutSettings(Settings):
        """How loud."""
        sign: str = setting("?", "Which sign", help="Put at the end.")
        times: int = setting(2, "How often", help="Signs.", minimum=1, maximum=9, good=(1, 3))

    class Shout(Cleaner[ShoutSettings]):
        id = "ask"
        title = "Questions"
        summary = "Makes questions."
        explanation = "Puts a sign behind every cell."
        Settings = ShoutSettings
        def clean(self, rows, roles, settings):
            for row in rows:
                yield Kept(row)
'''


@pytest.fixture
def own() -> Iterator[Path]:
    """The person's own plugin folder, emptied afterwards."""
    folder = user_folder() / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    plugins.forget()
    yield folder
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    folder.rmdir()
    plugins.forget()


def write(folder: Path, name: str, code: str, title: str = "") -> Path:
    place = folder / name
    place.mkdir()
    (place / "plugin.toml").write_text(f'name = "{title or name}"\nversion = "1"\nmodule = "main"\n', encoding="utf-8")
    (place / "main.py").write_text(textwrap.dedent(code), encoding="utf-8")
    plugins.forget()
    return place


def test_a_plugin_in_the_person_s_folder_is_described_and_its_code_does_not_run_here(own: Path) -> None:
    write(own, "asking", GOOD)
    found = plugins.cleaners()["ask"]
    assert (found.title, found.summary) == ("Questions", "Makes questions.")
    assert [field.key for field in found.form()] == ["sign", "times"]
    assert found.form()[1].maximum == 9 and found.form()[1].good == (1, 3)
    assert found.settings({"times": 3}).model_dump() == {"sign": "?", "times": 3}
    with pytest.raises(ValueError, match="less than or equal to 9"):
        found.settings({"times": 10})
    assert not [name for name in sys.modules if name.startswith("studio_plugin_asking")]
    with pytest.raises(StudioError, match="does its work in a worker"):
        list(found.clean([], {}, found.settings({})))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise RuntimeError('no such thing')", "It could not be loaded: RuntimeError (no such thing)."),
        ("import os\nos._exit(3)", "It does not answer."),
        ("import missing_package_of_nobody", "ModuleNotFoundError"),
        ("from studio.api import Metric\nclass A(Metric):\n    id='a'\n    def score(self, p, s): return {}", "title"),
    ],
)
def test_a_broken_plugin_becomes_a_line_while_the_rest_works(own: Path, code: str, words: str) -> None:
    write(own, "a_broken_one", code, "My broken one")
    write(own, "b_good_one", GOOD)
    assert "ask" in plugins.cleaners()
    assert [(each.name, words in each.sentence) for each in plugins.broken()] == [("My broken one", True)]


def test_the_doctor_tells_of_a_broken_plugin_in_words(own: Path) -> None:
    write(own, "a_broken_one", "raise RuntimeError('no such thing')", "My broken one")
    health = doctor.examine()
    told = next(problem for problem in health.problems if problem.id == "plugin-broken")
    assert told.sentence.startswith("The plugin My broken one can't be used. It could not be loaded")
    assert told.remedy and {"name": "BitFit", "version": "1.0", "where": "shipped"} in health.plugins


def test_a_plugin_that_hangs_is_left_out(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 2.0)
    write(own, "a_hanging_one", "import time\ntime.sleep(600)")
    write(own, "b_good_one", GOOD)
    assert "ask" in plugins.cleaners()
    assert [each.sentence for each in plugins.broken()] == ["It does not answer."]


def test_an_installed_package_brings_plugins_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = tmp_path / "asking_package-2.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: asking-package\nVersion: 2.0\n", encoding="utf-8")
    (facts / "entry_points.txt").write_text("[studio.plugins]\nasking = asking_package:Shout\n", encoding="utf-8")
    (tmp_path / "asking_package.py").write_text(textwrap.dedent(GOOD), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    plugins.forget()
    assert plugins.cleaners()["ask"].title == "Questions"
    assert [(each.name, each.version) for each in plugins.sources() if each.where == "package"] == [("asking", "2.0")]
    assert "asking_package" not in sys.modules
    monkeypatch.undo()
    plugins.forget()


OBJECTIVE = """
    from studio.api import Example, NoSettings, Objective, Problem, Role
    class Copy(Objective[NoSettings]):
        id = "copy"
        title = "Copying"
        summary = "Repeats."
        explanation = "Repeats what it reads."
        architectures = frozenset({"decoder"})
        roles = (Role("text", "Text", required=True),)
        def check(self, roles):
            if "text" not in roles.values():
                yield Problem(id="no-text", step="data", sentence="There is no text to copy.")
        def encode(self, row, encoder, settings): return encoder.text(row["text"])
        def loss(self, model, batch, scorer): return scorer.losses(model, batch).sum()
        def prompt(self, row, settings): return []
"""


def test_a_described_objective_knows_its_columns(own: Path) -> None:
    write(own, "copying", OBJECTIVE)
    copy = plugins.objectives()["copy"]
    assert (copy.architectures, copy.roles[0].title) == (frozenset({"decoder"}), "Text")
    assert not list(copy.check({"a": "text"}))
    assert [problem.sentence for problem in copy.check({})] == ["There is no text to copy."]


METHOD = """
    from pydantic import field_validator
    from studio.api import Method, Picture, Settings, setting
    class EvenSettings(Settings):
        count: int = setting(2, "How many", help="An even number.", minimum=0)
        @field_validator("count")
        @classmethod
        def is_even(cls, count):
            if count % 2: raise ValueError("An odd number of layers has no middle")
            return count
    class Even(Method[EvenSettings]):
        id = "even"
        title = "Even layers"
        summary = "Some."
        explanation = "Some layers."
        Settings = EvenSettings
        def attach(self, model, settings): return model
        def trainable(self, model, settings): return settings.count * 10
        def learning_rate(self, model): return 1e-3
        def picture(self, model, settings): return Picture(("trained",) * model.layers)
        def save(self, model, folder): ...
        def load(self, model, folder): return model
        def merge(self, model): return model
"""


def test_settings_that_only_the_plugin_can_refuse_become_a_problem(own: Path) -> None:
    write(own, "even", METHOD)
    model = read_model(resources() / "starters" / "decoder")
    even = plugins.methods()["even"]
    assert even.trainable(model, even.settings({"count": 4})) == 40
    odd = even.settings({"count": 3})
    assert "has no middle" in next(iter(even.check(model, odd))).sentence
    assert even.trainable(model, odd) == 0
    assert even.picture(model, odd).layers == ("frozen",) * model.layers


def test_a_description_that_can_t_be_read_is_a_line_too(own: Path) -> None:
    (write(own, "asking", GOOD) / "plugin.toml").write_text("name = ", encoding="utf-8")
    plugins.forget()
    assert "ask" not in plugins.cleaners()
    assert "plugin.toml" in plugins.broken()[0].sentence


def test_an_id_that_is_taken_stays_with_the_first(own: Path) -> None:
    taken = next(iter(plugins.cleaners())).id
    write(own, "other", GOOD.replace('id = "ask"', f'id = "{taken}"'))
    assert plugins.cleaners()[taken].title != "Questions"
    assert [each.sentence for each in plugins.broken()] == [f"Another cleaner already calls itself {taken}."]


def test_answers_are_remembered_until_a_file_changes(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = write(own, "asking", GOOD)
    model = read_model(resources() / "starters" / "encoder")
    said = plugins.methods()["bitfit"].trainable(model, plugins.methods()["bitfit"].settings({}))
    plugins.forget()
    with monkeypatch.context() as nobody:
        nobody.setattr(asking.Asking, "_start", lambda self: pytest.fail("a child was started"))
        assert plugins.cleaners()["ask"].title == "Questions"
        method = plugins.methods()["bitfit"]
        assert method.trainable(model, method.settings({})) == said
    (place / "main.py").write_text(textwrap.dedent(GOOD).replace("Questions", "Asked"), encoding="utf-8")
    plugins.forget()
    assert plugins.cleaners()["ask"].title == "Asked"


def test_damaged_memory_is_no_memory(own: Path) -> None:
    write(own, "asking", GOOD)
    assert "ask" in plugins.cleaners()
    memory = user_folder() / "plugins.jsonl"
    memory.write_bytes(b'\x00\xff["torn\n[1]\n{}\n' + memory.read_bytes()[:-20])
    plugins.forget()
    assert "ask" in plugins.cleaners()


def described(id: str) -> Any:
    return plugins.methods()[id]


def test_a_described_method_answers_as_the_real_one() -> None:
    model = read_model(resources() / "starters" / "encoder")
    method = described("bitfit")
    assert type(method).__name__ == "Described_bitfit"
    script = (
        "import sys\nfrom pathlib import Path\nfrom studio import plugins\n"
        "from studio.core.model_folder import read_model\nplugins.use_real()\n"
        "method = plugins.methods()['bitfit']\nmodel = read_model(Path(sys.argv[1]))\n"
        "chosen = method.settings({})\n"
        "print(method.trainable(model, chosen), method.learning_rate(model), method.picture(model, chosen).layers)\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, model.path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    chosen = method.settings({})
    here = (method.trainable(model, chosen), method.learning_rate(model), method.picture(model, chosen).layers)
    assert done.stdout.strip() == f"{here[0]} {here[1]} {here[2]}"
    assert not list(method.check(model, chosen))
    decoder = read_model(resources() / "starters" / "decoder")
    assert [problem.id for problem in method.check(decoder, chosen)] == ["no-offsets"]


def test_the_child_ends_itself_and_is_started_again_when_needed() -> None:
    model = read_model(resources() / "starters" / "encoder")
    method = described("bitfit")
    renamed = [model.model_copy(update={"name": name}) for name in ("first", "second")]
    first = method.trainable(renamed[0], method.settings({}))
    child = plugins._asking._child
    assert child is not None and child.wait(10) == 0
    assert method.trainable(renamed[1], method.settings({})) == first
    assert plugins._asking._child is not child


def test_what_ships_is_whole_and_imports_the_studio_through_one_door() -> None:
    assert not plugins.broken()
    assert "bitfit" in plugins.methods()
    for path, tree in modules(plugins_folder()):
        own = [name for _, name in imports(tree) if top(name) == "studio"]
        assert all(name.startswith("studio.api") for name in own), path
        assert [name for _, name in imports_on_loading(tree) if top(name) in ("torch", "peft", "transformers")] == []


def test_the_describe_task_tells_everything_about_every_plugin(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "job", "describe", {"model": str(resources() / "starters" / "decoder")})
    client.start(run)
    end = client.wait(run)
    result = end.model_dump()["result"]
    told = {(each["kind"], each["id"]): each for each in result["plugins"]}
    assert told["method", "bitfit"]["title"] == "Offsets only"
    assert told["method", "lora"]["settings"]["properties"]["rank"]["default"] == 16
    assert set(result["answers"]) == {method.id for method in plugins.methods()}
    assert result["answers"]["lora"]["trainable"] > 0
    assert [problem["id"] for problem in result["answers"]["bitfit"]["problems"]] == ["no-offsets"]
