"""What a measurement means, in words and as places on a scale. Pure functions; draws nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.services.facts import Evaluation
from studio.ui.pages.evaluate.measures import value_in_words
from studio.ui.wording import percent, plural, tr


@dataclass(frozen=True)
class Verdict:
    """The verdict as the page shows it. `advice` is (icon, sentence, page to go to or "")."""

    icon: str
    tone: str
    title: str
    meaning: str
    advice: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Gain:
    """How much less the model hesitates, as a share from its hesitation before; below zero it hesitates more."""

    value: float
    low: float | None
    high: float | None

    @property
    def tone(self) -> str:
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return "second"
        return "good" if self.low > 0 else "valid"


def gain_of(evaluation: Evaluation) -> Gain | None:
    """The difference of the losses as a change of perplexity; None where nothing was measured.

    Perplexity is e to the loss, so a difference d of losses multiplies it by e to the d.
    """
    loss, low, high = (evaluation.difference.get(name) for name in ("loss", "low", "high"))
    if loss is None:
        return None
    return Gain(
        1 - math.exp(loss), None if high is None else 1 - math.exp(high), None if low is None else 1 - math.exp(low)
    )


@dataclass(frozen=True)
class Scale:
    """Before and after over one scale, each as (value, low, high, words); `tone` is that of after."""

    before: tuple[float, float, float, str]
    after: tuple[float, float, float, str]
    tone: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def own_measure(evaluation: Evaluation) -> Mapping[str, Any] | None:
    """What decides, where it is another number than the loss."""
    return evaluation.measure if evaluation.measure and evaluation.measure.get("id") != "loss" else None


def scale_of_measure(evaluation: Evaluation) -> Scale | None:
    """Before and after with their intervals; None where there are none, or the loss decides."""
    measure = own_measure(evaluation)
    if measure is None or measure["after"]["low"] is None or measure["before"]["low"] is None:
        return None
    share = measure["id"] in SHARES
    before, after = (_with_words(measure[when], share) for when in ("before", "after"))
    tone = {"better": "good", "worse": "valid"}.get(evaluation.verdict_id, "second")
    low, high = (0.0, 1.0) if share else (0.0, max(before[2], after[2], 1e-9) * 1.05)
    step = 0.25 if share else _step(high)
    ticks = tuple((at * step, value_in_words(at * step, share)) for at in range(int(high / step + 1e-9) + 1))
    return Scale(before, after, tone, low, high, ticks)


SHARES = frozenset({"accuracy", "f1", "preferred", "likings"})
"""Measures that are shares of a whole; others are numbers in a unit of their own."""


def _with_words(number: Mapping[str, float], share: bool) -> tuple[float, float, float, str]:
    return number["value"], number["low"], number["high"], value_in_words(number["value"], share)


def _step(high: float) -> float:
    """A round step that gives three to six ticks."""
    power = 10.0 ** math.floor(math.log10(high / 4))
    return min((1, 2, 2.5, 5, 10), key=lambda size: abs(size * power - high / 4)) * power


def verdict_of(evaluation: Evaluation) -> Verdict:
    """The verdict in the page's words."""
    gain = gain_of(evaluation)
    icon, tone, title = {
        "better": ("check", "good", tr("Better")),
        "worse": ("arrow-down", "warn", tr("Worse")),
        "no_difference": ("equals", "second", tr("No clear difference")),
        "too_few": ("question", "warn", tr("Too few examples to tell")),
    }.get(evaluation.verdict_id, ("question", "second", evaluation.verdict_id))
    measure = own_measure(evaluation)
    meaning = _meaning_of(measure) if measure else _meaning(evaluation, gain)
    return Verdict(icon, tone, title, meaning, _advice(evaluation))


def _advice(evaluation: Evaluation) -> tuple[tuple[str, str, str], ...]:
    found = _ADVICE.get(evaluation.verdict_id, ())
    if evaluation.verdict_id != "better" or own_measure(evaluation) is None:
        return found
    look = _LOOK if evaluation.mistakes else _TRY
    return (look, *found[1:])


def _meaning_of(measure: Mapping[str, Any]) -> str:
    """How sure the change is, in points of a hundred or in the unit of the numbers."""
    low, high = measure["difference"]["low"], measure["difference"]["high"]
    if low is None or high is None:
        return ""
    share, level = measure["id"] in SHARES, percent(measure.get("level") or 0.95, 0)
    if measure["better"] == "lower":
        low, high = -high, -low
    if low == high == 0:
        return tr("Nothing changed in any of the examples.")
    ends = {"low": _points(abs(low), share), "high": _points(abs(high), share), "level": level}
    if low > 0:
        said = tr("Better by {range} ({level} interval).", range=_range(low, high, share), level=level)
    elif high < 0:
        said = tr("Worse by {range} ({level} interval).", range=_range(-high, -low, share), level=level)
    else:
        said = tr("It may be up to {low} worse or {high} better; so few examples can't tell.", **ends)
    if measure.get("gained") is None:
        return said
    turned = tr("{gained} became right, {lost} became wrong.", gained=measure["gained"], lost=measure["lost"])
    return f"{said} {turned}"


