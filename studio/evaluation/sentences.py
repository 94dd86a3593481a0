"""A measurement in a sentence that a person can repeat, in the words of the task."""

from __future__ import annotations

from studio.evaluation.quantities import Measure

ADVICE = " Keep the model you started from, or train with a smaller step size."
CHANCE = " No difference can be told from chance."


def sentence(measure: Measure, examples: int, id: str) -> str:
    """What was measured, before and after; and what follows where the model is not better."""
    said = _SENTENCES[measure.id](measure, examples)
    return said + {"worse": ADVICE, "no_difference": CHANCE}.get(id, "")


def speaks_of(measure: Measure) -> bool:
    """Whether there are words for a measure; a loss is told in its own way."""
    return measure.id in _SENTENCES


def _accuracy(found: Measure, examples: int) -> str:
    before, after = found.top
    return (
        f"On {_texts(examples)} that it never saw, it told the right class of {_of(after, examples)}; "
        f"before, of {_of(before, examples)}."
    )


def _f1(found: Measure, examples: int) -> str:
    return (
        f"In {_texts(examples)} that it never saw, it finds and names the marks with a score of "
        f"{_share(found.after.value)} (100 % is without a mistake); before, {_share(found.before.value)}."
    )


def _mae(found: Measure, examples: int) -> str:
    return (
        f"On {_texts(examples)} that it never saw, it missed the right number by {_number(found.after.value)} "
        f"on average; before, by {_number(found.before.value)}."
    )


def _preferred(found: Measure, examples: int) -> str:
    before, after = found.top
    return (
        f"Of {examples:,} pairs of answers that it never saw, it puts the better one first in {_of(after, examples)}; "
        f"before, in {_of(before, examples)}."
    )


def _likings(found: Measure, examples: int) -> str:
    return (
        f"On {examples:,} judged answers that it never saw, a liked one gained more than a disliked one in "
        f"{_share(found.after.value)} of all cases; 50 % would be guessing."
    )


_SENTENCES = {"accuracy": _accuracy, "f1": _f1, "mae": _mae, "preferred": _preferred, "likings": _likings}


def _texts(number: int) -> str:
    return "1 text" if number == 1 else f"{number:,} texts"


def _of(part: float, whole: int) -> str:
    """ "274 (91 %)"; a tie counts as half."""
    number = f"{part:,.0f}" if part == int(part) else f"{part:,.1f}"
    return f"{number} ({_share(part / max(1, whole))})"


def _share(share: float) -> str:
    """Nearly all is not all, and hardly any is not none."""
    percent = 100 * share
    if 99.5 <= percent < 100 or 0 < percent < 0.5:
        return f"{min(99.9, max(0.1, percent)):.1f} %"
    return f"{percent:.0f} %"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
