"""A training that loses its balance ends at its last save point, says what it read, and offers a smaller step size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.config import edit
from studio.core.events import Failed, Stepped
from studio.core.problem import StudioError
from studio.engine import parts as parts_module
from studio.engine.batches import examples_of_step
from studio.engine.blame import origins_of
from studio.engine.checkpoints import Checkpoints
from studio.engine.examples import read_origins
from studio.engine.jobs import find_job
from tests.tiny import Recorder, build_project, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return build_project(tmp_path_factory.mktemp("project"))


def spoiled(project: Path, name: str, monkeypatch: pytest.MonkeyPatch, spoil: Any) -> StudioError:
    """The failure of a run whose model is spoiled by a hook on what it is given."""
    attached = parts_module.attached

    def with_hook(*args: Any) -> Any:
        model = attached(*args)
        model.get_base_model().model.register_forward_hook(spoil, with_kwargs=True)
        return model

    monkeypatch.setattr(parts_module, "attached", with_hook)
    with pytest.raises(StudioError) as told:
        train_in(project, config_for(project / "model", packing=False, learning_rate=2e-3), name, Recorder())
    return told.value


def test_the_example_that_gives_no_number_is_named_with_its_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_for(project / "model", packing=False, learning_rate=2e-3)
    job = find_job(project, project / "runs" / "named", config)
    guilty = int(examples_of_step(2, 40, config.train)[3])
    (line,) = origins_of(job, [guilty])
    assert line == read_origins(job.prepared, "train")[guilty]
    row = job.objective.encode(parts_module.read_split(job.prepared, "train")[guilty], job.speaker, job.choices)
    ids = torch.tensor(row.ids)

    def spoil(_module: Any, _args: Any, named: dict[str, Any], out: Any) -> Any:
        given = named["input_ids"]
        if out.last_hidden_state.shape[0] > 1 or given.shape[1] == len(ids):
            for place, text in enumerate(given):
                if torch.equal(text[: len(ids)], ids) and not text[len(ids) :].any():
                    out.last_hidden_state[place] = float("nan")
        return out

    error = spoiled(project, "named", monkeypatch, spoil)
    rows = parts_module.read_split(job.prepared, "train")
    alike = {number for number, each in enumerate(rows) if each == rows[guilty]}
    first = next(step for step in range(10) if alike & set(examples_of_step(step, 40, config.train).tolist()))
    assert error.id == "diverged" and f"step {first + 1} " in error.happened
    same = error.happened.split(" largest in ")[-1].rstrip(".").split(", ")
    origins = read_origins(job.prepared, "train")
    assert {origins.index(each) for each in same} <= alike


def test_a_model_that_is_broken_throughout_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(module: Any, _args: Any, named: dict[str, Any], out: Any) -> Any:
        if module.training or getattr(module, "broken", False):
            module.broken = True
            out.last_hidden_state = out.last_hidden_state * float("nan")
        return out

    error = spoiled(project, "broken", monkeypatch, spoil)
    assert "none of the step's examples gives a number" in error.happened
    assert "visitor.csv line" in error.happened


def test_a_smaller_step_size_is_offered_as_a_change_that_one_click_makes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(module: Any, _args: Any, _named: dict[str, Any], out: Any) -> Any:
        if module.training:
            out.last_hidden_state = out.last_hidden_state * float("inf")
        return out

    error = spoiled(project, "offered", monkeypatch, spoil)
    assert error.fix == {"train.learning_rate": 7e-4}
    assert "0.0007 instead of 0.002" in error.remedy
    assert edit(config_for(project / "model"), error.fix or {}).train.learning_rate == 7e-4
    event = Failed.model_validate({**error.as_dict(), "step": 1})
    assert Failed.model_validate_json(event.model_dump_json()).fix == error.fix


def test_a_finite_error_beyond_all_sense_ends_the_run_at_its_last_save_point(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def spoil(module: Any, _args: Any, _named: dict[str, Any], out: Any) -> Any:
        nonlocal steps
        steps += module.training
        if module.training and steps > 6:
            out.last_hidden_state = out.last_hidden_state * 1e6
        return out

    error = spoiled(project, "beyond", monkeypatch, spoil)
    assert "step 7" in error.happened and "step 4" in error.data
    assert Checkpoints(project / "runs" / "beyond" / "checkpoints").newest()[0] == 4
    assert not (project / "runs" / "beyond" / "final").exists()


def test_a_steep_but_finite_beginning_goes_on(project: Path) -> None:
    voice = Recorder()
    train_in(project, config_for(project / "model", "full", steps=3, learning_rate=1.0, clip=0), "steep", voice)
    assert len(voice.of(Stepped)) == 3
