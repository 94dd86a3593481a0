"""--set, --config and --model laid over the project, and what a run with them would need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.cli import overlay, preparing
from studio.cli.faults import UsageError
from studio.core.config import RunConfig, edit
from studio.core.device import Device
from studio.core.problem import StudioError
from studio.services import doctor, projects
from studio.services.projects import Project
from studio.services.wizard import Wizard, keep
from tests.cli.conftest import Studio
from tests.services.making import write_model


@pytest.fixture
def opened(project: Path) -> Iterator[Project]:
    one = projects.open_project(project)
    yield one
    one.close()


def settled(project: Project, **wishes: object) -> RunConfig:
    """The config that a run would have."""
    wished = overlay.changes_of(project, **wishes)  # type: ignore[arg-type]
    before = Wizard.of(project).config
    return overlay.settle(project, before, preparing.laid_over(project, wished), wished)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("train.steps=50", 50),
        ("train.packing=false", False),
        ("train.device=cpu", "cpu"),
        ("train.learning_rate=1e-3", 0.001),
        ('train.samples=["When?", "Where?"]', ["When?", "Where?"]),
        ("train.samples=a=b", "a=b"),
        ("preset=", ""),
        ("train.epochs=NaN", "NaN"),
    ],
)
def test_a_value_is_json_where_it_can_be_else_text(text: str, value: object) -> None:
    assert overlay.setting(text) == (text.partition("=")[0], value)


@pytest.mark.parametrize("text", ["train.steps", "=5", " =5"])
def test_a_setting_needs_a_name_and_a_value(text: str) -> None:
    with pytest.raises(UsageError):
        overlay.setting(text)


@pytest.mark.parametrize("kind", ["toml", "json"])
def test_a_config_file_is_laid_over_the_project_and_set_over_both(opened: Project, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"mine.{kind}"
    texts = {
        "toml": 'preset = "careful"\n[train]\nepochs = 2\nseed = 7\n[method]\nid = "last-layers"\nlayers = 1\n',
        "json": json.dumps(
            {"preset": "careful", "train": {"epochs": 2, "seed": 7}, "method": {"id": "last-layers", "layers": 1}}
        ),
    }
    file.write_text(texts[kind])
    config = settled(opened, config=str(file), sets=["train.epochs=9"], steps=5)
    assert (config.train.epochs, config.train.seed, config.train.steps, config.preset) == (9, 7, 5, "careful")
    assert (config.method.id, config.method.settings) == ("last-layers", {"layers": 1})
    assert config.data.imports == Wizard.of(opened).config.data.imports


def test_a_run_s_own_config_can_be_laid_over(opened: Project, tmp_path: Path) -> None:
    """run.json holds column names with dots and dashes, and hashes that only the project may choose."""
    whole = edit(RunConfig(), {"data.roles": {"a.b - c": "prompt", "reply": "answer"}, "train.epochs": 2})
    whole = edit(whole, {"data.prepared": "gone", "model.path": "starter:decoder", "model.fingerprint": "old"})
    (tmp_path / "run.json").write_text(whole.to_json())
    wished = overlay.changes_of(opened, config=str(tmp_path / "run.json"))
    assert wished["data.roles"] == {"a.b - c": "prompt", "reply": "answer"}
    assert "data.prepared" not in wished
    assert len(wished["model.fingerprint"]) == 64


def test_the_method_s_choice_comes_before_its_settings_whatever_their_order(opened: Project) -> None:
    config = settled(opened, sets=["method.layers=1", "method.id=last-layers"])
    assert config.method.settings == {"layers": 1}


def test_what_was_set_stays_and_the_rest_is_as_recommended(opened: Project) -> None:
    free, bound = settled(opened, model="decoder"), settled(opened, model="decoder", sets=["train.epochs=3"])
    assert free.train.epochs != 3 and bound.train.epochs == 3
    assert free.train.learning_rate == bound.train.learning_rate != RunConfig().train.learning_rate


def test_what_was_set_in_the_window_stays(opened: Project) -> None:
    wizard = Wizard.of(opened)
    wizard.edit({"train.learning_rate": 0.0042}, "Mine")
    keep(opened, wizard.unkept())
    assert settled(opened, model="decoder").train.learning_rate == 0.0042


def test_a_model_is_a_starter_s_name_or_a_folder(
    opened: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "models" / "tower")
    monkeypatch.chdir(tmp_path)
    assert overlay.model_section("decoder", opened).path == "starter:decoder"
    assert overlay.model_section("models/tower", opened).path == str(folder)
    assert settled(opened, sets=["model.path=models/tower"]).model.path == str(folder)
    with pytest.raises(StudioError) as refusal:
        overlay.model_section("models/nowhere", opened)
    assert refusal.value.id == "model-missing"


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (["--set", "train.epoch=2"], "unknown-setting"),
        (["--set", "trian.epochs=2"], "unknown-setting"),
        (["--set", "method.rnk=2"], "unknown-setting"),
        (["--set", "objective.nothing=2"], "unknown-setting"),
        (["--set", "data.recipe.trim=2"], "unknown-setting"),
        (["--set", "train.epochs=-2"], "bad-setting"),
        (["--set", "train.epochs=NaN"], "bad-setting"),
        (["--set", "train.device=abacus"], "bad-setting"),
        (["--set", "method.rank=many"], "bad-setting"),
        (["--set", "method.id=magic"], "plugin-missing"),
        (["--model", "no/such/folder"], "model-missing"),
        (["--config", "no-such.toml"], "file-missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_a_setting_that_can_not_be_is_told_and_changes_nothing(
    studio: Studio, project: Path, words: list[str], id: str
) -> None:
    before = (project / "project.db").read_bytes()
    for verb in ("estimate", "train"):
        model = [] if words[0] == "--model" else ["--model", "decoder"]
        assert studio(verb, project, *model, *words, "--json").refused()["id"] == id
    assert not list((project / "runs").iterdir())
    assert (project / "project.db").read_bytes() == before


@pytest.mark.parametrize(
    "text", ["[train\nepochs = 2", "5", '"text"', "{", "[" * 100_000, "", b"\xff\xfe\x00"], ids=range(7)
)
def test_a_config_file_that_can_not_be_read_is_told(
    studio: Studio, project: Path, tmp_path: Path, text: str | bytes
) -> None:
    for name in ("mine.toml", "mine.json"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        said = studio("estimate", project, "--config", tmp_path / name, "--json")
        assert said.refused()["id"] == ("no-model" if (text, name) == ("", "mine.toml") else "bad-file")


def test_an_estimate_tells_what_a_run_needs(studio: Studio, project: Path) -> None:
    answer = studio("estimate", project, "--model", "decoder", "--quick", "--json").done
    assert answer["fits"] is True and answer["fixes"] == [] and answer["traced"] is False
    assert isinstance(answer["device"], str)
    assert all(answer[name] > 0 for name in ("memory_bytes", "seconds", "disk_bytes"))
    assert "memory" in studio("estimate", project, "--model", "decoder", "--quick").out


@pytest.mark.engine
@pytest.mark.slow
def test_an_estimate_traces_a_step_and_changes_nothing(studio: Studio, project: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    words = ["estimate", project, "--model", "decoder", "--set", "train.epochs=9", "--json"]
    answer, quick = studio(*words).done, studio(*words, "--quick").done
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before
    assert answer["traced"] is True and answer["fits"] is True
    assert set(answer) == set(quick)
    assert answer["memory_bytes"] == sum(answer["parts"].values())
    assert answer["trainable"] == quick["trainable"]
    assert 0.5 < answer["memory_bytes"] / quick["memory_bytes"] < 2


@pytest.mark.parametrize(
    "how", [["--quick"], pytest.param([], marks=[pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(600)])]
)
def test_an_estimate_that_does_not_fit_offers_settings_that_can_be_given_back(
    studio: Studio, project: Path, monkeypatch: pytest.MonkeyPatch, how: list[str]
) -> None:
    cramped = Device(kind="cpu", name="Cramped", memory_bytes=440_000_000, free_bytes=440_000_000, cores=1)
    monkeypatch.setattr(doctor, "devices", lambda: [cramped])
    large = ["--set", "train.batch_size=4", "--set", "train.max_length=512", "--set", "method.id=full"]
    words = ["estimate", project, "--model", "decoder", *large, *how]
    answer = studio(*words, "--json").done
    assert answer["fits"] is False and answer["fixes"]
    for fix in answer["fixes"]:
        assert fix["memory_bytes"] < answer["memory_bytes"]
    sets = [word for text in answer["fixes"][0]["set"] for word in ("--set", text)]
    assert studio(*words, *sets, "--json").done["memory_bytes"] < answer["memory_bytes"]


def test_an_estimate_without_a_model_says_so(studio: Studio, project: Path) -> None:
    assert studio("estimate", project, "--json").refused()["id"] == "no-model"


def test_a_model_that_can_not_be_used_is_told_by_every_verb_that_takes_one(
    studio: Studio, project: Path, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "tower")
    (folder / "tokenizer.json").unlink()
    for words in (["prepare", project], ["estimate", project], ["train", project], ["generate", "--prompt", "x"]):
        assert studio(*words, "--model", folder, "--json").refused()["id"] == "tokenizer-missing"
