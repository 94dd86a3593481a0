"""What a run may begin with is looked at before anything is opened; what does not suit is told with a way out."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.core.beginning import find_beginning, is_run, stands_on
from studio.core.config import RunConfig, edit
from studio.core.events import Finished, Started, Stepped
from studio.core.model_folder import Tensor, read_model
from studio.core.problem import StudioError
from studio.services import beginnings, doctor, gathering, joining, runs
from studio.services.problems import problems
from studio.services.projects import Project
from tests.services.making import write_model, write_run

LORA = {"peft_type": "LORA", "r": 16, "lora_alpha": 32, "lora_dropout": 0.0, "target_modules": ["q_proj", "up_proj"]}
ENDED = (
    Started(pid=1, process_started=1.0, task="train", steps=4),
    Stepped(step=4, metrics={"loss": 1.0}),
    Finished(step=4, reason="completed"),
)


def write_adapter(folder: Path, rows: int = 8, **changes: Any) -> Path:
    """An adapter's folder as peft leaves it: what it is, and the header of one pair of tables."""
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({**LORA, **changes}))
    name = "base_model.model.model.embed_tokens.lora_{}.weight"
    shapes = {"A": [4, rows], "B": [32, 4]}
    header: dict[str, Any] = {}
    end = 0
    for half, shape in shapes.items():
        size = 4 * shape[0] * shape[1]
        header[name.format(half)] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    told = json.dumps(header).encode()
    (folder / "adapter_model.safetensors").write_bytes(struct.pack("<Q", len(told)) + told + bytes(end))
    return folder


@pytest.fixture
def model(project: Project) -> Path:
    return write_model(project.paths.folder / "models" / "writer")


@pytest.fixture
def config(project: Project, model: Path) -> RunConfig:
    made = edit(
        RunConfig(), {"model.path": "project:models/writer", "model.fingerprint": read_model(model).fingerprint}
    )
    project.store.keep(1, "A model", made.to_json())
    return made


@pytest.fixture
def ended(project: Project, config: RunConfig) -> Callable[..., str]:
    """Runs that have ended with kept weights, one for each call."""

    def write(adapter: dict[str, Any] | None = None, **changes: Any) -> str:
        id = f"run-{len(runs.summaries(project)) + 1}"
        run = write_run(
            project, id, *ENDED, config=edit(config, {k.replace("_", ".", 1): v for k, v in changes.items()})
        )
        write_adapter(run.paths.final, **(adapter or {}))
        runs.sync(project)
        return id

    return write


def told(project: Project, config: RunConfig) -> dict[str, Any]:
    """The problems of what a config begins with, by their ids."""
    facts = gathering.gather(project, config, doctor.devices())
    return {each.id: each for each in problems(config, facts) if each.id.startswith("begin-")}


def test_a_run_is_told_from_a_folder_by_its_name() -> None:
    assert is_run("run-3") and not is_run("") and not is_run("/somewhere/run-3") and not is_run("C:\\adapters\\mine")


def test_a_finished_run_can_be_gone_on_from_as_it_learnt(project: Project, config: RunConfig, ended: Any) -> None:
    id = ended(method_rank=4)
    changes = beginnings.choose(project, id)
    assert changes["method.rank"] == 4 and changes["train.begin"] == id
    assert not told(project, edit(config, changes))
    assert beginnings.choose(project, "") == {"train.begin": "", "train.stacked": False}


