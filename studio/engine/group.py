"""Several processes that train one model together, on one computer or many.

Each takes its share of every step's examples and its share of every check; gradients, losses and what was measured are
summed or gathered through torch's own distributed engine, so that the curve is that of one process with the same
batch. The first process leads: it alone hears the person, tells, saves and writes the final weights. What it hears it
tells the others between two steps, so that all do the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as distributed

from studio.core.problem import StudioError
from studio.engine.meeting import choose_interface

T = TypeVar("T")
PATIENCE = "STUDIO_PATIENCE"
"""The variable that says how many seconds the processes wait for one that does not answer."""
PATIENT_SECONDS = 1800.0
"""Longer than a step, a check, a save point or an answer takes. A process that ends is noticed at once; this is for a
computer that is cut off."""
LOST = ("gloo", "nccl", "connection", "timed out", "timeout", "broken pipe", "socket")
"""Words in which torch says that a process can't be reached."""


@dataclass(frozen=True)
class Group:
    """The processes of a run, and which of them this one is (0 leads). Alone, everything here does nothing."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def dealt(self, costs: np.ndarray) -> list[list[int]]:
        """Which examples each process takes, by their places: the longest are dealt out first, so that all have about
        as much to do. Follows from the examples alone, whatever memory a process has."""
        order = sorted(range(len(costs)), key=lambda place: (-int(costs[place]), place))
        return [order[rank :: self.size] for rank in range(self.size)]

    def sum_gradients(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """Give every process the sum of all gradients. A weight that got none here counts as zero."""
        if self.size == 1:
            return
        found = list(weights)
        for weight in found:
            weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
        with together():
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
        with together():
            distributed.all_reduce(total)
        return tuple(total.tolist())

    def least(self, *values: int) -> tuple[int, ...]:
        """The smallest of each value over all processes, so that all do alike."""
        if self.size == 1:
            return values
        least = torch.tensor(values, dtype=torch.int64, device=_meeting_place())
        with together():
            distributed.all_reduce(least, distributed.ReduceOp.MIN)
        return tuple(least.tolist())

    def told(self, heard: Sequence[T]) -> list[T]:
        """What the leader has heard, told to all. Every process calls this at the same point."""
        if self.size == 1:
            return list(heard)
        count = torch.tensor([len(heard)], device=_meeting_place())
        with together():
            distributed.broadcast(count, 0)
            words: list[Any] = list(heard) if self.leads else [None] * int(count.item())
            if words:
                distributed.broadcast_object_list(words, 0)
        return words

    def gathered(self, found: Mapping[int, T]) -> dict[int, T]:
        """What all have found, by number."""
        if self.size == 1:
            return dict(found)
        parts: list[Any] = [None] * self.size
        with together():
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
        choose_interface(on_one_computer=size == here(size))
        patience = timedelta(seconds=float(os.environ.get(PATIENCE, PATIENT_SECONDS)))
        with together():
            distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=patience)
    return Group(distributed.get_rank(), distributed.get_world_size())


def here(size: int) -> int:
    """How many of the run's processes are on this computer."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", size))


def leave() -> None:
    """End the group, once everybody is through."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _meeting_place() -> str:
    return "cuda" if distributed.get_backend() == "nccl" else "cpu"


@contextmanager
def together() -> Iterator[None]:
    """Say it in words when another process of the run is gone."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        if not isinstance(error, distributed.DistError) and not any(sign in str(error).lower() for sign in LOST):
            raise
        raise StudioError(
            "process-lost",
            "Another process of this run ended or can't be reached.",
            data="What the run has saved so far is safe.",
            remedy="See to the other processes and computers, then resume the run.",
        ) from error
