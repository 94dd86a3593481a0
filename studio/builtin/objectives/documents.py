"""Reading documents: a decoder learns every word of plain texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.api import Batch, Encoder, Example, Message, NoSettings, Objective, Role, Row, Scorer

if TYPE_CHECKING:
    import torch

BEGINNING_WORDS = 8


class Documents(Objective[NoSettings]):
    """Continued pretraining of a decoder."""

    id = "documents"
    title = "Read my documents"
    term = "continued pretraining"
    summary = "It learns the words and turns of phrase of your field by reading your texts."
    explanation = (
        "The model reads your documents from beginning to end and learns at each word what comes next. It picks up the "
        "language of your field; it does not become a reference work. Long documents are cut at paragraphs into "
        "passages that fit the model, and nothing is lost. Teach it to answer afterwards, with questions and answers."
    )
    order = 20
    architectures = frozenset({"decoder"})
    roles = (Role("text", "Text", required=True, learnt=True),)

    def encode(self, row: Row, encoder: Encoder, settings: NoSettings) -> Example:
        return encoder.text(row.get("text", ""))

    def examples(self, row: Row, encoder: Encoder, settings: NoSettings) -> Sequence[Example]:
        return encoder.passages(row.get("text", ""))

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: NoSettings) -> torch.Tensor:
        return scorer.losses(model, batch).sum()

    def prompt(self, row: Row, settings: NoSettings) -> list[Message]:
        return [Message("text", row.get("text", ""))]
