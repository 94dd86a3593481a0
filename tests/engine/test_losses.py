"""Scoring only what is taught gives exactly the losses and gradients of scoring everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from studio.api import Batch, Example
from studio.core.model_folder import read_model
from studio.engine import losses
from studio.engine.batches import Layout, lay_out
from studio.engine.devices import find_device
from studio.engine.examples import Examples
from studio.engine.generate import EXACT
from studio.engine.losses import head_losses
from studio.engine.models import load_base
from studio.engine.scorers import ChunkedScorer, PlainScorer, choose_scorer

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def gradients(bias: bool, factors: torch.Tensor, *, chunked: bool, frozen: bool = False) -> list[torch.Tensor]:
    """Losses and the gradients of hidden states, weight and bias."""
    chance = torch.Generator().manual_seed(1)
    hidden = torch.randn(37, 16, generator=chance).requires_grad_()
    head = nn.Linear(16, 50, bias=bias)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=chance))
    head.requires_grad_(not frozen)
    targets = torch.randint(0, 50, (37,), generator=chance)
    found = head_losses(head, hidden, targets) if chunked else F.cross_entropy(head(hidden), targets, reduction="none")
    (found * factors).sum().backward()
    trained = [] if frozen else list(head.parameters())
    return [found.detach(), hidden.grad, *[parameter.grad for parameter in trained]]  # type: ignore[list-item]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("factors", [torch.full((37,), 0.25), torch.linspace(-1, 2, 37)])
def test_chunked_losses_and_gradients_are_the_plain_ones(
    bias: bool, frozen: bool, factors: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "CHUNK_NUMBERS", 50 * 16)
    chunked = gradients(bias, factors, chunked=True, frozen=frozen)
    plain = gradients(bias, factors, chunked=False, frozen=frozen)
    for ours, theirs in zip(chunked, plain, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_no_tensor_of_all_logits_ever_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "CHUNK_NUMBERS", 1000 * 16)
    largest = 0
    plain = torch.nn.functional.linear

    def seen(*args: torch.Tensor) -> torch.Tensor:
        nonlocal largest
        out = plain(*args)
        largest = max(largest, out.numel())
        return out

    monkeypatch.setattr(losses.F, "linear", seen)
    hidden = torch.randn(200, 8, requires_grad=True)
    head_losses(nn.Linear(8, 1000), hidden, torch.randint(0, 1000, (200,))).sum().backward()
    assert largest == 16 * 1000


def batch_of(rows: int = 5) -> Batch:
    chance = torch.Generator().manual_seed(2)
    made = []
    for length in range(4, 4 + 3 * rows, 3):
        ids = torch.randint(7, 40, (length,), generator=chance).tolist()
        made.append(Example(tuple(ids), tuple(place >= length // 2 for place in range(length))))
    examples = Examples.of(made)
    return lay_out(examples, sorted(range(rows), key=lambda i: -examples.lengths[i]), Layout("cpu"))


@pytest.mark.parametrize("tied", ["tiny_model", "untied_model"])
def test_both_scorers_agree_on_a_model_in_values_and_gradients(tied: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(tied)
    batch = batch_of()
    found = []
    for scorer in (ChunkedScorer(), PlainScorer()):
        model = load_base(read_model(folder), dtype=torch.float32, device=find_device("cpu"))
        model.requires_grad_(True)
        each = scorer.losses(model, batch)
        each.sum().backward()
        found.append([each.detach(), *[weight.grad for weight in model.parameters()]])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    assert found[0][0].shape == (batch.units,)


def test_a_head_with_additions_is_scored_in_chunks_too(untied_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from peft import LoraConfig, get_peft_model

    monkeypatch.setattr(losses, "CHUNK_NUMBERS", 16)
    batch = batch_of()
    found = []
    for scorer in (ChunkedScorer(), PlainScorer()):
        base = load_base(read_model(untied_model), dtype=torch.float32, device=find_device("cpu"))
        torch.manual_seed(1)
        model = get_peft_model(base, LoraConfig(r=4, target_modules=["lm_head", "q_proj"], init_lora_weights=False))
        scorer.losses(model, batch).sum().backward()
        found.append([weight.grad for weight in model.parameters() if weight.requires_grad])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_a_head_trained_as_a_copy_is_the_one_that_is_scored(untied_model: Path) -> None:
    from peft import LoraConfig, get_peft_model

    base = load_base(read_model(untied_model), dtype=torch.float32, device=find_device("cpu"))
    model = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj"], modules_to_save=["lm_head"]))
    with torch.no_grad():
        inner: Any = model.get_base_model()
        head = inner.get_output_embeddings()
        head.modules_to_save["default"].weight.mul_(1.5)
    batch = batch_of()
    torch.testing.assert_close(ChunkedScorer().losses(model, batch), PlainScorer().losses(model, batch))
    with model.disable_adapter():
        torch.testing.assert_close(ChunkedScorer().losses(model, batch), PlainScorer().losses(model, batch))


def test_a_model_that_bends_its_logits_is_scored_in_the_plain_way(tiny_model: Path) -> None:
    model = load_base(read_model(tiny_model), dtype=torch.float32, device=find_device("cpu"))
    assert isinstance(choose_scorer(model, "decoder", EXACT), ChunkedScorer)
    plain_forward: Any = model.forward

    def capped(*args: object, **named: object) -> object:
        out = plain_forward(*args, **named)
        out.logits = 2.0 * torch.tanh(out.logits / 2.0)
        return out

    model.forward = capped
    assert type(choose_scorer(model, "decoder", EXACT)) is PlainScorer


def test_a_gradient_is_not_given_twice() -> None:
    each = head_losses(nn.Linear(4, 9), torch.randn(3, 4, requires_grad=True), torch.tensor([1, 2, 3]))
    each.sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="already used"):
        each.sum().backward()
