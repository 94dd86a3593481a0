"""Whether training helped, said no louder than the numbers allow. Knows numbers only, no models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from studio.api import Prediction

RESAMPLES = 2000
LEVEL = 0.95
FEWEST = 10
SEED = 1
BLOCK = 4_000_000

VerdictId = Literal["better", "worse", "no_difference", "too_few"]


class Difference(NamedTuple):
    """After minus before, in nats per taught token, with its interval; below zero is better."""

    loss: float
    low: float | None
    high: float | None
    level: float


class Verdict(NamedTuple):
    """What the difference means, as an identifier and as a sentence for a person."""

    id: VerdictId
    sentence: str


def difference(before: Sequence[Prediction], after: Sequence[Prediction]) -> Difference | None:
    """How much the loss changed, with a paired bootstrap interval over examples (Efron and Tibshirani, 1993).

    Both models saw the same examples, so whole examples are drawn, with their loss before and after together; the
    loss per token of each draw is a ratio of two sums. With fewer than `FEWEST` examples there is no interval.
    None when nothing was measured.
    """
    units = np.array([prediction.units for prediction in after], dtype=float)
    gained = np.array([new.loss - old.loss for old, new in zip(before, after, strict=True)], dtype=float)
    if not units.sum() or not np.isfinite(gained).all():
        return None
    loss = float(gained.sum() / units.sum())
    if len(units) < FEWEST:
        return Difference(loss, None, None, LEVEL)
    draws = _resampled(gained, units)
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Difference(loss, float(low), float(high), LEVEL)


def _resampled(gained: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The difference in each of `RESAMPLES` draws of as many examples, with replacement."""
    chance = np.random.default_rng(SEED)
    count = len(units)
    at_once = max(1, BLOCK // count)
    draws = []
    for start in range(0, RESAMPLES, at_once):
        chosen = chance.integers(0, count, size=(min(at_once, RESAMPLES - start), count))
        draws.append(gained[chosen].sum(1) / units[chosen].sum(1))
    return np.concatenate(draws)


def verdict(found: Difference | None, examples: int, before: float | None, after: float | None) -> Verdict:
    """One sentence that a person can repeat. `before` and `after` are losses."""
    if found is None or found.low is None or found.high is None or before is None or after is None:
        return Verdict("too_few", _too_few(examples))
    numbers = f"it wavers between about {_words(after)} words instead of {_words(before)}"
    if found.high < 0:
        return Verdict(
            "better", f"On {examples:,} examples that it never saw, the tuned model is clearly surer: {numbers}."
        )
    if found.low > 0:
        return Verdict(
            "worse",
            f"On {examples:,} examples that it never saw, the tuned model is less sure than before: {numbers}. "
            "Keep the model you started from, or train with a smaller step size.",
        )
    return Verdict(
        "no_difference",
        f"On {examples:,} examples that it never saw, no difference can be told from chance.",
    )


def _too_few(examples: int) -> str:
    if not examples:
        return "There are no test examples, so it can't be said whether training helped."
    return (
        f"Only {examples} test example{'' if examples == 1 else 's'}: too few to say whether training helped. "
        f"At least {FEWEST} are needed, and 50 or more are better."
    )


def _words(loss: float) -> str:
    """Perplexity, rounded as a person would say it."""
    if loss > 13:
        return "half a million or more"
    value = math.exp(loss)
    return f"{value:.1f}" if value < 20 else f"{value:,.0f}"
