"""Guessing a number for a text: a grade, a price, a degree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.api import Batch, Encoder, Example, Message, NoSettings, Objective, Prediction, Role, Row, Scorer

if TYPE_CHECKING:
    import torch


class Value(Objective[NoSettings]):
    """Regression: one number for a whole text."""

    id = "value"
    title = "Guess a number"
    term = "regression"
    summary = "It learns which number belongs to a text: a grade, a price, a degree."
    explanation = (
        "Each example is a text with a number. The model gets a new end with a single output and learns to come close "
        "to the number. Texts whose cell holds no number teach nothing."
    )
    order = 41
    architectures = frozenset({"encoder", "decoder", "encoder-decoder"})
    roles = (Role("text", "Text", required=True), Role("value", "Number", required=True, learnt=True))
    head = "score"
    counts = "examples"
    metrics = ("closeness",)

    def encode(self, row: Row, encoder: Encoder, settings: NoSettings) -> Example:
        value = number(row.get("value", ""))
        if value is None:
            return Example((), (), text=row.get("text", ""))
        return replace(encoder.reading(row.get("text", "")), value=value)

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: NoSettings) -> torch.Tensor:
        """Squared distance, summed over the examples."""
        assert batch.labels is not None
        return ((scorer.outputs(model, batch) - batch.labels) ** 2).sum()

    def predict(self, model: Any, batch: Batch, scorer: Scorer, settings: NoSettings) -> list[Prediction]:
        assert batch.labels is not None
        pairs = zip(batch.labels[:, 0].tolist(), scorer.outputs(model, batch)[:, 0].tolist(), strict=True)
        return [
            Prediction((guess - right) ** 2, 1, numbers={"expected": right, "predicted": guess})
            for right, guess in pairs
        ]

    def prompt(self, row: Row, settings: NoSettings) -> list[Message]:
        return [Message("user", row.get("text", ""))]


def number(cell: str) -> float | None:
    """The number in a cell, also with a decimal comma or a percent sign; None where there is none, or no finite one."""
    plain = cell.strip().rstrip("%€$£ ").replace("\u2212", "-").replace(" ", "")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        value = float(plain.replace(",", ""))
    except ValueError:
        return None
    return value if abs(value) < 1e30 else None
