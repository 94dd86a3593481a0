"""A step without numbers holds, at each place, exactly what the same step holds with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.config import RunConfig, edit
from studio.core.model_folder import read_model
from studio.core.paths import program_root
from studio.engine import tracing
from studio.engine.devices import find_device
from studio.engine.fused import fuse
from studio.engine.live import Silent
from studio.engine.optimizers import optimizer_tensors
from studio.engine.parts import Parts, attached
from studio.engine.tracing import Hollow, hollow_run, trace
from studio.engine.tracing_examples import Shape
from studio.engine.tracing_heap import can_be_asked
from studio.engine.tracing_model import alike_in
from studio.engine.tracing_tally import Tally
from studio.engine.train import Run
from tests.contracts.making import make_model
from tests.tiny import build_model

pytestmark = pytest.mark.engine

SLOW = pytest.mark.slow
LENGTHS = Shape((48, 40, 30, 20), taught=0.6, names=3)
TWICE = {"train.checkpointing": "on"}
NOTHING: Mapping[str, Any] = {}


@pytest.fixture(autouse=True)
def without_the_allocator(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the computer's allocator adds is another question, and not the same on every computer."""
    monkeypatch.setattr(tracing, "can_be_asked", lambda: False)


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder of six layers."""
    return build_model(tmp_path_factory.mktemp("models") / "deep", layers=6)


def config_of(model: Path, method: str, objective: str = "instruct", changes: Mapping[str, Any] = NOTHING) -> RunConfig:
    plain = {"model.path": str(model), "objective.id": objective, "method.id": method, "train.device": "cpu"}
    return edit(RunConfig(), {**plain, "train.max_length": 48, "train.batch_size": 4, **changes})


def really(config: RunConfig) -> tuple[Hollow, Parts]:
    """The same run with real tensors and all its layers."""
    device = find_device("cpu")
    planned = hollow_run(config, read_model(Path(config.model.path)), device, LENGTHS)
    model = attached(planned.job, planned.method, planned.precision, device, config.train)
    fuse(model)
    whole = replace(planned, model=model)
    return whole, tracing._parts_of(whole)


def counted(whole: Hollow, parts: Parts) -> tuple[int, int, Tally]:
    """Bytes of weights, what the optimizer remembers of them, and the tally of a real step."""
    tally = Tally()
    with tally:
        weights = tally.know(tracing.held_by(whole.model))
        tracing._remember(parts)
        parts.optimizer.zero_grad(set_to_none=True)
        remembered = tally.live - weights
        tally.begin_anew()
        for weight in parts.weights.values():
            weight.register_post_accumulate_grad_hook(tally.is_gradient)
        Run(parts, Silent()).step()
    return weights, remembered, tally


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("full", {}),
        ("lora", {**TWICE, "train.precision": "bf16"}),
        ("last-layers", {"method.layers": 3}),
        pytest.param("lora", {}, marks=SLOW),
        pytest.param("full", {**TWICE, "train.optimizer": "sgd"}, marks=SLOW),
        pytest.param("adapters", {"train.micro_batch": 1}, marks=SLOW),
        pytest.param("full", {"train.optimizer": "adafactor", "train.average": 0.9}, marks=SLOW),
    ],
    ids=str,
)
def test_what_is_alive_is_what_the_same_real_step_holds(deep: Path, method: str, changes: Mapping[str, Any]) -> None:
    config = config_of(deep, method, changes=changes)
    traced = trace(config, read_model(deep), find_device("cpu"), LENGTHS)
    whole, parts = really(config)
    weights, remembered, tally = counted(whole, parts)
    assert traced.weights == weights
    assert traced.optimizer == remembered
    assert traced.peak == tally.peak.bytes
    assert traced.gradients == tally.peak.gradients
    assert traced.tokens == parts.progress.tokens
    assert traced.work.flops == sum(done.flops for done in tally.work.values()) // traced.tokens


@pytest.mark.parametrize(
    ("family", "objective"),
    [
        ("t5", "transform"),
        pytest.param("bert", "hidden-words", marks=SLOW),
        pytest.param("roberta", "sort", marks=SLOW),
        pytest.param("gpt2", "mark", marks=SLOW),
    ],
)
def test_so_it_is_for_every_kind_of_model(tmp_path: Path, family: str, objective: str) -> None:
    model = make_model(tmp_path / family, family)
    config = config_of(model, "lora", objective)
    traced = trace(config, read_model(model), find_device("cpu"), LENGTHS)
    weights, remembered, tally = counted(*really(config))
    assert (traced.weights, traced.optimizer) == (weights, remembered)
    assert traced.peak == pytest.approx(tally.peak.bytes, rel=1e-3)


@SLOW
def test_weights_gradients_and_what_the_optimizer_remembers_are_the_bytes_of_real_tensors(deep: Path) -> None:
    config = config_of(deep, "full")
    traced = trace(config, read_model(deep), find_device("cpu"), LENGTHS)
    _, parts = really(config)
    Run(parts, Silent()).step()
    trained = [weight for weight in parts.weights.values() if weight.grad is not None]
    assert traced.trainable == sum(weight.numel() for weight in trained)
    assert traced.weights == tracing.bytes_of(tracing.held_by(parts.model))
    kept = optimizer_tensors(parts.optimizer, parts.weights).values()
    assert traced.optimizer == sum(tensor.numel() * tensor.element_size() for tensor in kept)


def test_only_config_json_is_read(deep: Path, tmp_path: Path) -> None:
    info = read_model(deep)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(deep / "config.json", alone)
    bare = info.model_copy(update={"path": str(alone)})
    config = config_of(deep, "lora")
    assert trace(config, bare, find_device("cpu"), LENGTHS) == trace(config, info, find_device("cpu"), LENGTHS)
    assert [path.name for path in alone.iterdir()] == ["config.json"]


@SLOW
def test_what_is_computed_twice_is_not_kept(deep: Path) -> None:
    info, device = read_model(deep), find_device("cpu")
    kept = trace(config_of(deep, "full", changes={"train.checkpointing": "off"}), info, device, LENGTHS)
    twice = trace(config_of(deep, "full", changes=TWICE), info, device, LENGTHS)
    assert twice.activations < kept.activations
    assert twice.work.flops > kept.work.flops
    assert (twice.weights, twice.optimizer) == (kept.weights, kept.optimizer)


@SLOW
def test_tables_of_four_bits_take_what_they_really_take(deep: Path) -> None:
    config = config_of(deep, "qlora")
    traced = trace(config, read_model(deep), find_device("cpu"), LENGTHS)
    planned = hollow_run(config, read_model(deep), find_device("cpu"), LENGTHS)
    model = attached(planned.job, planned.method, planned.precision, planned.device, config.train)
    assert traced.weights == pytest.approx(tracing.bytes_of(tracing.held_by(model)), rel=0.01)


def test_equal_layers_are_found_and_those_that_train_told_from_those_that_do_not(deep: Path) -> None:
    info, device = read_model(deep), find_device("cpu")
    last = hollow_run(config_of(deep, "last-layers", changes={"method.layers": 2}), info, device, LENGTHS)
    assert [run.count for run in alike_in(last.model)] == [4, 2]
    full = hollow_run(config_of(deep, "full"), info, device, LENGTHS)
    assert [run.count for run in alike_in(full.model)] == [6]


def test_a_hollow_model_holds_no_memory(deep: Path) -> None:
    config = edit(config_of(deep, "full"), {"train.max_length": 128})
    wide = read_model(deep)
    hollow = hollow_run(config, wide, find_device("cpu"), LENGTHS)
    assert all(weight.untyped_storage().device.type == "meta" for weight in hollow.model.parameters())
    assert {weight.device for weight in hollow.model.parameters()} == {torch.device("cpu")}


HEAP = """
import json
from studio.engine.tracing_heap import Heap

heap = Heap()
together = [heap.take(1_000_000) for _ in range(300)]
grown = heap.most
for block in together:
    heap.give_back(block)
for _ in range(300):
    heap.give_back(heap.take(1_000_000))
print(json.dumps({"grown": grown, "afterwards": heap.most}))
"""


@pytest.mark.skipif(not can_be_asked(), reason="this computer's allocator is not one that can be asked")
def test_blocks_that_are_alive_at_once_stand_in_the_heap_together_and_freed_ones_are_used_again() -> None:
    # In a process of its own: what this one has freed before would be used first.
    told = subprocess.run([sys.executable, "-c", HEAP], capture_output=True, check=True, cwd=program_root())
    found = json.loads(told.stdout)
    # A little room was there before.
    assert 250_000_000 < found["grown"] < 310_000_000
    assert found["afterwards"] == found["grown"]
