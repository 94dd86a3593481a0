"""What preferences are measured against really is the model as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio import plugins
from studio.engine.batches import Layout, lay_out
from studio.engine.examples import Examples
from studio.engine.jobs import find_job
from studio.engine.parts import copy_of_before, put_together
from studio.engine.scorers import ChunkedScorer, PlainScorer
from studio.plugins import objectives
from tests.objectives.preferring import learning, of, run

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.usefixtures("unasked")]


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_reference_is_the_model_as_it_was_also_after_training(project: Path, method: str) -> None:
    settings = {"method_start": "pissa", "method_rank": 4} if method == "lora" else {}
    config = learning(project / "model", "prefer", method, **settings)
    job = find_job(of(project, "prefer"), project / "runs" / "x", config)
    parts = put_together(job)
    batch = lay_out(parts.train, range(6), parts.layout)
    plain = put_together(find_job(of(project, "prefer"), project / "runs" / "y", learning(project / "model", "prefer")))
    base = plain.model.get_base_model()
    with plain.model.disable_adapter(), torch.no_grad():
        expected = PlainScorer().losses(base, lay_out(plain.train, range(6), plain.layout))
    learns = [weight.requires_grad for weight in parts.model.parameters()]
    with torch.no_grad():
        for weight in parts.weights.values():
            weight += 0.05
    torch.testing.assert_close(parts.scorer.before(parts.model, batch), expected, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(parts.scorer.losses(parts.model, batch).detach(), expected, rtol=1e-2)
    assert [weight.requires_grad for weight in parts.model.parameters()] == learns


SETTINGS = {
    "lora": {"method_start": "olora", "method_rank": 4},
    "layers": {"method_part": "early"},
    "miss": {"method_rank": 8},
    "fourierft": {"method_count": 50},
}
UNSUITED = {"qlora", "bitfit"}
"""Rounding makes the one another model; the other finds no offsets in this one."""


@pytest.fixture
def real_plugins() -> Iterator[None]:
    """Plugins from outside at work, as in a worker."""
    plugins.use_real()
    yield
    plugins.use_real(False)


@pytest.mark.parametrize("method", [method.id for method in plugins.methods() if method.id not in UNSUITED])
def test_every_method_is_compared_with_the_model_as_it_was(project: Path, method: str, real_plugins: None) -> None:
    folder = of(project, "prefer")
    full = put_together(find_job(folder, project / "runs" / "base", learning(project / "model", "prefer", "full")))
    base = copy_of_before(full.job, full.model, full.precision, full.device)
    config = learning(project / "model", "prefer", method, **SETTINGS.get(method, {}))
    parts = put_together(find_job(folder, project / "runs" / "tuned", config))
    batch = lay_out(parts.train, range(4), parts.layout)
    chance = torch.Generator().manual_seed(7)
    with torch.no_grad():
        expected = PlainScorer().losses(base, lay_out(full.train, range(4), parts.layout))
        for weight in parts.weights.values():
            weight += 0.3 * torch.randn(weight.shape, generator=chance)
        torch.testing.assert_close(parts.scorer.before(parts.model, batch), expected, rtol=1e-5, atol=1e-5)
        assert not torch.allclose(parts.scorer.losses(parts.model, batch), expected, rtol=1e-3)


def test_switching_the_adapter_off_equals_a_frozen_copy(project: Path) -> None:
    config = learning(project / "model", "prefer")
    parts = put_together(find_job(of(project, "prefer"), project / "runs" / "z", config))
    with torch.no_grad():
        for weight in parts.weights.values():
            weight += 0.05
    full = learning(project / "model", "prefer", "full")
    other = put_together(find_job(of(project, "prefer"), project / "runs" / "w", full))
    copy = copy_of_before(other.job, other.model, other.precision, other.device)
    batch = lay_out(parts.train, range(8), parts.layout)
    off = ChunkedScorer().before(parts.model, batch)
    torch.testing.assert_close(off, ChunkedScorer(untrained=copy).before(parts.model, batch), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("objective", "loss", "first"), [("prefer", "dpo", np.log(2)), ("liked", "", None)])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_at_the_first_step_nothing_has_changed_yet(
    project: Path, objective: str, loss: str, first: float | None, method: str
) -> None:
    losses, _, _ = run(project, f"first-{method}-{objective}", objective, loss, method=method, steps=1)
    if first is None:
        job = find_job(of(project, objective), project / "none", learning(project / "model", objective))
        assert put_together(job).train.labels is not None
        assert 0.4 < losses[0] < 2.0
    else:
        assert losses[0] == pytest.approx(first, rel=1e-6)


def test_the_reference_point_comes_from_other_questions_answers_over_the_whole_step(project: Path) -> None:
    config = learning(project / "model", "liked", learning_rate=1e-2)
    parts = put_together(find_job(of(project, "liked"), project / "runs" / "point", config))
    # Answers become likelier, whatever was asked, so that the point is above 0.
    for _ in range(3):
        parts.scorer.losses(parts.model, lay_out(parts.train, range(20), parts.layout)).mean().backward()
        parts.optimizer.step()
    chosen = parts.drawn([3, 5, 8, 13, 21], 0)
    gains = []
    for place in range(5):
        mine, before = chosen.text(place), chosen.text((place - 1) % 5)
        begin, other = int(np.flatnonzero(mine.learn)[0]), int(np.flatnonzero(before.learn)[0])
        ids = np.concatenate([mine.ids[:begin], before.ids[other:]])
        learn = np.concatenate([mine.learn[:begin], before.learn[other:]])
        gains.append(_likelihood(parts.model, ids, learn) - _likelihood_before(parts.model, ids, learn))
    expected = max(0.0, float(np.mean(gains)))
    assert expected > 0
    liked = objectives()["liked"]
    for size in (1, 2, 5):
        exchanged = chosen.exchanged(64)
        batches = [lay_out(exchanged, range(at, min(5, at + size)), parts.layout) for at in range(0, 5, size)]
        with torch.no_grad():
            found = liked.look_ahead(parts.model.eval(), batches, parts.scorer, parts.job.choices)
        assert found["point"] == pytest.approx(expected, rel=1e-4)


@torch.no_grad()
def _likelihood(model: Any, ids: np.ndarray, learn: np.ndarray) -> float:
    logits = model(input_ids=torch.from_numpy(ids.astype(np.int64))[None]).logits[0].double().log_softmax(-1)
    return float(sum(logits[place - 1, ids[place]] for place in np.flatnonzero(learn)))


def _likelihood_before(model: Any, ids: np.ndarray, learn: np.ndarray) -> float:
    with model.disable_adapter():
        return _likelihood(model, ids, learn)


def test_exchanged_texts_are_cut_at_the_longest_allowed() -> None:
    texts = Examples(
        ids=np.arange(7, dtype=np.int32),
        learn=np.array([False, False, True, False, True, True, True]),
        starts=np.array([0, 3, 7]),
        units=np.array([1, 1]),
    )
    found = texts.exchanged(4)
    assert found.ids.tolist() == [0, 1, 4, 5, 3, 2]
    assert found.learn.tolist() == [False, False, True, True, False, True]
    assert found.starts.tolist() == [0, 4, 6]
    batch = lay_out(found, [0, 1], Layout("cpu"))
    assert batch.texts == 2
