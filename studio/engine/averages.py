"""A running average of the weights over the steps (EMA), which is measured and kept in their place.

Training goes on from the weights themselves; the average only follows. It wavers less than any single step's weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch

from studio.engine.spreading import fill, is_spread, local


class Average:
    """`decay` is how much of the average stays at each step; with 0 there is none, and everything here does nothing."""

    def __init__(self, weights: Mapping[str, torch.nn.Parameter], decay: float = 0.0) -> None:
        self._weights = weights if decay else {}
        self._decay = decay
        self._other = {name: weight.detach().clone() for name, weight in self._weights.items()}
        self._shown = False

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Take in the weights after a step. The first steps count more, so that short runs forget their start."""
        decay = min(self._decay, (1 + step) / (10 + step))
        for name, weight in self._weights.items():
            local(self._other[name]).lerp_(local(weight), 1.0 - decay)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The model has the averaged weights meanwhile."""
        with self._as(True):
            yield

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """The model has the weights that train meanwhile, also in the midst of a measurement."""
        with self._as(False):
            yield

    @contextmanager
    def _as(self, shown: bool) -> Iterator[None]:
        before = self._shown
        self._show(shown)
        try:
            yield
        finally:
            self._show(before)

    def _show(self, shown: bool) -> None:
        if shown == self._shown:
            return
        for name, weight in self._weights.items():
            if is_spread(weight):
                _exchange(local(weight), local(self._other[name]))
            else:
                weight.data, self._other[name] = self._other[name], weight.data
        self._shown = shown

    def tell(self) -> dict[str, torch.Tensor]:
        """The average by the weights' names, for a save point."""
        return self._other

    @torch.no_grad()
    def recall(self, told: Mapping[str, torch.Tensor]) -> None:
        """Go on with what was told."""
        for name, kept in self._other.items():
            fill(kept, told[name])


@torch.no_grad()
def _exchange(one: torch.Tensor, other: torch.Tensor) -> None:
    """Each gets the other's values where it is, for others look there too."""
    kept = one.clone()
    one.copy_(other)
    other.copy_(kept)
