"""Attention text by text is attention under a mask: the same states, gradients and curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.model_folder import read_model
from studio.engine import parts
from studio.engine.attention import APART, _probe, keep_apart, sees
from studio.engine.devices import find_device
from studio.engine.models import load_base
from studio.engine.precision import Precision
from tests.contracts.making import make_model
from tests.tiny import Recorder, build_project, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
FP32 = Precision("fp32", "cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {family: make_model(folder / family, family) for family in ("llama", "qwen3", "gpt2")}


def opened(folder: Path) -> Any:
    return load_base(read_model(folder), device=find_device("cpu"), dtype=torch.float32)


def learnt(model: Any, apart: bool) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """States of packed texts, and the gradients of a fixed sum of them."""
    batch = _probe(40)
    batch.positions %= 50
    model.zero_grad()
    out = model.base_model(
        input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **(sees(model, batch) if apart else {})
    )
    states = out.last_hidden_state[batch.segments >= 0]
    (states * torch.linspace(-1, 1, states.numel()).view_as(states)).sum().backward()
    grads = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    return states.detach(), grads


@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2"])
def test_states_and_gradients_are_those_under_a_mask(family: str, models: dict[str, Path]) -> None:
    model = opened(models[family])
    usual = learnt(model, apart=False)
    assert keep_apart(model, FP32)
    ours = learnt(model, apart=True)
    torch.testing.assert_close(ours[0], usual[0], rtol=1e-5, atol=1e-5)
    for name, grad in ours[1].items():
        torch.testing.assert_close(grad, usual[1][name], rtol=1e-4, atol=1e-5 * float(grad.abs().max()), msg=name)


def test_a_model_that_looks_back_only_so_far_keeps_its_mask(models: dict[str, Path]) -> None:
    model = opened(models["llama"])
    model.config.sliding_window = 16
    assert not keep_apart(model, FP32)
    model.config.layer_types = ["full_attention", "sliding_attention"]
    assert not keep_apart(model, FP32)
    assert model.config._attn_implementation == "sdpa"


def test_a_model_that_gives_something_else_keeps_its_mask(models: dict[str, Path]) -> None:
    model = opened(models["llama"])
    layer = model.model.layers[0].self_attn
    forward = layer.forward

    def other(*given: Any, **named: Any) -> Any:
        mask = named.get("attention_mask")
        factor = 2.0 if mask is not None and mask.dtype == torch.int64 else 1.0
        out, rest = forward(*given, **named)
        return out * factor, rest

    layer.forward = other
    assert not keep_apart(model, FP32)
    assert model.config._attn_implementation == "sdpa"


def test_a_whole_run_follows_the_same_curve_also_with_saved_activations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = build_project(tmp_path)
    monkeypatch.setattr("studio.engine.attention.SHORT", 1)
    used: list[bool] = []

    def keep(model: Any, precision: Precision) -> bool:
        used.append(keep_apart(model, precision))
        return used[-1]

    def losses(name: str, **train: Any) -> list[float]:
        voice = Recorder()
        train_in(project, config_for(project / "model", "full", **train), name, voice)
        return voice.losses()

    monkeypatch.setattr(parts, "keep_apart", keep)
    ours, saved = losses("apart"), losses("saved", checkpointing="on")
    assert used == [True, True]
    monkeypatch.setattr(parts, "keep_apart", lambda model, precision: False)
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(losses("plain")), rtol=1e-5, atol=1e-6)
    assert saved == ours


def test_a_model_is_kept_without_what_it_was_trained_with(models: dict[str, Path], tmp_path: Path) -> None:
    model = opened(models["llama"])
    assert keep_apart(model, FP32)
    model.save_pretrained(tmp_path)
    assert APART not in (tmp_path / "config.json").read_text()
