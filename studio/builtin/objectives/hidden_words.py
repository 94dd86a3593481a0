"""Guessing hidden words: an encoder learns the language of plain texts (Devlin et al., 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.api import (
    Batch,
    Encoder,
    Example,
    Message,
    Objective,
    Role,
    Row,
    Scorer,
    Settings,
    Text,
    Vocabulary,
    setting,
)

if TYPE_CHECKING:
    import numpy as np
    import torch

AS_GAP, BY_CHANCE = 0.8, 0.1
"""Of the hidden tokens so many become a gap, and so many another token; the rest stay as they are."""


class HiddenWordsSettings(Settings):
    """How much is hidden, and in which pieces."""

    share: float = setting(
        0.15,
        "Share of words hidden",
        term="masking probability",
        help="How much of each text the model has to guess.",
        too_low="It learns little from each text.",
        too_high="Too little is left to guess from.",
        minimum=0.01,
        maximum=0.8,
        good=(0.1, 0.3),
    )
    whole_words: bool = setting(
        True,
        "Hide whole words",
        term="whole-word masking",
        help="Hides all pieces of a word together, so that a piece does not give the rest away.",
    )


class HiddenWords(Objective[HiddenWordsSettings]):
    """Masked language modelling."""

    id = "hidden-words"
    title = "Read my documents"
    term = "masked language modelling"
    summary = "It learns the language of your field by guessing hidden words in your texts."
    explanation = (
        "In each text some words are hidden, and the model learns to guess them from what stands before and after. "
        "Afterwards it knows the language of your field, and learns to sort texts or to mark words in them from fewer "
        "examples."
    )
    order = 21
    Settings = HiddenWordsSettings
    architectures = frozenset({"encoder"})
    roles = (Role("text", "Text", required=True, learnt=True),)
    hides = True

    def encode(self, row: Row, encoder: Encoder, settings: HiddenWordsSettings) -> Example:
        return encoder.text(row.get("text", ""))

    def examples(self, row: Row, encoder: Encoder, settings: HiddenWordsSettings) -> Sequence[Example]:
        return encoder.passages(row.get("text", ""))

    def hide(
        self, text: Text, chance: np.random.Generator, vocabulary: Vocabulary, settings: HiddenWordsSettings
    ) -> tuple[np.ndarray, np.ndarray]:
        """At least one word is hidden in each text that has one."""
        import numpy as np

        free = np.flatnonzero(text.learn)
        if not len(free):
            return text.ids, np.zeros_like(text.learn)
        units = text.words[free] if settings.whole_words and (text.words[free] >= 0).all() else np.arange(len(free))
        names = np.unique(units)
        wanted = max(1, round(settings.share * len(names)))
        taken = np.isin(units, chance.permutation(names)[:wanted])
        places = free[taken]
        draw = chance.random(len(places))
        others = chance.integers(0, vocabulary.size, len(places))
        ids = text.ids.copy()
        ids[places] = np.where(
            draw < AS_GAP, vocabulary.gap, np.where(draw < AS_GAP + BY_CHANCE, others, text.ids[places])
        )
        hidden = np.zeros_like(text.learn)
        hidden[places] = True
        return ids, hidden

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: HiddenWordsSettings) -> torch.Tensor:
        return scorer.losses(model, batch).sum()

    def prompt(self, row: Row, settings: HiddenWordsSettings) -> list[Message]:
        return [Message("text", row.get("text", ""))]
