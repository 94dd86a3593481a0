"""Two processes that share one model learn what one process learns that holds all of it, whatever trains and how."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from studio.core.config import RunConfig
from studio.core.demands import unspreadable
from studio.core.device import Device
from studio.core.events import (
    CheckpointSaved,
    Evaluated,
    EvaluateNow,
    Failed,
    Finished,
    Pause,
    Paused,
    Resume,
    Resumed,
    Sampled,
    SampleNow,
    SaveCheckpoint,
    Stepped,
    Stop,
)
from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.core.train_settings import TrainSettings
from studio.engine.checkpoints import Checkpoints
from studio.engine.final import read_final
from studio.engine.group import Group
from studio.engine.jobs import find_job
from studio.engine.precision import Precision
from studio.engine.sharding import held_by_each, must_spread
from studio.worker.run_folder import RunFolder
from tests.invariants.together import ONE, SPREAD, TWO, Shape, Told, assert_same, made
from tests.objectives import preferring
from tests.objectives.learning import Case, config_of, write_rows
from tests.tiny import config_for

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

Foundry = Callable[[RunFolder, int], list[int]]
EXACT = {"precision": "fp32"}
HOLDING_ON = {"kl": 1.0, "kl_share": 0.5, "replay": 0.2, "noise": 5.0, "smoothing": 0.1}
QUESTION = "when does the museum open"


class Trial(NamedTuple):
    """A method with settings of the run."""

    method: str
    settings: dict[str, Any]


TRIALS = {
    "LoRA": Trial("lora", {**HOLDING_ON, "batch_size": 7}),
    "LoRA, in portions": Trial("lora", {"micro_batch": 2, "kl": 1.0}),
    "everything, in portions, computed twice, averaged and clipped": Trial(
        "full", {"average": 0.9, "clip": 0.1, "checkpointing": "on", "micro_batch": 2}
    ),
    "everything, compared with a copy": Trial("full", {"kl": 1.0, "kl_share": 0.5}),
    "everything, plain steps pulled back": Trial("full", {"optimizer": "sgd", "anchor": 0.1, "layer_decay": 0.9}),
    "everything, with Lion": Trial("full", {"optimizer": "lion", "learning_rate": 1e-3}),
    "the last layer": Trial("last-layers", {"method_layers": 1}),
    "adapters": Trial("adapters", {}),
    "a prompt": Trial("prompt-tuning", {}),
}

OFTEN = ("LoRA, in portions", "everything, in portions, computed twice, averaged and clipped")


def trained(foundry: Foundry, run: RunFolder, shape: Shape) -> Told:
    assert foundry(run, shape.processes) == [0] * shape.processes, run.log_tail(60)
    assert Told(run).losses.isfinite().all()
    return Told(run)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in OFTEN else pytest.mark.long) for name in TRIALS]
)
def test_a_shared_model_learns_what_a_whole_one_learns(project: Path, foundry: Foundry, name: str) -> None:
    method, settings = TRIALS[name]
    told = []
    for shape in (ONE, SPREAD):
        chosen = {"samples": [QUESTION], "steps": 6, **EXACT, **settings, "sharding": shape.sharding}
        run = made(project, f"{name} by {shape.processes}", config_for(project / "model", method, **chosen))
        told.append(trained(foundry, run, shape))
    assert_same(*told)
    assert len(told[0].answers) == 3


@pytest.mark.long
@pytest.mark.parametrize("case", [Case("sort", "encoder"), Case("transform", "encoder-decoder")], ids=str)
def test_other_architectures_are_shared_alike(case: Case, foundry: Foundry, tmp_path: Path) -> None:
    project = write_rows(tmp_path, case.objective)
    told = []
    for shape in (ONE, SPREAD):
        config = config_of(case, sharding=shape.sharding)
        told.append(trained(foundry, made(project, f"by-{shape.processes}", config), shape))
    assert_same(*told)


@pytest.mark.long
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_shared_model_learns_preferences(method: str, project: Path, foundry: Foundry, tmp_path: Path) -> None:
    rows = {"train": preferring.pairs(16, 1), "validation": preferring.pairs(6, 2)}
    preferring.write(tmp_path / "data" / "prepared.parquet", rows)
    told = []
    for shape in (ONE, SPREAD):
        settings = {"steps": 5, "learning_rate": 1e-3, "sharding": shape.sharding, **EXACT}
        config = preferring.learning(project / "model", "prefer", method, **settings)
        told.append(trained(foundry, made(tmp_path, f"by-{shape.processes}", config), shape))
    assert_same(*told)


# ------------------------------------------------------------------------------------------------ save points

STEADY = {"schedule": "constant", "warmup": 0.0, "evaluate_every": 2, "average": 0.8, "clip": 0.5, **EXACT}


def steady(project: Path, shape: Shape, steps: int) -> RunConfig:
    settings = {**STEADY, "steps": steps, "sharding": shape.sharding, "patience": 0, "keep": 9}
    return config_for(project / "model", "full", **settings)


@pytest.fixture(scope="module")
def halves(project: Path, foundry: Foundry) -> dict[Shape, RunFolder]:
    """Half a run by each shape, with its save points."""
    found = {}
    for shape in (ONE, TWO, SPREAD):
        run = found[shape] = made(project, f"half {shape}", steady(project, shape, 4))
        trained(foundry, run, shape)
    return found


@pytest.fixture(scope="module")
def whole(project: Path, foundry: Foundry) -> Told:
    """The run to its end by one process."""
    return trained(foundry, made(project, "whole", steady(project, ONE, 8)), ONE)


@pytest.mark.long
@pytest.mark.parametrize("end", [ONE, TWO, SPREAD], ids=str)
@pytest.mark.parametrize("begin", [ONE, TWO, SPREAD], ids=str)
def test_a_save_point_of_any_shape_is_gone_on_from_by_any(
    begin: Shape, end: Shape, project: Path, foundry: Foundry, halves: dict[Shape, RunFolder], whole: Told
) -> None:
    folder = project / "runs" / f"from {begin} to {end}"
    shutil.copytree(halves[begin].paths.folder, folder)
    shutil.rmtree(folder / "final")
    (folder / "events.jsonl").unlink()
    run = RunFolder(folder)
    run.paths.config.write_text(steady(project, end, 8).to_json())
    gone_on = trained(foundry, run, end)
    torch.testing.assert_close(gone_on.losses, whole.losses[4:], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(gone_on.checks, whole.checks[-2:], rtol=1e-4, atol=1e-6)
    for name, weight in gone_on.weights.items():
        torch.testing.assert_close(weight, whole.weights[name], rtol=5e-3, atol=5e-4)


@pytest.mark.long
def test_save_points_of_all_shapes_hold_the_same_files(halves: dict[Shape, RunFolder]) -> None:
    held = []
    for run in halves.values():
        manifest = Checkpoints(run.paths.folder / "checkpoints").path(4) / "manifest.json"
        files = json.loads(manifest.read_bytes())["files"]
        held.append({name: facts["bytes"] for name, facts in files.items() if name.endswith(".safetensors")})
    assert held[0] == held[1] == held[2]
    assert {"weights.safetensors", "optimizer.safetensors", "average.safetensors"} <= held[0].keys()


# ------------------------------------------------------------------------------------------------- the person


def asked(project: Path, name: str, shape: Shape, *commands: Any) -> RunFolder:
    run = made(project, name, config_for(project / "model", "lora", steps=6, sharding=shape.sharding, **EXACT))
    for command in commands:
        run.command(command)
    return run


@pytest.mark.long
@pytest.mark.parametrize("shape", [TWO, SPREAD], ids=str)
def test_what_the_first_process_hears_all_do(shape: Shape, project: Path, foundry: Foundry) -> None:
    wishes = (SampleNow(prompt=QUESTION, ask="1"), EvaluateNow(), Pause(), SaveCheckpoint(), Resume())
    run = asked(project, f"asked {shape}", shape, *wishes)
    told, plain = trained(foundry, run, shape), Told(trained_plainly(project, foundry))
    torch.testing.assert_close(told.losses, plain.losses, rtol=1e-4, atol=1e-6)
    events = run.events()
    assert any(isinstance(event, Sampled) and event.ask == "1" and event.text for event in events)
    assert [event.event for event in events if isinstance(event, Paused | Resumed)] == ["paused", "resumed"]
    checks = [event.step for event in events if isinstance(event, Evaluated)]
    assert checks == [0, 1, 4, 6]
    assert 1 in [event.step for event in events if isinstance(event, CheckpointSaved)]


def trained_plainly(project: Path, foundry: Foundry) -> RunFolder:
    """A run that nobody asked anything, by one process; made once."""
    folder = project / "runs" / "unasked"
    if not folder.exists():
        trained(foundry, asked(project, "unasked", ONE), ONE)
    return RunFolder(folder)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [TWO, SPREAD], ids=str)
def test_a_shared_run_is_stopped_with_its_weights(shape: Shape, project: Path, foundry: Foundry) -> None:
    settings = {"epochs": 1000, "patience": 0, "average": 0.9, "sharding": shape.sharding}
    run = made(project, f"stopped {shape}", config_for(project / "model", "full", **settings))
    person = threading.Thread(target=stop_after_a_step, args=(run,))
    person.start()
    assert foundry(run, shape.processes) == [0, 0], run.log_tail(60)
    person.join()
    end = run.events()[-1]
    assert isinstance(end, Finished) and end.reason == "stopped"
    final = read_final(run.paths.folder / "final")
    assert final and final["step"] == end.step >= 1


def stop_after_a_step(run: RunFolder) -> None:
    """What a person does who has seen enough."""
    while not any(isinstance(event, Stepped | Failed) for event in run.events()):
        time.sleep(0.05)
    run.command(Stop())


# ---------------------------------------------------------------------------------------- what can't be shared


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("qlora", {}),
        ("full", {"optimizer": "adafactor"}),
        ("full", {"optimizer": "adamw-8bit"}),
        ("lora", {"precision": "fp16"}),
    ],
)
def test_what_cannot_be_shared_is_refused_in_words(method: str, settings: dict[str, Any], project: Path) -> None:
    config = config_for(project / "model", method, **settings, sharding="full")
    job = find_job(project, project / "runs" / "never", config)
    card = Device(kind="cuda", name="A card", memory_bytes=1 << 40, free_bytes=1 << 40, cores=1)
    with pytest.raises(StudioError) as told:
        must_spread(job, Group(0, 2), card, Precision("bf16", "cuda"))
    assert told.value.id == "cannot-spread" and "process" in str(told.value)
    alone = must_spread(job, Group(0, 1), card, Precision("bf16", "cuda"))
    assert not alone


@pytest.mark.slow
def test_a_method_that_looks_at_whole_weights_is_refused_before_the_first_step(project: Path, foundry: Foundry) -> None:
    run = made(project, "adalora", config_for(project / "model", "adalora", sharding="full"))
    assert foundry(run, 2) == [1, 1]
    end = run.events()[-1]
    assert isinstance(end, Failed) and end.id == "cannot-spread" and "AdaLoRA" in end.happened
    assert not any(isinstance(event, Stepped) for event in run.events())


def test_optimizers_of_plain_torch_can_be_shared() -> None:
    can = [name for name in ("adamw", "sgd", "lion", "muon") if not list(unspreadable(TrainSettings(optimizer=name)))]
    assert can == ["adamw", "sgd", "lion", "muon"]


def test_what_each_process_holds_is_told_from_the_facts_alone(project: Path) -> None:
    starter = resources() / "starters" / "decoder"
    held = {}
    for method in ("full", "lora"):
        job = find_job(project, project / "runs" / "never", config_for(starter, method))
        held[method] = held_by_each(job, Precision("fp32", "cpu"))
    weights = job.model.parameters
    # The weights themselves, their gradients, and two averages, four bytes each.
    assert 4 * weights * 4 <= held["full"] <= 5 * weights * 4
    assert weights * 4 < held["lora"] < 2 * weights * 4
