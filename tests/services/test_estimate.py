"""What a run will need grows with what makes it larger, and what is offered to make it smaller does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from studio.core.config import RunConfig, edit
from studio.core.device import Device
from studio.core.model_folder import read_model
from studio.core.model_info import ModelInfo
from studio.plugins import methods
from studio.services import advice, fixes
from studio.services.estimate import estimate, steps_of, tokens_of
from studio.services.facts import Estimate, PrepareReport
from tests.services.making import write_model

SMALL = Device(kind="cpu", name="small", memory_bytes=6_000_000_000, free_bytes=4_000_000_000, cores=2)


@pytest.fixture
def model(tmp_path: Path) -> ModelInfo:
    """A model of 1.5 billion weights, as its config.json would tell."""
    sizes = {"parameters": 1_500_000_000, "bytes": 3_000_000_000, "hidden": 2048, "layers": 24, "heads": 16}
    more = {"intermediate": 5632, "vocabulary": 32_000, "context": 4096, "gated_mlp": True, "key_value_heads": 16}
    return read_model(write_model(tmp_path / "model")).model_copy(update={**sizes, **more})


def needs(model: ModelInfo, **changes: object) -> Estimate:
    config = edit(RunConfig(), {name.replace("_of_", "."): value for name, value in changes.items()})
    return estimate(model, methods()[config.method.id], config, SMALL)


def test_more_of_anything_needs_more_memory(model: ModelInfo) -> None:
    base = needs(model).memory_bytes
    short = needs(model, train_of_max_length=32).memory_bytes
    assert needs(model, train_of_max_length=32, train_of_batch_size=4).memory_bytes < short
    assert needs(model, train_of_max_length=32, train_of_micro_batch=1).memory_bytes < short
    assert base > short
    assert needs(model, method_of_id="full").memory_bytes > base
    assert needs(model, method_of_rank=256).memory_bytes > base
    assert (
        needs(model, train_of_checkpointing="on").memory_bytes < needs(model, train_of_checkpointing="off").memory_bytes
    )
    assert needs(model, train_of_optimizer="lion").memory_bytes < base
    assert needs(model, train_of_average=0.9).memory_bytes > base
    assert needs(model, train_of_kl=0.1).memory_bytes == base
    full = needs(model, method_of_id="full")
    assert needs(model, method_of_id="full", train_of_kl=0.1).parts["weights"] == 2 * full.parts["weights"]


def test_cards_that_share_a_model_need_less_each(model: ModelInfo) -> None:
    card = SMALL.model_copy(update={"kind": "cuda", "memory_bytes": 20_000_000_000})

    def held(**train: object) -> Mapping[str, int]:
        config = edit(RunConfig(), {"method.id": "full", **{f"train.{name}": value for name, value in train.items()}})
        return estimate(model, methods()["full"], config, card).parts

    alone = held()
    assert held(processes=4, sharding="none") == held(processes=1, sharding="full") == alone
    shared = held(processes=4, sharding="full")
    assert [shared[name] * 4 for name in ("weights", "gradients", "optimizer")] == [
        alone[name] for name in ("weights", "gradients", "optimizer")
    ]
    # 24 GB are more than the card has, so they are shared unless somebody says no.
    assert held(processes=4) == shared
    assert held(processes=4, optimizer="adafactor", sharding="full") == held(optimizer="adafactor")


def test_the_parts_add_up(model: ModelInfo) -> None:
    whole = needs(model)
    assert whole.memory_bytes == pytest.approx(sum(whole.parts.values()), abs=len(whole.parts))
    assert 0 < whole.share < 0.2
    assert needs(model, method_of_id="full").share == 1.0


def test_what_does_not_fit_comes_with_changes_that_help(model: ModelInfo) -> None:
    full = edit(RunConfig(), {"method.id": "full"})
    method = methods()["full"]
    wanted = estimate(model, method, full, SMALL)
    assert not wanted.fits
    offered = fixes.fixes(model, method, full, SMALL, None)
    assert offered
    for fix in offered:
        changed = edit(full, fix.changes)
        smaller = estimate(model, methods()[changed.method.id], changed, SMALL)
        assert smaller.memory_bytes < wanted.memory_bytes
        if changed.method.id == "full":
            assert smaller.memory_bytes == fix.memory_bytes


def test_one_method_is_recommended_with_a_reason_and_it_fits_if_any_does(model: ModelInfo) -> None:
    device = SMALL.model_copy(update={"memory_bytes": 20_000_000_000})
    cards = advice.method_cards(model, RunConfig(), device, None, None)
    (best,) = [card for card in cards if card.recommended]
    assert best.estimate.fits and best.reason


def test_steps_and_tokens_follow_the_data() -> None:
    sizes: dict[str, Any] = {"train": 81, "validation": 9, "test": 10, "rows": 100}
    report = PrepareReport(hash="h", path=Path("h"), steps=(), leaks=0, tokens_total=5000, **sizes)
    config = edit(RunConfig(), {"train.epochs": 2, "train.batch_size": 8})
    assert steps_of(config, report) == 22
    assert steps_of(edit(config, {"train.steps": 5}), report) == 5
    assert steps_of(config, None) == 0
    assert tokens_of(config, report) == pytest.approx(50 * 81 * 2)
    assert tokens_of(edit(config, {"train.steps": 1}), report) == pytest.approx(50 * 8)


def test_a_portion_is_counted_not_the_batch(model: ModelInfo) -> None:
    many = needs(model, train_of_batch_size=4096)
    assert many.parts["activations"] == needs(model, train_of_batch_size=2048).parts["activations"]


def test_what_leaves_the_result_as_it_is_comes_first_and_another_method_last() -> None:
    card = SMALL.model_copy(update={"kind": "cuda"})
    config = edit(RunConfig(), {"method.id": "full"})
    offered = [dict(change.changes) for change in fixes.candidates(config, methods()["full"], card)]
    first, last = offered[:2], offered[-4:]
    assert first == [{"train.micro_batch": 1}, {"train.checkpointing": "on"}]
    assert {"train.optimizer": "adamw-8bit"} in offered
    assert [changes["method.id"] for changes in last] == ["lora", "lora", "qlora", "qlora"]
    assert not any("method.id" in changes for changes in offered[:-4])
    on_the_processor = fixes.candidates(config, methods()["full"], SMALL)
    assert not any("train.optimizer" in change.changes for change in on_the_processor)


def test_only_changes_that_lower_the_need_are_offered_and_of_these_those_that_suffice() -> None:
    changes = [fixes.Change({"train.micro_batch": number}, str(number)) for number in (1, 2, 3, 4)]
    room = int(SMALL.memory_bytes * 0.92)
    needed = {1: room + 10, 2: room + 300, 3: room - 5, 4: None}
    offered = fixes.sufficient(changes, lambda each: needed[each["train.micro_batch"]], room + 200, SMALL)
    assert [fix.sentence for fix in offered] == ["3"]
    needed[3] = room + 1
    offered = fixes.sufficient(changes, lambda each: needed[each["train.micro_batch"]], room + 200, SMALL)
    assert [fix.sentence for fix in offered] == ["1", "3"]
