"""Runs that several processes train together, and what they told."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file

from studio.core.config import RunConfig
from studio.core.events import Evaluated, Sampled, Stepped
from studio.worker.run_folder import RunFolder


class Shape(NamedTuple):
    """How many processes train, and what each holds."""

    processes: int
    sharding: str = "none"


ONE, TWO, SPREAD = Shape(1), Shape(2), Shape(2, "full")


class Told:
    """What a run said, and its final weights."""

    def __init__(self, run: RunFolder) -> None:
        events = run.events()
        steps = {event.step: event.metrics["loss"] for event in events if isinstance(event, Stepped)}
        self.losses = torch.tensor([steps[step] for step in sorted(steps)])
        self.checks = torch.tensor([event.metrics["loss"] for event in events if isinstance(event, Evaluated)])
        self.answers = [event.text for event in events if isinstance(event, Sampled)]
        self.weights = load_file(next((run.paths.folder / "final").glob("*.safetensors")))


def made(project: Path, name: str, config: RunConfig) -> RunFolder:
    """A run's folder, ready for its workers."""
    arguments = {"project": str(project), "resume": True}
    return RunFolder.create(project / "runs" / name, "train", arguments, config)


def assert_same(ours: Told, theirs: Told) -> None:
    """Every step, every check, every answer, and the weights, which Adam lets drift more where gradients are tiny."""
    assert len(ours.losses)
    torch.testing.assert_close(ours.losses, theirs.losses, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ours.checks, theirs.checks, rtol=1e-4, atol=1e-6)
    assert ours.answers == theirs.answers
    assert ours.weights.keys() == theirs.weights.keys()
    for name, weight in ours.weights.items():
        if not name.endswith("key.bias"):  # it has no effect on attention: its gradient is rounding
            torch.testing.assert_close(weight, theirs.weights[name], rtol=5e-3, atol=5e-4)
