"""Whether it helped: Metric."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from studio.api.plugin import Plugin, S


class Prediction(NamedTuple):
    """What a model did with one test example: `loss` summed over `units` (nats per taught token for a language
    model). For labels and tags, their names as they are and as the model gives them; else numbers by name."""

    loss: float
    units: int
    expected: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    numbers: Mapping[str, float] = {}


class Metric(Plugin[S]):
    """Named numbers that say how good predictions are. Those named in `lower_is_better` are better when small."""

    lower_is_better: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def score(self, predictions: Sequence[Prediction], settings: S) -> dict[str, float]:
        """One or several named numbers over all predictions (at least one)."""