@pytest.mark.parametrize(
    ("changes", "id", "step"),
    [
        ({"method.id": "full"}, "begin-other-method", "method"),
        ({"method.rank": 8}, "begin-other-method", "method"),
        ({"objective.id": "sort"}, "begin-other-goal", "method"),
        ({"model.fingerprint": "another"}, "begin-other-model", "model"),
        ({"train.stacked": True, "method.id": "adapters"}, "begin-cannot-stack", "method"),
        ({"train.stacked": True, "method.dora": True}, "begin-nothing-beneath", "method"),
    ],
)
def test_what_does_not_suit_is_a_problem_that_its_fix_ends(
    changes: dict[str, Any], id: str, step: str, project: Project, config: RunConfig, ended: Any
) -> None:
    begun = edit(config, beginnings.choose(project, ended()))
    changed = edit(begun, changes)
    if id == "begin-other-model":
        write_model(project.paths.folder / "models" / "writer", hidden=12)
    found = told(project, changed)
    assert id in found, found
    assert (found[id].severity, found[id].step) == ("blocks", step) and found[id].fix
    if id != "begin-other-model":
        assert id not in told(project, edit(changed, found[id].fix))


def test_new_additions_may_stand_above_earlier_ones_in_their_own_size(
    project: Project, config: RunConfig, ended: Any
) -> None:
    begun = edit(config, {**beginnings.choose(project, ended(), stacked=True), "method.rank": 2})
    assert not told(project, begun)


@pytest.mark.parametrize("method", ["full", "last-layers"])
def test_nothing_stands_above_what_trained_the_model_itself(
    method: str, project: Project, config: RunConfig, ended: Any
) -> None:
    id = ended(method_id=method)
    (project.paths.run(id).final / "adapter_config.json").unlink()
    found = told(project, edit(config, {"train.begin": id, "train.stacked": True}))
    assert "holds no small additions" in found["begin-nothing-beneath"].sentence


def test_a_run_that_is_gone_or_has_nothing_kept_is_told(project: Project, config: RunConfig) -> None:
    write_run(project, "run-1", *ENDED, config=config)
    for begin, words in (("run-1", "Run 1 has no finished weights yet"), ("run-9", "no run called Run 9")):
        found = told(project, edit(config, {"train.begin": begin}))["begin-unusable"]
        assert words in found.sentence and found.fix == {"train.begin": "", "train.stacked": False}
        with pytest.raises(StudioError, match=words):
            beginnings.choose(project, begin)


def test_additions_from_a_folder_are_known_by_what_peft_wrote(
    project: Project, config: RunConfig, tmp_path: Path
) -> None:
    folder = str(write_adapter(tmp_path / "given", r=6, lora_alpha=12))
    changes = beginnings.choose(project, folder)
    assert (changes["method.id"], changes["method.rank"], changes["method.alpha"]) == ("lora", 6, 12.0)
    begun = edit(config, changes)
    assert not told(project, begun)
    assert not told(project, edit(begun, {"method.id": "qlora", "method.rank": 6, "method.alpha": 12})), "as good"
    assert "begin-other-method" in told(project, edit(begun, {"method.rank": 7}))


def test_additions_for_tables_of_another_size_do_not_fit(project: Project, config: RunConfig, tmp_path: Path) -> None:
    begun = edit(config, beginnings.choose(project, str(write_adapter(tmp_path / "wide", rows=12))))
    assert "made for another model than writer" in told(project, begun)["begin-other-model"].sentence


def test_tables_are_found_by_name_and_size(model: Path) -> None:
    info = read_model(model)

    def pair(part: str, inputs: int, outputs: int) -> list[Tensor]:
        name = f"base_model.model.{part}.lora_%s.weight"
        return [Tensor(name % "A", "F32", (4, inputs)), Tensor(name % "B", "F32", (outputs, 4))]

    assert stands_on(pair("model.embed_tokens", 8, 32), info)
    assert not stands_on(pair("model.embed_tokens", 9, 32), info)
    assert not stands_on(pair("model.no_such_part", 8, 32), info)
    assert stands_on([], info)


def pickled(folder: Path) -> None:
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")


def with_code(folder: Path) -> None:
    (folder / "modeling.py").write_text("print('run')")


def without_weights(folder: Path) -> None:
    (folder / "adapter_model.safetensors").unlink()


def without_config(folder: Path) -> None:
    (folder / "adapter_config.json").unlink()


