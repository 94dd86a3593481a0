"""The numbers behind a loss chart, without any drawing: growing series, their best point, and a summary in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from studio.ui.wording import count, number, tr

Floats = np.ndarray[Any, np.dtype[np.float64]]


class Series:
    """Points (step, value) that arrive in order. Room is doubled as it fills, so that appending stays cheap."""

    def __init__(self) -> None:
        self._room = np.empty((256, 2), dtype=np.float64)
        self.size = 0

    def append(self, points: Iterable[tuple[float, float]]) -> bool:
        """Add points; what is not finite or not after the last step is left out. Tells whether any was added."""
        new = np.array(list(points), dtype=np.float64).reshape(-1, 2)
        new = new[np.isfinite(new).all(axis=1)]
        if not len(new):
            return False
        last = self._room[self.size - 1, 0] if self.size else -np.inf
        highest_before = np.concatenate([[last], np.maximum.accumulate(new[:, 0])[:-1]])
        new = new[new[:, 0] > np.maximum(highest_before, last)]
        while self.size + len(new) > len(self._room):
            self._room = np.concatenate([self._room, np.empty_like(self._room)])
        self._room[self.size : self.size + len(new)] = new
        self.size += len(new)
        return len(new) > 0

    def clear(self) -> None:
        """Forget every point."""
        self.size = 0

    @property
    def steps(self) -> Floats:
        """All steps."""
        return self._room[: self.size, 0]

    @property
    def values(self) -> Floats:
        """All values."""
        return self._room[: self.size, 1]

    def best(self) -> tuple[float, float] | None:
        """The lowest point, or None where there is none."""
        if not self.size:
            return None
        place = int(self.values.argmin())
        return float(self.steps[place]), float(self.values[place])

    def nearest(self, step: float) -> tuple[float, float] | None:
        """The point whose step is nearest."""
        if not self.size:
            return None
        place = int(np.abs(self.steps - step).argmin())
        return float(self.steps[place]), float(self.values[place])


def summary(name: str, train: Series, validation: Series) -> str:
    """What a screen reader says of the chart."""
    if not train.size and not validation.size:
        return tr("{name}: no measurements yet.", name=name)
    said = [f"{name}."]
    for words, series in ((tr("Training"), train), (tr("Validation"), validation)):
        if series.size:
            said.append(
                tr(
                    "{words} went from {first} to {last} at step {step}.",
                    words=words,
                    first=number(series.values[0]),
                    last=number(series.values[-1]),
                    step=count(series.steps[-1]),
                )
            )
    best = validation.best()
    if best is not None:
        said.append(tr("Best validation: {value} at step {step}.", value=number(best[1]), step=count(best[0])))
    return " ".join(said)
