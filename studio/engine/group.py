"""Several processes that train one model together, on one computer or many.

Each takes its share of every step's portions and its share of every check; gradients, losses and what was measured are
summed or gathered through torch's own distributed engine, so that the curve is that of one process with the same
batch. The first process leads: it alone hears the person, tells, saves and writes the final weights.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as distributed

from studio.core.problem import StudioError

T = TypeVar("T")
PATIENCE = timedelta(days=30)
"""How long the others wait for one: a pause may last over a holiday."""


@dataclass(frozen=True)
class Group:
    """The processes of a run, and which of them this one is (0 leads). Alone, everything here does nothing."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, parts: Iterable[T]) -> Sequence[T]:
        """This process's part of the work."""
        return list(parts)[self.rank :: self.size]

    def sum_gradients(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """Give every process the sum of all gradients. A weight that got none here counts as zero."""
        if self.size == 1:
            return
        found = list(weights)
        for weight in found:
            weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
        with _together():
            for kind in dict.fromkeys(weight.dtype for weight in found):
                same = [weight.grad for weight in found if weight.dtype == kind and weight.grad is not None]
                flat = torch.cat([grad.flatten() for grad in same])
                distributed.all_reduce(flat)
                for grad, summed in zip(same, flat.split([grad.numel() for grad in same]), strict=True):
                    grad.copy_(summed.view_as(grad))

    def sums(self, *values: float) -> tuple[float, ...]:
        """Each value summed over all processes, in double precision."""
        if self.size == 1:
            return values
        total = torch.tensor(values, dtype=torch.float64, device=_meeting_place())
        with _together():
            distributed.all_reduce(total)
        return tuple(total.tolist())

    def agree(self, wish: bool) -> bool:
        """What the leader wishes, told to all."""
        if self.size == 1:
            return wish
        told = torch.tensor([int(wish)], device=_meeting_place())
        with _together():
            distributed.broadcast(told, 0)
        return bool(told.item())

    def gathered(self, found: Mapping[int, T]) -> dict[int, T]:
        """What all have found, by number."""
        if self.size == 1:
            return dict(found)
        parts: list[Any] = [None] * self.size
        with _together():
            distributed.all_gather_object(parts, dict(found))
        return {number: value for part in parts for number, value in part.items()}


ALONE = Group()


def join(device: str) -> Group:
    """The group that the environment names (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT, as torchrun sets them)."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size < 2:
        return ALONE
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if not distributed.is_initialized():
        with _together():
            distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=PATIENCE)
    return Group(distributed.get_rank(), distributed.get_world_size())


def leave() -> None:
    """End the group, once everybody is through."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _meeting_place() -> str:
    return "cuda" if distributed.get_backend() == "nccl" else "cpu"


@contextmanager
def _together() -> Iterator[None]:
    """Say it in words when another process of the run is gone."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise StudioError(
            "process-lost",
            "Another process of this run ended or can't be reached.",
            data="What the run has saved so far is safe.",
            remedy="See to the other processes and computers, then resume the run.",
        ) from error
