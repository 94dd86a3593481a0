"""Rows that each objective can learn something from, and short runs on the starter models that ship."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as parquet
import torch
from safetensors.torch import load_file

from studio.core.config import RunConfig
from studio.core.paths import resources
from tests.tiny import Recorder, train_in

STEPS = 6
THINGS = ("bread", "milk", "rain", "snow", "the train", "the bus")
KINDS = {"bread": "food", "milk": "food", "rain": "weather", "snow": "weather", "the train": "travel"}


class Case(NamedTuple):
    """An objective with the starter it is tried on."""

    objective: str
    starter: str


CASES = (
    Case("documents", "decoder"),
    Case("hidden-words", "encoder"),
    Case("transform", "encoder-decoder"),
    Case("sort", "encoder"),
    Case("sort", "decoder"),
    Case("sort", "encoder-decoder"),
    Case("value", "encoder"),
    Case("mark", "encoder"),
    Case("mark", "encoder-decoder"),
)


class Curve(NamedTuple):
    """Losses of every step, of every check, and the final weights."""

    losses: list[float]
    checks: list[dict[str, float | None]]
    weights: dict[str, torch.Tensor]


def row(objective: str, chance: random.Random) -> dict[str, str]:
    """One prepared row. Each has another length, so that portions differ in what they hold."""
    thing = chance.choice(THINGS)
    more = " ".join(chance.choice(("today", "again", "at noon", "and not before")) for _ in range(chance.randint(0, 5)))
    text = f"My neighbour speaks about {thing} {more}".strip() + "."
    match objective:
        case "documents" | "hidden-words":
            return {"text": f"{text} {text}"}
        case "transform":
            return {"prompt": text, "answer": f"It is about {thing}."}
        case "sort":
            return {"text": text, "label": KINDS.get(thing, "travel")}
        case "value":
            return {"text": text, "value": str(len(thing) / 10)}
        case "mark":
            words = text.split()
            tags = ["B-thing" if word.strip(".") in thing.split() else "O" for word in words]
            return {"words": json.dumps(words), "tags": json.dumps(tags)}
    raise KeyError(objective)


def write_rows(folder: Path, objective: str, train: int = 16, validation: int = 6) -> Path:
    """A project folder with prepared rows for an objective."""
    chance = random.Random(1)
    rows = [row(objective, chance) for _ in range(train + validation)]
    table: dict[str, Sequence[str]] = {
        "id": [f"{number:08x}" for number in range(len(rows))],
        "split": ["train"] * train + ["validation"] * validation,
        "origin": [f"a.csv line {number + 2}" for number in range(len(rows))],
        **{role: [each[role] for each in rows] for role in rows[0]},
    }
    path = folder / "data" / "prepared.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(table), path)
    return folder


def config_of(case: Case, method: str = "full", **train: Any) -> RunConfig:
    """A short run of an objective on its starter."""
    settings = {"steps": STEPS, "batch_size": 4, "learning_rate": 3e-4, "max_length": 64, "evaluate_every": 3}
    return RunConfig.model_validate(
        {
            "model": {"path": str(resources() / "starters" / case.starter)},
            "objective": {"id": case.objective},
            "method": {"id": method},
            "data": {"prepared": "prepared"},
            "train": {**settings, "device": "cpu", "threads": 1, "precision": "fp32", **train},
        }
    )


def learn(project: Path, config: RunConfig, name: str, voice: Recorder | None = None) -> Curve:
    """Train to the end, or to where the voice stops it."""
    from studio.core.events import Evaluated

    voice = voice or Recorder()
    result = train_in(project, config, name, voice)
    checks = [event.metrics for event in voice.of(Evaluated)]
    return Curve(voice.losses(), checks, load_file(result["weights"]["path"]))


def assert_close(ours: Curve, theirs: Curve, rtol: float = 1e-4) -> None:
    """The whole curve, every check, and the weights, which Adam lets drift more where gradients are tiny."""
    assert len(ours.losses) == len(theirs.losses) > 0
    torch.testing.assert_close(torch.tensor(ours.losses), torch.tensor(theirs.losses), rtol=rtol, atol=1e-6)
    for one, other in zip(ours.checks, theirs.checks, strict=True):
        assert one.keys() == other.keys()
        torch.testing.assert_close(one["loss"], other["loss"], rtol=rtol, atol=1e-6)
    for name, weight in ours.weights.items():
        # A key's bias has no effect on attention: its gradient is rounding, and Adam makes steps of it.
        if not name.endswith("key.bias"):
            torch.testing.assert_close(weight, theirs.weights[name], rtol=5e-3, atol=5e-4)


def assert_identical(ours: Curve, theirs: Curve) -> None:
    """Bit for bit."""
    assert ours.losses == theirs.losses and ours.checks == theirs.checks
    assert ours.weights.keys() == theirs.weights.keys()
    assert all(torch.equal(weight, theirs.weights[name]) for name, weight in ours.weights.items())
