"""A training put together by hand, around a model that was never on a disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.api import Encoder, Example, Message, Scorer
from studio.core.config import RunConfig, TrainSettings
from studio.core.model_info import ModelInfo
from studio.engine.checkpoints import Progress
from studio.engine.devices import find_device
from studio.engine.examples import Examples
from studio.engine.job import Job
from studio.engine.models import trainable
from studio.engine.optimizers import choose_optimizer
from studio.engine.parts import Parts
from studio.engine.precision import choose_precision
from studio.plugins import methods, objectives

BATCH = 8
TOKENS_AT_ONCE = 4096


class Silent:
    """A voice nobody hears."""

    def say(self, event: Any) -> None:
        event.model_dump_json()

    def sync(self) -> None:
        """Nothing to bring to the disk."""

    def commands(self) -> list[Any]:
        return []


def silent() -> Silent:
    """A voice that costs what writing events costs, without the disk."""
    return Silent()


class Speechless(Encoder):
    """Stands where an encoder stands; benchmarks bring their tokens along."""

    max_length = 512
    vocabulary = 0

    def special(self, name: str) -> str | None:
        return None

    def beginning(self, text: str, most: int) -> list[int]:
        return [1]

    def special_id(self, name: str) -> int | None:
        return None

    def generation_prompt(self, messages: list[Message]) -> list[int]:
        return [1]

    def decode(self, ids: list[int]) -> str:
        return ""

    def end_ids(self) -> frozenset[int]:
        return frozenset()


def parts_of(model: Any, rows: list[tuple[list[int], int]], scorer: Scorer, place: Path, precision: str) -> Parts:
    """Everything the loop needs, with these rows as (tokens, how many of them are the question)."""
    encoded = (Example(tuple(ids), tuple(i >= asked for i in range(len(ids)))) for ids, asked in rows)
    settings = TrainSettings(batch_size=BATCH, learning_rate=1e-3, device="cpu", schedule="constant")
    info = ModelInfo(
        path="", name="benchmark", architecture="decoder", model_type="llama", parameters=0, bytes=0, hidden=0,
        layers=0, heads=1, key_value_heads=1, intermediate=0, vocabulary=model.config.vocab_size, context=512,
    )  # fmt: skip
    device = find_device("cpu")
    weights = trainable(model)
    return Parts(
        job=Job(RunConfig(train=settings), info, place, place, Speechless()),  # type: ignore[abstract]
        device=device,
        precision=choose_precision(precision, device, 0),
        train=Examples.of(encoded),
        validation=Examples.of([]),
        questions=(),
        method=methods()["lora"],
        objective=objectives()["instruct"],
        model=model,
        scorer=scorer,
        weights=weights,
        optimizer=choose_optimizer(model, weights, settings),
        packing=True,
        progress=Progress(portion_tokens=TOKENS_AT_ONCE),
    )
