"""The states of a run, and what is known of one at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

RunState = Literal["planned", "waiting", "running", "paused", "stopped", "finished", "failed"]
"""Planned is what a scheduler is to start; waiting, what was started and has not spoken yet."""
ACTIVE: frozenset[RunState] = frozenset({"waiting", "running", "paused"})


class Metrics(BaseModel):
    """Loss (nats per learnt token) and perplexity of one split; None means not measured."""

    model_config = ConfigDict(frozen=True)

    loss: float | None = None
    perplexity: float | None = None


class RunSummary(BaseModel):
    """A run as lists show it. `started` is seconds since 1970. `begin` is what it goes on from (`stacked`: stands
    above), empty for the model as it came; `parts` are the runs that it is made of, with their shares."""

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
    begin: str = ""
    stacked: bool = False
    parts: Mapping[str, float] = Field(default_factory=dict)

    @property
    def has_weights(self) -> bool:
        """Whether it came to weights that can be measured and taken away. A joined run takes no steps, and has its
        weights only once it is done."""
        return self.state == "finished" if self.parts else self.state in ("finished", "stopped") and self.step > 0
