"""What a task's models are judged by, before and after, each with an interval. Knows numbers only, no models.

For most tasks it is a ratio of two sums over examples (texts told rightly of all texts), so that one bootstrap over
examples (Efron and Tibshirani, 1993) gives intervals of it and of its change: both models saw the same examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from studio.api import Prediction
from studio.builtin.metrics.marks import spans

RESAMPLES = 2000
LEVEL = 0.95
NORMAL = 1.959964
FEWEST = 10
SEED = 1
BLOCK = 4_000_000

Parts = tuple[np.ndarray, np.ndarray]
"""For each example, what it adds to the upper and to the lower sum."""


class Number(NamedTuple):
    """A measured number with its interval, where there are enough examples for one."""

    value: float
    low: float | None = None
    high: float | None = None


class Measure(NamedTuple):
    """What decides whether a model got better. `difference` is after minus before. `top` and `bottom` are the sums
    behind both numbers, before and after; of things that are right or wrong, `gained` became right and `lost` wrong."""

    id: str
    lower_is_better: bool
    before: Number
    after: Number
    difference: Number
    top: tuple[float, float] = (0.0, 0.0)
    bottom: tuple[float, float] = (0.0, 0.0)
    gained: int | None = None
    lost: int | None = None

    def told(self) -> dict[str, Any]:
        """As the command line and the project keep it."""
        return {
            "id": self.id,
            "better": "lower" if self.lower_is_better else "higher",
            "before": self.before._asdict(),
            "after": self.after._asdict(),
            "difference": self.difference._asdict(),
            "level": LEVEL,
            "gained": self.gained,
            "lost": self.lost,
        }


class Quantity(NamedTuple):
    """A ratio of two sums over examples. `right` says that each example is either right or wrong."""

    id: str
    parts: Callable[[Sequence[Prediction]], Parts]
    lower_is_better: bool = False
    right: bool = False


def _losses(predictions: Sequence[Prediction]) -> Parts:
    return _array(each.loss for each in predictions), _array(each.units for each in predictions)


def _classes(predictions: Sequence[Prediction]) -> Parts:
    right = _array(set(each.expected) == set(each.predicted) for each in predictions)
    return right, np.ones_like(right)


def _marks(predictions: Sequence[Prediction]) -> Parts:
    """F1 is twice the hits over marks that are there and marks that were set."""
    pairs = [(set(spans(each.expected)), set(spans(each.predicted))) for each in predictions]
    return _array(2 * len(a & b) for a, b in pairs), _array(len(a) + len(b) for a, b in pairs)


def _misses(predictions: Sequence[Prediction]) -> Parts:
    missed = _array(abs(each.numbers["predicted"] - each.numbers["expected"]) for each in predictions)
    return missed, np.ones_like(missed)


def _preferred(predictions: Sequence[Prediction]) -> Parts:
    right = _array(each.numbers["right"] for each in predictions)
    return right, np.ones_like(right)


LOSS = Quantity("loss", _losses, lower_is_better=True)
QUANTITIES: Mapping[str, Quantity] = {
    "likelihood": LOSS,
    "classes": Quantity("accuracy", _classes, right=True),
    "marks": Quantity("f1", _marks),
    "closeness": Quantity("mae", _misses, lower_is_better=True),
    "preferences": Quantity("preferred", _preferred, right=True),
}
"""By the metric of the objective. What has none here is judged by its loss."""


def measure(metric: str, before: Sequence[Prediction], after: Sequence[Prediction]) -> Measure | None:
    """The number that decides, before and after. None when nothing, or nothing finite, was measured."""
    if metric == "likings":
        return _likings(after)
    return compare(QUANTITIES.get(metric, LOSS), before, after)


def compare(quantity: Quantity, before: Sequence[Prediction], after: Sequence[Prediction]) -> Measure | None:
    """A ratio of sums, before and after. With fewer than `FEWEST` examples there are no intervals."""
    if not before or len(before) != len(after):
        return None
    old, new = quantity.parts(before), quantity.parts(after)
    values = _ratio(old[0].sum(), old[1].sum()), _ratio(new[0].sum(), new[1].sum())
    if not np.isfinite(values).all():
        return None
    ends: list[tuple[float | None, float | None]] = [(None, None)] * 3
    if len(before) >= FEWEST:
        ends = _intervals(old, new)
    numbers = (values[0], values[1], values[1] - values[0])
    if quantity.right and len(before) >= FEWEST:
        ends[:2] = [_wilson(value, len(before)) for value in values]
    first, second, change = (Number(float(value), *end) for value, end in zip(numbers, ends, strict=True))
    return Measure(
        quantity.id,
        quantity.lower_is_better,
        first,
        second,
        change,
        top=(float(old[0].sum()), float(new[0].sum())),
        bottom=(float(old[1].sum()), float(new[1].sum())),
        gained=int((new[0] > old[0]).sum()) if quantity.right else None,
        lost=int((new[0] < old[0]).sum()) if quantity.right else None,
    )


def _ratio(top: Any, bottom: Any) -> Any:
    """0 where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.zeros_like(top, dtype=float), where=np.asarray(bottom) != 0)


def _intervals(old: Parts, new: Parts) -> list[tuple[float | None, float | None]]:
    """Of before, of after, and of the difference, from the same `RESAMPLES` draws of whole examples."""
    chance = np.random.default_rng(SEED)
    count = len(old[0])
    at_once = max(1, BLOCK // count)
    draws = []
    for start in range(0, RESAMPLES, at_once):
        chosen = chance.integers(0, count, size=(min(at_once, RESAMPLES - start), count))
        first, second = (_ratio(top[chosen].sum(1), bottom[chosen].sum(1)) for top, bottom in (old, new))
        draws.append(np.stack([first, second, second - first]))
    ends = np.quantile(np.concatenate(draws, axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    return [(float(low), float(high)) for low, high in ends.T]


def _wilson(share: float, count: int) -> tuple[float, float]:
    """The interval of a share by Wilson (1927): none and all have one too, which a bootstrap can't see."""
    squared = NORMAL**2 / count
    middle = (share + squared / 2) / (1 + squared)
    reach = NORMAL * float(np.sqrt(share * (1 - share) / count + squared / (4 * count))) / (1 + squared)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _likings(predictions: Sequence[Prediction]) -> Measure | None:
    """How often a liked answer gained more than a disliked one: the area under the ROC curve, with the interval of
    DeLong et al. (1988). Before training nothing has gained anything, which is guessing: one half."""
    gained = [(each.numbers["reward"], each.numbers["liked"] > 0) for each in predictions]
    up = np.sort(_array(reward for reward, liked in gained if liked))
    down = np.sort(_array(reward for reward, liked in gained if not liked))
    if not len(up) or not len(down):
        return None
    won = (np.searchsorted(down, up, "left") + np.searchsorted(down, up, "right")) / (2 * len(down))
    lost = 1 - (np.searchsorted(up, down, "left") + np.searchsorted(up, down, "right")) / (2 * len(up))
    area = float(won.mean())
    half = Number(0.5, 0.5, 0.5)
    if len(predictions) < FEWEST or min(len(up), len(down)) < 2:
        return Measure("likings", False, half, Number(area), Number(area - 0.5))
    reach = NORMAL * float(np.sqrt(won.var(ddof=1) / len(up) + lost.var(ddof=1) / len(down)))
    low, high = max(0.0, area - reach), min(1.0, area + reach)
    return Measure("likings", False, half, Number(area, low, high), Number(area - 0.5, low - 0.5, high - 0.5))


def _array(values: Any) -> np.ndarray:
    return np.array([float(value) for value in values])
