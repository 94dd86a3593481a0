"""What the model said before training, computed once for each text and kept on disk during the run.

A loss that compares with the model as it was needs the same numbers each time that an example is read and at every
check: from the second time on they are looked up. Exact: they are the numbers that were computed the first time, each
example's with a checksum, so that a run that was torn off either finds them whole or computes them again.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from studio.api import Batch
from studio.engine.examples import Examples


class References:
    """The loss of every taught token of numbered examples, four bytes each. An example's second answer follows its
    first."""

    def __init__(self, folder: Path, examples: Sequence[Examples]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._first = np.concatenate([taught(each) for each in examples])
        second = np.concatenate([taught(each.other) if each.other else np.zeros(len(each), int) for each in examples])
        self._starts = np.concatenate([[0], np.cumsum(self._first + second)])
        self._losses = _file(folder / "losses.bin", np.float32, int(self._starts[-1]))
        self._sums = _file(folder / "sums.bin", np.int64, len(self._first))
        self._trusted = np.zeros(len(self._first), bool)

    def of(self, batch: Batch, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
        """The losses of a batch's taught tokens, row by row: as they were kept, or else computed and kept."""
        owners = batch.segments[batch.targets != -100]
        by_text = torch.argsort(owners, stable=True)
        if all(self._known(number) for number in batch.numbers):
            losses = torch.empty(len(owners), device=owners.device)
            losses[by_text] = torch.from_numpy(self._looked_up(batch.numbers)).to(owners.device)
            return losses
        losses = compute()
        self._keep(batch, losses[by_text].float().cpu().numpy(), torch.bincount(owners, minlength=batch.texts).tolist())
        return losses

    def remove(self) -> None:
        """Give the disk back."""
        self._losses, self._sums = np.zeros(0, np.float32), np.zeros(0, np.int64)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _part(self, number: int) -> np.ndarray:
        return self._losses[self._starts[number] : self._starts[number + 1]]

    def _looked_up(self, numbers: Sequence[int]) -> np.ndarray:
        """In the order of the texts: all first answers, then all second ones."""
        parts = [(self._part(number), self._first[number]) for number in numbers]
        return np.concatenate([*(part[:end] for part, end in parts), *(part[end:] for part, end in parts)])

    def _keep(self, batch: Batch, losses: np.ndarray, lengths: Sequence[int]) -> None:
        texts = np.split(losses, np.cumsum(lengths)[:-1])
        for place, number in enumerate(batch.numbers):
            if not self._trusted[number]:
                self._part(number)[:] = np.concatenate(texts[place :: batch.examples])
                self._sums[number] = self._sum(number)
                self._trusted[number] = True

    def _known(self, number: int) -> bool:
        """Whether an example's losses are there and whole; each is looked at once in a process."""
        if not self._trusted[number]:
            self._trusted[number] = int(self._sums[number]) == self._sum(number)
        return bool(self._trusted[number])

    def _sum(self, number: int) -> int:
        """A checksum that is never 0, which stands for losses that were not written."""
        return zlib.crc32(self._part(number).tobytes()) + 1


def taught(examples: Examples) -> np.ndarray:
    """How many tokens each text teaches."""
    sums = np.concatenate([[0], np.cumsum(examples.learn, dtype=np.int64)])
    return sums[examples.starts[1:]] - sums[examples.starts[:-1]]


def _file(path: Path, kind: type, count: int) -> np.ndarray:
    """Numbers on disk that are 0 until they are written; those of an earlier start are found again. The whole file is
    written at once, so that a full disk is found out here."""
    if not path.is_file() or path.stat().st_size != count * np.dtype(kind).itemsize:
        np.zeros(count, kind).tofile(path)
    return np.memmap(path, kind, "r+", shape=count) if count else np.zeros(0, kind)


def keep_references(folder: Path, examples: Sequence[Examples]) -> References | None:
    """Room on disk for what the model said before of these examples; None where there is none."""
    try:
        return References(folder, examples)
    except OSError:
        return None
