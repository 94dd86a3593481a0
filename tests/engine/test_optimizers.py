"""How steps are made: each optimizer learns, follows its formula, and goes on after a stop as if none had been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.core.demands import unmet
from studio.core.device import Device
from studio.core.events import Stepped, Stop
from studio.core.model_folder import read_model
from studio.core.problem import StudioError
from studio.core.train_settings import TrainSettings
from studio.engine.devices import find_device
from studio.engine.lion import Lion
from studio.engine.models import load_base, trainable
from studio.engine.optimizers import choose_optimizer, optimizer_tensors, restore_optimizer, set_learning_rate
from studio.engine.rates import depths_of
from studio.plugins import methods
from tests.contracts.making import make_model
from tests.tiny import Recorder, build_project, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
RATES = {"adamw": 5e-3, "adafactor": 5e-3, "lion": 1e-3, "muon": 1e-2, "sgd": 0.2}
CARD_ONLY = ("adamw-8bit", "adamw-paged")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return build_project(tmp_path_factory.mktemp("project"))


def model_of(folder: Path) -> Any:
    model = load_base(read_model(folder), dtype=torch.float32, device=find_device("cpu"))
    return model.requires_grad_(True)


def take_steps(model: Any, optimizer: torch.optim.Optimizer, seeds: range) -> None:
    """Steps down chance gradients that follow from the seeds."""
    for seed in seeds:
        chance = torch.Generator().manual_seed(seed)
        for weight in model.parameters():
            weight.grad = torch.randn(weight.shape, generator=chance)
        optimizer.step()


@pytest.mark.parametrize("optimizer", RATES)
def test_a_run_learns_and_goes_on_after_a_stop_bit_for_bit(project: Path, optimizer: str) -> None:
    chosen = {"optimizer": optimizer, "learning_rate": RATES[optimizer], "weight_decay": 0.01, "steps": 12}
    config = config_for(project / "model", "full" if optimizer != "muon" else "lora", **chosen)
    whole, before, after = Recorder(), Recorder(), Recorder()
    expected = train_in(project, config, f"whole-{optimizer}", whole)
    before.on_say = lambda event: (
        before.asked.append(Stop()) if isinstance(event, Stepped) and event.step == 5 else None
    )
    train_in(project, config, f"halves-{optimizer}", before)
    result = train_in(project, config, f"halves-{optimizer}", after)
    assert before.losses() + after.losses() == whole.losses()
    assert len(before.losses()) == 5
    assert result["weights"]["sha256"] == expected["weights"]["sha256"]
    assert whole.losses()[-1] < 0.8 * whole.losses()[0]


@pytest.mark.parametrize("name", CARD_ONLY)
def test_the_state_of_the_card_s_optimizers_comes_back_from_named_tensors(
    project: Path, tmp_path: Path, name: str
) -> None:
    """What bitsandbytes keeps, checked where it also computes on the processor."""
    settings = TrainSettings(optimizer=name, learning_rate=1e-2)  # type: ignore[arg-type]
    model = wide_model(tmp_path)
    optimizer = choose_optimizer(model, trainable(model), settings)
    take_steps(model, optimizer, range(2))
    save_file(
        {key: kept.clone() for key, kept in optimizer_tensors(optimizer, trainable(model)).items()}, tmp_path / "state"
    )
    again = wide_model(tmp_path)
    again.load_state_dict(model.state_dict())
    second = choose_optimizer(again, trainable(again), settings)
    restore_optimizer(second, trainable(again), load_file(tmp_path / "state"))
    take_steps(model, optimizer, range(2, 4))
    take_steps(again, second, range(2, 4))
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    kept = {weight: state["state1"].dtype for weight, state in optimizer.state.items()}
    assert {dtype for weight, dtype in kept.items() if weight.numel() >= 4096} == {
        torch.uint8 if name == "adamw-8bit" else torch.float32
    }


def wide_model(folder: Path) -> Any:
    """One table large enough to be kept in 8 bits, and one vector."""
    torch.manual_seed(1)
    return torch.nn.Linear(64, 128)


def test_lion_follows_its_formula() -> None:
    chance = np.random.default_rng(1)
    start, average = chance.normal(size=(5, 4)), np.zeros((5, 4))
    weight = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))
    optimizer = Lion([weight], lr=0.01, weight_decay=0.1)
    expected = start
    for _ in range(4):
        gradient = chance.normal(size=(5, 4))
        step = np.sign(0.9 * average + 0.1 * gradient)
        expected = expected - 0.01 * (step + 0.1 * expected)
        average = 0.99 * average + 0.01 * gradient
        weight.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
    np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(optimizer.state[weight]["exp_avg"].numpy(), average, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_muon_moves_the_tables_in_the_layers_and_adamw_the_rest(project: Path, method: str) -> None:
    chosen = methods()[method]
    model = chosen.attach(model_of(project / "model").requires_grad_(False), chosen.settings({}))
    weights = trainable(model)
    optimizer = choose_optimizer(model, weights, TrainSettings(optimizer="muon", learning_rate=1e-2))
    take_steps(model, optimizer, range(1))
    by_muon = {name for name, weight in weights.items() if "momentum_buffer" in optimizer.state[weight]}
    by_adamw = {name for name, weight in weights.items() if "exp_avg_sq" in optimizer.state[weight]}
    assert by_muon == {name for name, weight in weights.items() if ".layers." in name and weight.ndim == 2}
    assert by_adamw == set(weights) - by_muon
    assert bool(by_adamw) == (method == "full")


@pytest.mark.parametrize("name", RATES)
def test_the_step_size_of_the_schedule_reaches_every_weight(project: Path, name: str) -> None:
    model = model_of(project / "model")
    weights = trainable(model)
    optimizer = choose_optimizer(model, weights, TrainSettings(optimizer=name))  # type: ignore[arg-type]
    moved = []
    for rate in (0.0, 1e-3, 2e-3):
        before = {key: weight.detach().clone() for key, weight in weights.items()}
        set_learning_rate(optimizer, rate)
        take_steps(model, optimizer, range(1))
        moved.append({key: float((weight - before[key]).detach().norm()) for key, weight in weights.items()})
    assert not any(moved[0].values())
    assert all(moved[1].values())
    assert all(moved[2][key] > 1.3 * moved[1][key] for key in weights)


def test_muon_makes_all_directions_of_a_step_about_equally_strong(project: Path) -> None:
    model = model_of(project / "model")
    weights = trainable(model)
    name = "model.layers.0.mlp.up_proj.weight"
    before = weights[name].detach().clone()
    optimizer = choose_optimizer(model, weights, TrainSettings(optimizer="muon", learning_rate=1e-2))
    take_steps(model, optimizer, range(1))
    strengths = torch.linalg.svdvals((weights[name] - before).detach())
    assert strengths.max() < 3 * strengths.min()
    assert float((weights[name] - before).detach().square().mean().sqrt()) == pytest.approx(0.2e-2, rel=0.3)


def test_additions_second_halves_take_larger_steps_where_that_is_chosen(project: Path) -> None:
    lora = methods()["lora"]
    chosen = lora.settings({"rank": 4, "second_rate": 8})
    model = lora.attach(model_of(project / "model"), chosen)
    weights = trainable(model)
    optimizer = choose_optimizer(model, weights, TrainSettings(), dict(lora.rates(model, chosen)))
    set_learning_rate(optimizer, 1e-3)
    rate_of = {id(weight): group["lr"] for group in optimizer.param_groups for weight in group["params"]}
    assert {rate_of[id(weight)] for name, weight in weights.items() if ".lora_B." in name} == {8e-3}
    assert {rate_of[id(weight)] for name, weight in weights.items() if ".lora_A." in name} == {1e-3}


def test_a_run_hands_the_method_s_own_rates_to_the_optimizer(project: Path) -> None:
    curves = []
    for rate in (1.0, 8.0):
        voice = Recorder()
        train_in(project, config_for(project / "model", method_second_rate=rate), f"second-{rate}", voice)
        curves.append(voice.losses())
    assert curves[0][0] == curves[1][0]
    assert curves[0][2:] != curves[1][2:]


@pytest.mark.parametrize(
    ("family", "depths"),
    [
        ("llama", {"model.layers.1.mlp.up_proj.weight": 1, "model.norm.weight": 1, "model.embed_tokens.weight": 3}),
        ("bert", {"bert.encoder.layer.0.output.dense.weight": 2, "bert.embeddings.LayerNorm.weight": 3}),
        ("t5", {"decoder.block.1.layer.2.DenseReluDense.wo.weight": 1, "encoder.final_layer_norm.weight": 3}),
        ("t5", {"encoder.block.0.layer.0.SelfAttention.q.weight": 4, "shared.weight": 5}),
    ],
)
def test_depth_is_counted_from_the_output(tmp_path: Path, family: str, depths: dict[str, int]) -> None:
    model = model_of(make_model(tmp_path / family, family))
    found = depths_of(model, list(trainable(model)))
    assert {name: found[name] for name in depths} == depths


def test_towards_the_input_steps_become_smaller(project: Path) -> None:
    model = model_of(project / "model")
    weights = trainable(model)
    settings = TrainSettings(layer_decay=0.5, optimizer="sgd", momentum=0.0)
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    optimizer = choose_optimizer(model, weights, settings)
    set_learning_rate(optimizer, 1.0)
    for weight in weights.values():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    moved = {name: float((before[name] - weight).detach().mean()) for name, weight in weights.items()}
    assert moved["model.layers.1.mlp.up_proj.weight"] == pytest.approx(0.5)
    assert moved["model.norm.weight"] == pytest.approx(0.5)
    assert moved["model.layers.0.mlp.up_proj.weight"] == pytest.approx(0.25)
    assert moved["model.embed_tokens.weight"] == pytest.approx(0.125)


@pytest.mark.parametrize("name", CARD_ONLY)
def test_an_optimizer_that_needs_a_card_is_refused_in_words_without_one(project: Path, name: str) -> None:
    with pytest.raises(StudioError) as told:
        train_in(project, config_for(project / "model", optimizer=name), name)
    assert "graphics card" in told.value.happened and "Use AdamW" in told.value.remedy
    card = Device(kind="cuda", name="", memory_bytes=1, free_bytes=1)
    settings = TrainSettings(optimizer=name)  # type: ignore[arg-type]
    assert not list(unmet(settings, card))
    (problem,) = unmet(settings, card.model_copy(update={"kind": "cpu"}))
    assert problem.fix == {"train.optimizer": "adamw"}
