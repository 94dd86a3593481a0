"""A training by somebody else's trainer beside the studio's, from the same weights and on the same batches."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from studio.core.config import RunConfig
from studio.engine.batches import examples_of_step
from studio.engine.examples import read_split
from studio.engine.jobs import find_job
from studio.engine.parts import Parts, put_together
from tests.tiny import Recorder, train_in

STEPS, BATCH = 20, 8
ALLOWED = 1e-4
DIFFERENCE = "largest relative difference"
STEADY: dict[str, Any] = {
    "epochs": 1,
    "batch_size": BATCH,
    "weight_decay": 0.0,
    "warmup": 0.0,
    "clip": 1.0,
    "precision": "fp32",
    "evaluate_every": 1000,
}
"""Settings that every trainer knows."""
THEIRS: dict[str, Any] = {
    "max_steps": STEPS,
    "per_device_train_batch_size": BATCH,
    "warmup_steps": 0,
    "max_grad_norm": 1.0,
    "train_sampling_strategy": "sequential",
    "gradient_checkpointing": False,
    "bf16": False,
    "use_cpu": True,
    "report_to": "none",
    "save_strategy": "no",
    "disable_tqdm": True,
    "seed": 1,
}
"""The same in the words of transformers."""


class Peer(NamedTuple):
    """What the other trainer begins with: the model of a run of its own, and its rows in the order in which the studio
    reads them. `order` numbers them."""

    parts: Parts
    rows: list[dict[str, str]]
    order: list[int]


def peer_of(project: Path, config: RunConfig, name: str) -> Peer:
    """The same beginning once more, for the other trainer."""
    parts = put_together(find_job(project, project / "runs" / f"peer of {name}", config))
    rows = read_split(parts.job.prepared, "train")
    order = [int(place) for step in range(STEPS) for place in examples_of_step(step, len(rows), config.train)]
    return Peer(parts, [dict(rows[place]) for place in order], order)


def ours(project: Path, config: RunConfig, name: str) -> list[float]:
    """The loss of every step by the studio."""
    voice = Recorder()
    train_in(project, config, name, voice)
    return voice.losses()


def listening(trainer: type[Any]) -> tuple[type[Any], list[float]]:
    """A trainer that keeps the loss of every step, and where it keeps them."""
    heard: list[float] = []

    class Listening(trainer):
        def compute_loss(self, *given: Any, **named: Any) -> Any:
            loss = super().compute_loss(*given, **named)
            heard.append(float((loss[0] if isinstance(loss, tuple) else loss).detach()))
            return loss

    return Listening, heard


def apart(mine: list[float], theirs: list[float]) -> dict[str, Any]:
    """How far two curves are from each other. Both have every step."""
    assert len(mine) == len(theirs) == STEPS, (len(mine), len(theirs))
    one, other = np.array(mine), np.array(theirs)
    return {
        DIFFERENCE: float((np.abs(one - other) / np.abs(other)).max()),
        "first and last loss": [mine[0], mine[-1]],
        "first and last loss of the other": [theirs[0], theirs[-1]],
    }


def tell(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what was found, and end with 1 where curves are apart."""
    print(json.dumps(found, indent=1))
    sys.exit(any(each[DIFFERENCE] > ALLOWED for each in found.values()))
