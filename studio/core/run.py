"""The states of a run, and what is known of one at a glance."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

RunState = Literal["waiting", "running", "paused", "stopped", "finished", "failed"]
ACTIVE: frozenset[RunState] = frozenset({"waiting", "running", "paused"})


class Metrics(BaseModel):
    """Loss (nats per learnt token) and perplexity of one split; None means not measured."""

    model_config = ConfigDict(frozen=True)

    loss: float | None = None
    perplexity: float | None = None


class RunSummary(BaseModel):
    """A run as lists show it. `started` is seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    id: str
    state: RunState
    step: int = 0
    steps: int = 0
    model: str = ""
    method: str = ""
    objective: str = ""
    started: float | None = None
    train: Metrics = Metrics()
    validation: Metrics = Metrics()
    best_step: int | None = None
    reason: str = ""
    note: str = ""
