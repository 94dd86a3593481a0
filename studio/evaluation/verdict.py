"""Whether training helped, said no louder than the numbers allow. Knows numbers only, no models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from studio.api import Prediction
from studio.evaluation.quantities import FEWEST, LEVEL, LOSS, Measure, compare
from studio.evaluation.sentences import sentence, speaks_of

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
    """How much the loss changed, with a paired bootstrap interval over examples. With fewer than `FEWEST` examples
    there is no interval; None when nothing was measured."""
    found = compare(LOSS, before, after)
    return Difference(*found.difference, LEVEL) if found and found.bottom[1] else None


def judged(measure: Measure | None, examples: int) -> Verdict:
    """The verdict on what the task's models are judged by."""
    if measure is None or not speaks_of(measure):
        change = Difference(*measure.difference, LEVEL) if measure else None
        numbers = (measure.before.value, measure.after.value) if measure else (None, None)
        return verdict(change, examples, *numbers)
    low, high = measure.difference.low, measure.difference.high
    if low is None or high is None:
        return Verdict("too_few", too_few(examples))
    gained = high < 0 if measure.lower_is_better else low > 0
    lost = low > 0 if measure.lower_is_better else high < 0
    id: VerdictId = "better" if gained else "worse" if lost else "no_difference"
    return Verdict(id, sentence(measure, examples, id))


def verdict(found: Difference | None, examples: int, before: float | None, after: float | None) -> Verdict:
    """The verdict on a loss, told as hesitation between words. `before` and `after` are losses."""
    if found is None or found.low is None or found.high is None or before is None or after is None:
        return Verdict("too_few", too_few(examples))
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


def too_few(examples: int) -> str:
    """Why nothing can be said."""
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
