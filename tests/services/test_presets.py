"""Recommended values follow the model, the method and the data; what a person set stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.core.config import RunConfig, edit
from studio.core.model_folder import read_model
from studio.core.model_info import ModelInfo
from studio.plugins import methods
from studio.services import doctor, gathering, presets
from studio.services.facts import PrepareReport
from studio.services.projects import Project
from tests.services.making import write_model

BALANCED = "balanced"


@pytest.fixture
def model(tmp_path: Path) -> ModelInfo:
    return read_model(write_model(tmp_path / "model"))


def report(train: int, longest: int | None = None) -> PrepareReport:
    sizes: dict[str, Any] = {"train": train, "validation": 10, "test": 10, "rows": train + 20}
    return PrepareReport(hash="h", path=Path("h.parquet"), steps=(), leaks=0, longest=longest, **sizes)


def test_every_recommended_value_has_its_reason(model: ModelInfo) -> None:
    for method in methods():
        for name, (value, why) in presets.recommended(model, method, report(1000)).items():
            assert value is not None and why.endswith("."), name


def test_the_step_size_suits_the_optimizer(model: ModelInfo) -> None:
    lora = methods()["lora"]
    rates = {
        name: presets.recommended(model, lora, None, optimizer=name)["train.learning_rate"][0]
        for name in ("adamw", "lion", "sgd", "muon", "adafactor")
    }
    assert rates["lion"] < 0.5 * rates["adamw"] == 0.5 * rates["muon"] == 0.5 * rates["adafactor"]
    assert 2 * rates["adamw"] < rates["sgd"] <= 1.0


def test_a_model_that_only_reads_takes_smaller_steps(model: ModelInfo) -> None:
    reader = model.model_copy(update={"architecture": "encoder"})
    for method in methods():
        rates = [presets.recommended(each, method, None)["train.learning_rate"][0] for each in (reader, model)]
        assert 0.2 * rates[1] <= rates[0] <= 0.5 * rates[1], method.id


def test_little_data_is_read_more_often_in_smaller_handfuls(model: ModelInfo) -> None:
    large = model.model_copy(update={"parameters": 2_000_000_000})
    lora = methods()["lora"]
    few, many = (presets.recommended(large, lora, report(rows)) for rows in (120, 50_000))
    assert few["train.epochs"][0] > many["train.epochs"][0]
    assert few["train.batch_size"][0] < many["train.batch_size"][0]


def test_examples_are_kept_whole_up_to_what_the_model_reads(model: ModelInfo) -> None:
    lora = methods()["lora"]
    roomy = model.model_copy(update={"context": 2048})
    assert presets.recommended(roomy, lora, report(500, longest=300))["train.max_length"][0] == 320
    assert presets.recommended(model, lora, report(500, longest=300))["train.max_length"][0] == model.context


def test_a_preset_laid_over_differs_from_itself_in_nothing(model: ModelInfo) -> None:
    for method in methods():
        base = presets.recommended(model, method, report(800))
        for preset in presets.presets(base, method):
            config = presets.with_preset(edit(RunConfig(), {"method.id": method.id}), preset)
            assert config.preset == preset.id
            assert presets.own(config, preset, base, gathering.forms(config)) == {}


def test_one_changed_value_is_one_difference(model: ModelInfo) -> None:
    lora = methods()["lora"]
    base = presets.recommended(model, lora, None)
    balanced = presets.presets(base, lora)[1]
    config = edit(presets.with_preset(RunConfig(), balanced), {"train.epochs": 9})
    assert presets.own(config, balanced, base, gathering.forms(config)) == {
        "train.epochs": (balanced.changes["train.epochs"], 9)
    }


def test_a_value_that_no_preset_touches_counts_as_the_persons_own_too(model: ModelInfo) -> None:
    lora = methods()["lora"]
    base = presets.recommended(model, lora, None)
    balanced = presets.presets(base, lora)[1]
    config = edit(presets.with_preset(RunConfig(), balanced), {"train.patience": 9, "train.samples": ["Why?"]})
    assert presets.own(config, balanced, base, gathering.forms(config)) == {
        "train.patience": (base["train.patience"][0], 9)
    }


def test_untouched_values_follow_and_touched_ones_stay(model: ModelInfo) -> None:
    lora = methods()["lora"]
    before = presets.values_of(BALANCED, presets.recommended(None, lora, None), lora)
    after = presets.values_of(BALANCED, presets.recommended(model, lora, report(1000, longest=40)), lora)
    mine = edit(RunConfig(), {"train.learning_rate": 0.003})
    changes = presets.settle(mine, before, after)
    assert "train.learning_rate" not in changes
    assert changes["train.epochs"] == after["train.epochs"]
    assert presets.settle(edit(mine, changes), after, after) == {}


def test_settling_after_a_change_of_method_knows_both_methods(project: Project, tmp_path: Path) -> None:
    """Going from full training, which has no rank, to LoRA, which has one."""
    path = str(write_model(tmp_path / "model"))
    full = edit(RunConfig(), {"model.path": path, "method.id": "full"})
    devices = doctor.devices()
    before = gathering.gather(project, full, devices)
    settled_full = edit(full, gathering.settled(full, None, before))
    lora = edit(settled_full, {"method.id": "lora"})
    after = gathering.gather(project, lora, devices)
    settled = edit(lora, gathering.settled(lora, before, after))
    rate = after.recommended["train.learning_rate"][0]
    assert settled.train.learning_rate == rate != settled_full.train.learning_rate


def test_rounding_of_the_computer_is_no_change_of_the_person() -> None:
    assert presets.same(0.1 + 0.2, 0.3)
    assert presets.same(3, 3.0)
    assert not presets.same(True, 1.5)
    assert not presets.same("cosine", "linear")
