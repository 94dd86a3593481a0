"""Two answers beside each other read their question once, and say the same as each alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.engine.batches import lay_out
from studio.engine.examples import Text
from studio.engine.jobs import find_job
from studio.engine.parts import Parts, put_together
from studio.engine.precision import Precision
from studio.engine.sharing import joined, sharing_is_exact
from tests.contracts.making import make_model
from tests.objectives.preferring import learning, of, run

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.usefixtures("unasked")]


def parts_of(project: Path, **settings: Any) -> Parts:
    folder = of(project, "prefer")
    return put_together(find_job(folder, folder / "runs" / "shared", learning(project / "model", "prefer", **settings)))


def test_the_question_stands_once_and_its_last_token_twice() -> None:
    first = Text(np.array([1, 7, 8, 9, 4, 5]), np.array([0, 0, 0, 0, 1, 1], bool), np.zeros(6))
    second = Text(np.array([1, 7, 8, 9, 6]), np.array([0, 0, 0, 0, 1], bool), np.zeros(5))
    pair = joined(first, second)
    assert pair.ids.tolist() == [1, 7, 8, 9, 4, 5, 9, 6]
    assert pair.positions.tolist() == [0, 1, 2, 3, 4, 5, 3, 4]
    assert pair.owners.tolist() == [0, 0, 0, 0, 0, 0, 1, 1]
    assert pair.targets.tolist() == [-100, -100, -100, 4, 5, -100, 6, -100]
    assert pair.parts.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


def test_texts_that_begin_differently_share_only_what_is_alike() -> None:
    first = Text(np.array([1, 7, 8, 9]), np.array([0, 0, 0, 1], bool), np.zeros(4))
    for second, shared in (([1, 7, 5, 9], 1), ([1, 5, 8, 9], 0), ([2, 7, 8, 9], 0), ([1, 7], 1)):
        ids = np.array(second)
        pair = joined(first, Text(ids, np.arange(len(ids)) >= 3, np.zeros(len(ids))))
        assert pair.parts.tolist().count(0) == shared
        assert pair.ids[pair.owners == 1].tolist() == second[shared:]


def test_losses_and_gradients_are_those_of_texts_apart(project: Path) -> None:
    parts = parts_of(project)
    assert parts.shares
    apart = lay_out(parts.train, range(12), replace(parts.layout, shares=False, packing=False))
    shared = lay_out(parts.train, range(12), parts.layout)
    assert shared.ids.numel() < 0.8 * apart.ids.numel()
    found = []
    with torch.no_grad():
        for name, weight in parts.weights.items():
            weight += 0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(len(name)))
    for batch in (apart, shared):
        losses = batch.per_text(parts.scorer.losses(parts.model, batch).double())
        (losses * torch.linspace(-1, 1, 24, dtype=torch.float64)).sum().backward()
        found.append((losses.detach(), [weight.grad for weight in parts.weights.values()]))
        for weight in parts.weights.values():
            weight.grad = None
    torch.testing.assert_close(found[1][0], found[0][0], rtol=1e-5, atol=1e-5)
    for ours, theirs in zip(found[1][1], found[0][1], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["dpo", "orpo"])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_that_shares_is_the_run_that_does_not(project: Path, loss: str, method: str) -> None:
    shared, _, _ = run(project, f"shared-{loss}-{method}", "prefer", loss, method=method, learning_rate=1e-3)
    apart, _, _ = run(
        project, f"apart-{loss}-{method}", "prefer", loss, method=method, learning_rate=1e-3, packing=False
    )
    torch.testing.assert_close(torch.tensor(shared), torch.tensor(apart), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("family", "expected"), [("llama", True), ("qwen3", True), ("gpt2", True)])
def test_it_is_found_out_on_the_model_itself(tmp_path: Path, family: str, expected: bool) -> None:
    import transformers

    model: Any = transformers.AutoModelForCausalLM.from_pretrained(
        make_model(tmp_path, family), trust_remote_code=False, use_safetensors=True, local_files_only=True
    )
    assert sharing_is_exact(model, 40, Precision("fp32", "cpu")) is expected
    plain = model.base_model.forward

    def careless(*args: Any, **named: Any) -> Any:
        named.pop("attention_mask", None)
        return plain(*args, **named)

    model.base_model.forward = careless
    assert not sharing_is_exact(model, 40, Precision("fp32", "cpu"))


def test_nothing_is_shared_where_texts_are_not_packed_or_words_are_noisy(project: Path) -> None:
    assert not parts_of(project, packing=False).shares
    assert not parts_of(project, noise=5.0).shares
