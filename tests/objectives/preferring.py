"""Pairs of answers, and answers with a thumb up or down, for a tiny model to learn a taste from."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from studio.core.config import Choice, RunConfig
from tests.tiny import Recorder, config_for, train_in

PLACES, DAYS = ("museum", "tower", "garden", "café"), ("monday", "tuesday", "sunday")
KIND, RUDE = "of course you are welcome to come", "ask the tower"


def pairs(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Questions with a kind answer and a rude one; either may be the longer one."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        question = f"when does the {chance.choice(PLACES)} open on {chance.choice(DAYS)}"
        time = f"we open at {chance.choice(('nine', 'ten', 'five'))}"
        kind = f"{time} {KIND}" if chance.random() < 0.5 else f"{KIND} {time}"
        rude = " ".join(chance.choice((RUDE, f"{RUDE} {time}", f"{time} {RUDE} we close")).split())
        made.append({"prompt": question, "chosen": kind, "rejected": rude})
    return made


def judged(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Questions with one answer each, liked when it is kind."""
    chance = random.Random(seed)
    made = []
    for row in pairs(count, seed):
        liked = chance.random() < 0.4
        made.append(
            {
                "prompt": row["prompt"],
                "answer": row["chosen" if liked else "rejected"],
                "liked": chance.choice(("yes", "👍") if liked else ("no", "0")),
            }
        )
    return made


def write(path: Path, splits: Mapping[str, Sequence[dict[str, str]]]) -> Path:
    """Prepared examples as the data layer leaves them."""
    rows = [(split, row) for split, made in splits.items() for row in made]
    columns: dict[str, Sequence[str]] = {
        "id": [f"{place:08x}" for place in range(len(rows))],
        "split": [split for split, _ in rows],
        "origin": [f"pairs.csv line {place + 2}" for place in range(len(rows))],
        **{role: [row[role] for _, row in rows] for role in rows[0][1]},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path)
    return path


def learning(model: Path, objective: str, method: str = "lora", **settings: Any) -> RunConfig:
    """A short run of an objective. Its own settings are given with `objective_` before their names."""
    own = {name[10:]: settings.pop(name) for name in list(settings) if name.startswith("objective_")}
    return config_for(model, method, **settings).model_copy(update={"objective": Choice(id=objective, **own)})


def of(project: Path, objective: str) -> Path:
    """The folder with this objective's examples."""
    return project / ("judged" if objective == "liked" else "pairs")


def run(project: Path, name: str, objective: str, loss: str = "", **settings: Any) -> tuple[list[float], Path, Any]:
    """(losses of all steps, the run's folder, its result)."""
    voice = settings.pop("voice", None) or Recorder()
    own = {"objective_loss": loss} if loss else {}
    settings = {"learning_rate": 3e-3, "steps": 6, **settings}
    config = learning(project / "model", objective, **own, **settings)
    folder = of(project, objective)
    result = train_in(folder, config, name, voice)
    return voice.losses(), folder / "runs" / name, result
