"""Sorting texts: one class for each, or several that may hold at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.api import Batch, Encoder, Example, Message, Objective, Prediction, Role, Row, Scorer, Settings, setting

if TYPE_CHECKING:
    import torch

SURE = 0.5


class SortSettings(Settings):
    """Whether a text has one class or several."""

    several: bool = setting(
        False,
        "Several classes may hold at once",
        term="multi-label",
        help="Off: each text belongs to exactly one class. On: to none, one or several, with a separator between them.",
        level="basic",
    )
    separator: str = setting(
        ",",
        "Sign between classes",
        term="separator",
        help="What stands between two classes in one cell. A list in square brackets is understood as well.",
    )


class Sort(Objective[SortSettings]):
    """Classification of whole texts."""

    id = "sort"
    title = "Sort into categories"
    term = "text classification"
    summary = "It learns to tell which class a text belongs to."
    explanation = (
        "Each example is a text with its class. The model gets a new end that has one output for each class, and "
        "learns which one is right. Some dozens of examples of each class are a good beginning; classes with only a "
        "few are learnt badly."
    )
    order = 40
    Settings = SortSettings
    architectures = frozenset({"encoder", "decoder", "encoder-decoder"})
    roles = (Role("text", "Text", required=True), Role("label", "Class", required=True, learnt=True))
    head = "labels"
    counts = "examples"
    metrics = ("classes",)

    def encode(self, row: Row, encoder: Encoder, settings: SortSettings) -> Example:
        labels = tuple(self.names(row, settings))
        if not labels and not settings.several:
            return Example((), (), text=row.get("text", ""))
        return replace(encoder.reading(row.get("text", "")), labels=labels)

    def names(self, row: Row, settings: SortSettings) -> Iterable[str]:
        cell = row.get("label", "").strip()
        if not settings.several:
            return (cell,) if cell else ()
        return tuple(dict.fromkeys(name for part in _parts(cell, settings.separator) if (name := part.strip())))

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: SortSettings) -> torch.Tensor:
        """Cross-entropy of the right class; where several may hold, the mean over classes of each one's own."""
        return _losses(scorer.outputs(model, batch), batch, settings).sum()

    def predict(self, model: Any, batch: Batch, scorer: Scorer, settings: SortSettings) -> list[Prediction]:
        import torch

        outputs = scorer.outputs(model, batch)
        losses = _losses(outputs, batch, settings).tolist()
        if settings.several:
            chosen = torch.sigmoid(outputs) > SURE
        else:
            chosen = torch.nn.functional.one_hot(outputs.argmax(-1), outputs.shape[-1]).bool()
        assert batch.labels is not None
        pairs = zip(losses, batch.labels.bool().tolist(), chosen.tolist(), strict=True)
        return [Prediction(loss, 1, _named(right, batch), _named(guess, batch)) for loss, right, guess in pairs]

    def prompt(self, row: Row, settings: SortSettings) -> list[Message]:
        return [Message("user", row.get("text", ""))]


def _losses(outputs: torch.Tensor, batch: Batch, settings: SortSettings) -> torch.Tensor:
    """Nats for each example, shape (examples,)."""
    import torch
    import torch.nn.functional as F

    assert batch.labels is not None
    even = 0.5 if settings.several else 1.0 / outputs.shape[-1]
    labels = (
        batch.labels.lerp(torch.full_like(batch.labels, even), batch.smoothing) if batch.smoothing else batch.labels
    )
    if settings.several:
        return F.binary_cross_entropy_with_logits(outputs, labels, reduction="none").mean(-1)
    return -(F.log_softmax(outputs, -1) * labels).sum(-1)


def _named(holds: list[bool], batch: Batch) -> tuple[str, ...]:
    return tuple(name for name, yes in zip(batch.names, holds, strict=True) if yes)


def _parts(cell: str, separator: str) -> list[str]:
    """The classes in a cell: a list in JSON, or parts between separators."""
    if cell.startswith("["):
        try:
            found = json.loads(cell)
        except ValueError:
            found = None
        if isinstance(found, list):
            return [str(each) for each in found]
    return cell.split(separator or ",")
