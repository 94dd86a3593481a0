"""From examples to micro-batches.

The order of an epoch follows from (seed, epoch), so that a place in the data is just a step number. A step's
examples are split into portions that fit the memory; a portion's examples are packed into rows, side by side,
none seeing another (positions restart at 0, and attention keeps to its own example).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from studio.api import Batch
from studio.core.schedule import steps_per_epoch
from studio.core.train_settings import TrainSettings
from studio.engine.examples import NOT_TAUGHT, Examples
from studio.engine.sharing import joined, mask


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


WIDER = 1.35
"""How much longer than its longest example a row may be, where that fills rows evenly: attention's work grows with a
row's length, and so does not outweigh the places that would stay empty."""


def packed_rows(indices: Sequence[int], lengths: np.ndarray, packing: bool) -> list[list[int]]:
    """Which examples share a row: as many rows as leave the fewest places empty, filled evenly. Expects the longest
    first."""
    if not packing:
        return [[index] for index in indices]
    needed = [int(lengths[index]) for index in indices]
    longest, total = max(needed, default=0), sum(needed)
    most = -(-total // longest) if longest else 0
    best: list[list[int]] = []
    least = float("inf")
    for count in range(most + 1, 0, -1):
        rows = evenly(needed, count)
        width = max(sum(needed[place] for place in row) for row in rows)
        if width > WIDER * longest and best:
            break
        if len(rows) * width < least:
            best, least = rows, len(rows) * width
    return [[indices[place] for place in row] for row in best]


def evenly(needed: Sequence[int], count: int) -> list[list[int]]:
    """Places of these lengths (the longest first) in at most so many rows, each put into the emptiest one."""
    rows: list[list[int]] = [[] for _ in range(min(count, len(needed)))]
    filled = [0] * len(rows)
    for place, length in enumerate(needed):
        row = min(range(len(rows)), key=filled.__getitem__)
        rows[row].append(place)
        filled[row] += length
    return rows


@dataclass(frozen=True)
class Layout:
    """How texts are laid out for a model. `ahead`: a place is taught the token after it (decoders), not its own.
    `packing`: texts may share a row. `apart`: the other text is what a decoder writes after reading the first, not a
    second answer. `shares`: two answers that begin alike stand in one row, in which that is read once."""

    device: str
    ahead: bool = True
    packing: bool = True
    apart: bool = False
    padding: int = 0
    names: tuple[str, ...] = ()
    shares: bool = False


def lay_out(examples: Examples, indices: Sequence[int], layout: Layout) -> Batch:
    """These examples as one batch on the device. Texts are numbered in the order of `indices`; second answers after
    all first ones."""
    chosen = examples.take(indices)
    count, other = len(indices), None
    texts = [(chosen, place) for place in range(count)]
    if chosen.other and layout.shares:
        return _pairs(chosen, layout)
    if chosen.other and layout.apart:
        other = lay_out(chosen.other, range(count), replace(layout, ahead=True, packing=False, apart=False))
    elif chosen.other:
        texts += [(chosen.other, place) for place in range(count)]
    return _batch(_arrays(texts, layout), chosen, layout, other)


def _batch(arrays: Sequence[np.ndarray], chosen: Examples, layout: Layout, other: Batch | None = None) -> Batch:
    tensors = [torch.from_numpy(array).to(layout.device, non_blocking=True) for array in arrays]
    labels = None if chosen.labels is None else torch.from_numpy(chosen.labels).to(layout.device, non_blocking=True)
    return Batch(
        *tensors,
        units=int(chosen.units.sum()),
        tokens=int(chosen.costs.sum()),
        examples=len(chosen),
        labels=labels,
        other=other,
        names=layout.names,
        numbers=() if chosen.numbers is None else tuple(chosen.numbers.tolist()),
    )


def _pairs(chosen: Examples, layout: Layout) -> Batch:
    """Each example with its second answer beside the first, and who sees whom."""
    assert chosen.other is not None
    pairs = [joined(chosen.text(place), chosen.other.text(place)) for place in range(len(chosen))]
    lengths = np.array([len(pair.ids) for pair in pairs])
    rows = packed_rows(sorted(range(len(pairs)), key=lambda number: (-lengths[number], number)), lengths, True)
    shape = (len(rows), max(sum(int(lengths[number]) for number in row) for row in rows))
    ids, positions = np.full(shape, layout.padding, np.int64), np.zeros(shape, np.int64)
    segments, targets = np.full(shape, -1, np.int64), np.full(shape, NOT_TAUGHT, np.int64)
    numbers, parts = np.full(shape, -1, np.int64), np.zeros(shape, np.int64)
    for r, row in enumerate(rows):
        start = 0
        for number in row:
            place = slice(start, start + int(lengths[number]))
            ids[r, place], positions[r, place], owners, targets[r, place], parts[r, place] = pairs[number]
            segments[r, place] = number + owners * len(pairs)
            numbers[r, place] = number
            start = place.stop
    batch = _batch((ids, positions, segments, targets), chosen, layout)
    batch.mask = mask(*(torch.from_numpy(array).to(layout.device, non_blocking=True) for array in (numbers, parts)))
    return batch


def _arrays(texts: Sequence[tuple[Examples, int]], layout: Layout) -> tuple[np.ndarray, ...]:
    """ids, positions, segments and targets, each (rows, length)."""
    lengths = np.array([int(examples.lengths[place]) for examples, place in texts])
    longest_first = sorted(range(len(texts)), key=lambda number: (-lengths[number], number))
    rows = packed_rows(longest_first if layout.packing else range(len(texts)), lengths, layout.packing)
    width = max(sum(int(lengths[number]) for number in row) for row in rows)
    shape = (len(rows), width)
    ids, positions = np.full(shape, layout.padding, np.int64), np.zeros(shape, np.int64)
    segments, targets = np.full(shape, -1, np.int64), np.full(shape, NOT_TAUGHT, np.int64)
    for r, row in enumerate(rows):
        start = 0
        for number in row:
            examples, place = texts[number]
            part, end = examples.part(place), start + int(lengths[number])
            ids[r, start:end] = examples.ids[part]
            positions[r, start:end] = np.arange(end - start)
            segments[r, start:end] = number
            wanted = _targets(examples, part)
            targets[r, start : end - layout.ahead] = wanted[1:] if layout.ahead else wanted
            start = end
    return ids, positions, segments, targets


def _targets(examples: Examples, part: slice) -> np.ndarray:
    """What is taught of each token of one text: its tag, what is hidden there, or the token itself."""
    if examples.tags is not None:
        return examples.tags[part]
    stood = examples.ids if examples.hidden is None else examples.hidden
    return np.where(examples.learn[part], stood[part], NOT_TAUGHT)
