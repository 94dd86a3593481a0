"""From examples to micro-batches.

The order of an epoch follows from (seed, epoch), so that a place in the data is just a step number. A step's
examples are split into portions that fit the memory; a portion's examples are packed into rows, side by side,
none seeing another (positions restart at 0, and attention keeps to its own example).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from studio.api import Batch
from studio.core.config import TrainSettings
from studio.core.schedule import steps_per_epoch
from studio.engine.examples import Examples


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of the examples in an epoch."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def examples_of_step(step: int, count: int, settings: TrainSettings) -> np.ndarray:
    """Indices of the examples that step `step` (from 0) learns from."""
    epoch, place = divmod(step, steps_per_epoch(count, settings))
    start = place * settings.batch_size
    return order(count, settings.seed, epoch)[start : start + settings.batch_size]


@dataclass(frozen=True)
class Portions:
    """How a step is split: at most so many tokens, and at most so many examples (0: any number), at once."""

    tokens: int
    examples: int = 0
    packing: bool = True

    def halved(self, largest: int) -> Portions | None:
        """Half of the portions that did not fit (`largest` examples); None when one example is too much already."""
        if largest <= 1:
            return None
        return Portions(self.tokens, max(1, largest // 2), self.packing)

    def split(self, indices: Sequence[int] | np.ndarray, lengths: np.ndarray) -> Iterator[list[int]]:
        """Portions of these examples, the longest first, so that what does not fit is found out at once."""
        portion: list[int] = []
        used = 0
        for index in sorted((int(i) for i in indices), key=lambda i: (-lengths[i], i)):
            cost = int(lengths[index]) if self.packing else int(lengths[portion[0] if portion else index])
            if portion and (used + cost > self.tokens or len(portion) == self.examples):
                yield portion
                portion, used = [], 0
            portion.append(index)
            used += cost
        if portion:
            yield portion


def packed_rows(indices: Sequence[int], lengths: np.ndarray, packing: bool) -> list[list[int]]:
    """Which examples share a row: each goes into the first row that has room; no row is longer than the longest
    example. Expects the longest first."""
    if not packing:
        return [[index] for index in indices]
    room_of: list[int] = []
    rows: list[list[int]] = []
    longest = max((int(lengths[index]) for index in indices), default=0)
    for index in indices:
        need = int(lengths[index])
        place = next((row for row, room in enumerate(room_of) if room >= need), len(rows))
        if place == len(rows):
            rows.append([])
            room_of.append(longest)
        rows[place].append(index)
        room_of[place] -= need
    return rows


def lay_out(examples: Examples, indices: Sequence[int], device: str, packing: bool = True) -> Batch:
    """These examples as one batch on the device. `segments` numbers them in the order of `indices`."""
    lengths = examples.lengths
    rows = packed_rows(indices, lengths, packing)
    width = max(sum(int(lengths[index]) for index in row) for row in rows)
    shape = (len(rows), width)
    ids, positions = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    segments, targets = np.full(shape, -1, np.int64), np.full(shape, -100, np.int64)
    number = {index: place for place, index in enumerate(indices)}
    for r, row in enumerate(rows):
        start = 0
        for index in row:
            tokens, learn = examples.example(index)
            end = start + len(tokens)
            ids[r, start:end] = tokens
            positions[r, start:end] = np.arange(len(tokens))
            segments[r, start:end] = number[index]
            targets[r, start : end - 1] = np.where(learn[1:], tokens[1:], -100)
            start = end
    tensors = [torch.from_numpy(array).to(device, non_blocking=True) for array in (ids, positions, segments, targets)]
    units = int(examples.units[list(indices)].sum())
    return Batch(*tensors, units=units, tokens=int(lengths[list(indices)].sum()), examples=len(indices))
