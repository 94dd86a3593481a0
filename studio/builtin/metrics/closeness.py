"""How close guessed numbers come."""

from __future__ import annotations

import math
from collections.abc import Sequence

from studio.api import Metric, NoSettings, Prediction


class Closeness(Metric[NoSettings]):
    """Mean and squared distance, and correlation, of guessed numbers."""

    id = "closeness"
    title = "How close its numbers come"
    term = "mean absolute error and correlation"
    summary = "By how much its guesses miss on average, and whether they rise and fall with the right numbers."
    explanation = (
        "The mean absolute error is the average distance between guess and truth, in the unit of your numbers. The "
        "correlation (Pearson) is 1 when guesses rise and fall exactly with the truth, and 0 when they have nothing to "
        "do with it."
    )
    order = 30
    lower_is_better = frozenset({"mae", "rmse"})

    def score(self, predictions: Sequence[Prediction], settings: NoSettings) -> dict[str, float]:
        """mae, rmse, and correlation, which is 0 where either side never changes."""
        right = [each.numbers["expected"] for each in predictions]
        told = [each.numbers["predicted"] for each in predictions]
        missed = [guess - truth for truth, guess in zip(right, told, strict=True)]
        count = max(1, len(missed))
        return {
            "mae": sum(map(abs, missed)) / count,
            "rmse": math.sqrt(sum(miss * miss for miss in missed) / count),
            "correlation": _correlation(right, told),
        }


def _correlation(first: Sequence[float], second: Sequence[float]) -> float:
    count = max(1, len(first))
    middle, other = sum(first) / count, sum(second) / count
    together = sum((a - middle) * (b - other) for a, b in zip(first, second, strict=True))
    spread = math.sqrt(sum((a - middle) ** 2 for a in first) * sum((b - other) ** 2 for b in second))
    return together / spread if spread else 0.0