def _range(low: float, high: float, share: bool) -> str:
    """ "40 to 87 points"; one number where both ends read the same."""
    least, most = _points(low, share), _points(high, share)
    if least == most:
        return most
    return tr("{low} to {high}", low=round(low * 100) if share else least, high=most)


def change_of(measure: Mapping[str, Any]) -> tuple[float | None, float, float | None, str]:
    """Low end, value, high end and tone of the change, above zero where it is better."""
    change = measure["difference"]
    low, value, high = change["low"], change["value"], change["high"]
    if measure["better"] == "lower":
        low, value, high = None if high is None else -high, -value, None if low is None else -low
    return low, value, high, Gain(value, low, high).tone


def _points(size: float, share: bool) -> str:
    return plural(round(size * 100), "{n} point", "{n} points") if share else value_in_words(size, False)


def _meaning(evaluation: Evaluation, gain: Gain | None) -> str:
    if gain is None or gain.low is None or gain.high is None:
        return ""
    level = evaluation.difference.get("level") or 0.95
    # As many figures as it takes to tell the two ends apart.
    places = next((each for each in (0, 1, 2) if said(gain.low, each) != said(gain.high, each)), 2)
    low, high = said(abs(gain.low), places), said(abs(gain.high), places)
    ends = {"low": low, "high": high, "level": percent(level, 0)}
    if gain.low > 0:
        return tr("It hesitates less by {low} to {high} ({level} interval).", **ends)
    if gain.high < 0:
        return tr("It hesitates more by {high} to {low} ({level} interval).", **ends)
    return tr("It may hesitate up to {low} more or {high} less; so few questions can't tell.", **ends)


def said(share: float, places: int = 0) -> str:
    """A share of hesitation as a percentage. Nearly everything is not everything: 99.5 % never becomes 100 %."""
    if percent(share, places) == "100 %" and share < 1:
        return percent(math.floor(share * 10_000) / 10_000, 2 if share > 0.999 else 1)
    return percent(share, places)


_LOOK = (
    "magnifying-glass",
    "Look where it goes wrong. What is often confused may need more examples, or be one and the same.",
    "",
)
_TRY = ("chat-circle-text", "Try it with texts of your own. Only you see whether it is right.", "")
_ADVICE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "better": (
        ("chat-circle-text", "Read some answers. Numbers see the words, only you see whether they are right.", ""),
        ("export", "If you are content, take the model away.", "share"),
    ),
    "no_difference": (
        ("rows", "More examples help most; a few hundred usually show an effect.", "data"),
        ("arrows-clockwise", "Or let it read them more often: the preset Thorough does.", "settings"),
        ("cube", "Perhaps the model could do this before. Compare the answers.", ""),
    ),
    "worse": (
        ("arrow-bend-up-left", "Keep the model you started from; nothing about it was changed.", ""),
        ("sliders-horizontal", "Train again with a smaller step size: the preset Careful does.", "settings"),
        ("rows", "Look for examples that contradict each other.", "data"),
    ),
    "too_few": (
        ("rows", "Bring in more examples, or give the test a larger share of them.", "data"),
        ("chat-circle-text", "Until then, judge by its answers.", ""),
    ),
}


def scale_of(gain: Gain) -> tuple[float, float, tuple[tuple[float, str], ...]]:
    """Low end, high end and ticks of a scale that holds the gain with its interval and "no difference"."""
    ends = [value for value in (gain.low, gain.value, gain.high) if value is not None]
    top = max(0.0, *ends)
    bottom = min(0.0, *ends)
    high = 1.0 if top > 0.25 else 0.5 if top > 0.1 else 0.2
    low = 0.0 if bottom >= 0 else -0.25 if bottom > -0.25 else -1.0 if bottom > -1.0 else math.floor(bottom)
    if low == 0.0:
        low = -high / 4
    step = min((0.05, 0.1, 0.25, 0.5, 1.0), key=lambda size: abs(size - (high - low) / 4))
    first = math.ceil(low / step)
    ticks = tuple((at * step, percent(at * step, 0)) for at in range(first, int(high / step + 1e-9) + 1))
    return low, high, ticks


def asked_of(evaluation: Evaluation) -> str:
    """What was measured, for the line below the title."""
    return plural(
        evaluation.examples,
        "{n} example from the sealed test, which the model has never seen.",
        "{n} examples from the sealed test, which the model has never seen.",
    )
