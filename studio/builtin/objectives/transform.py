"""Turning one text into another: translation, summary, rewriting (Sutskever et al., 2014; Raffel et al., 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.api import Batch, Encoder, Example, Message, Objective, Role, Row, Scorer, Settings, setting

if TYPE_CHECKING:
    import torch


class TransformSettings(Settings):
    """What stands before each text."""

    prefix: str = setting(
        "",
        "Words before each text",
        term="task prefix",
        help="A standing beginning that tells the model what to do, such as “translate English to German: ”.",
        level="basic",
    )


class Transform(Objective[TransformSettings]):
    """Sequence to sequence, for an encoder-decoder."""

    id = "transform"
    title = "Translate or summarise"
    term = "sequence-to-sequence"
    summary = "It learns to turn each text into another, as your pairs show."
    explanation = (
        "Each example is a text and what it should become: its translation, its summary, its plain wording. The model "
        "reads the first and learns to write the second, word by word, with the sign that ends it."
    )
    order = 30
    Settings = TransformSettings
    architectures = frozenset({"encoder-decoder"})
    roles = (
        Role("prompt", "Text", required=True),
        Role("answer", "What it should become", required=True, learnt=True),
    )

    def encode(self, row: Row, encoder: Encoder, settings: TransformSettings) -> Example:
        return encoder.transformed(settings.prefix + row.get("prompt", ""), row.get("answer", ""))

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: TransformSettings) -> torch.Tensor:
        return scorer.losses(model, batch).sum()

    def prompt(self, row: Row, settings: TransformSettings) -> list[Message]:
        return [Message("user", settings.prefix + row.get("prompt", ""))]