def changed(**values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "adapter_config.json").write_text(json.dumps({**LORA, **values}))

    return change


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (pickled, "can run hidden code"),
        (with_code, "brings its own program code"),
        (without_weights, "lacks its weights"),
        (without_config, "holds no additions"),
        (changed(megatron_config={"x": 1}, megatron_core="os"), "ask for program code"),
        (changed(init_lora_weights="pissa"), "own weights were changed"),
    ],
)
def test_a_folder_that_could_run_code_or_is_no_adapter_is_refused(
    spoil: Callable[[Path], None], words: str, project: Project, tmp_path: Path
) -> None:
    folder = write_adapter(tmp_path / "given")
    spoil(folder)
    with pytest.raises(StudioError, match=words):
        find_beginning(str(folder), project.paths.folder)
    with pytest.raises(StudioError, match=words):
        beginnings.choose(project, str(folder))


def test_additions_of_a_kind_that_nobody_here_knows_are_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"of a kind \(LILY\)"):
        beginnings.choose(project, str(write_adapter(tmp_path / "given", peft_type="LILY")))


def test_on_a_command_line_the_earlier_method_is_taken_unless_another_was_wished(
    project: Project, ended: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = ended(method_rank=4)
    assert beginnings.adopted(project, {"train.begin": id})["method.rank"] == 4
    assert "method.rank" not in beginnings.adopted(project, {"train.begin": id, "train.stacked": True})
    wished = {"train.begin": id, "method.rank": 8}
    assert beginnings.adopted(project, wished) == wished
    write_adapter(tmp_path / "given", r=5)
    monkeypatch.chdir(tmp_path)
    found = beginnings.adopted(project, {"train.begin": "given"})
    assert (found["train.begin"], found["method.rank"]) == (str(tmp_path / "given"), 5)


def test_a_run_that_others_went_on_from_is_not_deleted_unasked(project: Project, config: RunConfig, ended: Any) -> None:
    first = ended()
    later = ended(train_begin=first)
    summary = next(run for run in runs.summaries(project) if run.id == later)
    assert summary.begin == first
    with pytest.raises(StudioError, match=f"{later} went on from {first}") as refused:
        runs.delete(project, first)
    assert refused.value.id == "run-gone-on-from"
    runs.delete(project, first, even_so=True)
    assert runs.deleted(project) == [first]


def test_a_run_that_another_still_needs_is_never_deleted(project: Project, config: RunConfig, ended: Any) -> None:
    first = ended()
    write_run(project, "run-2", config=edit(config, {"train.begin": first}))
    with pytest.raises(StudioError, match="has not taken along"):
        runs.delete(project, first, even_so=True)
    (project.paths.run("run-2").folder / "begin").mkdir()
    runs.delete(project, first, even_so=True)


def test_runs_that_can_be_joined_are_named_and_others_say_why_not(project: Project, ended: Any) -> None:
    lora, dora, head = ended(), ended({"use_dora": True}), ended({"modules_to_save": ["score"]})
    passages = ended({"peft_type": "STUDIO_ADAPTERS"}, method_id="adapters")
    found = {each.run: each for each in joining.candidates(project)}
    assert found[lora].refusal == "" and found[lora].method == "LoRA"
    assert "separate length" in found[dora].refusal
    assert "last step of its own" in found[head].refusal
    assert "can't be joined" in found[passages].refusal
    assert found[lora].kind != found[passages].kind


@pytest.mark.parametrize(("share", "words"), [(float("nan"), "is no number"), (0.5, "can't be joined with others")])
def test_what_can_t_be_joined_is_refused_before_a_worker_starts(
    share: float, words: str, project: Project, ended: Any
) -> None:
    parts = {ended(): 0.5, ended({"use_dora": True} if share == 0.5 else None): share}
    with pytest.raises(StudioError, match=words):
        joining.join(project, parts, "linear")
    assert len(runs.summaries(project)) == 2
