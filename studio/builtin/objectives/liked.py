"""Learning from single answers that somebody liked or did not like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.api import (
    Batch,
    Encoder,
    Example,
    Message,
    Objective,
    Prediction,
    Problem,
    Role,
    Row,
    Scorer,
    Settings,
    setting,
)
from studio.builtin.conversations import MESSAGES, answered, asked
from studio.builtin.objectives.compared import ASKED, check_question, teaching_nothing
from studio.builtin.objectives.pair_losses import kto
from studio.builtin.yes_or_no import yes_or_no

if TYPE_CHECKING:
    import torch

POINT, WEIGHT = "point", "weight"
MOST_WEIGHT_OF_LIKED = 4 / 3
"""Liked answers together may weigh from as much as the others up to so many times that (arXiv 2402.01306, eq. 8)."""


class LikedSettings(Settings):
    """How strongly single judgements pull."""

    beta: float = setting(
        0.1,
        "Hold on the model as it was",
        term="beta",
        help="How closely it stays to what it was.",
        too_low="It may drift far from what it could do before.",
        too_high="It hardly changes.",
        minimum=0.001,
        maximum=100.0,
        good=(0.05, 0.5),
        level="basic",
    )
    desirable: float = setting(
        0.0,
        "Weight of liked answers",
        term="desirable weight",
        help="0 weighs liked and disliked answers so that both kinds count about the same altogether.",
        minimum=0.0,
        maximum=1000.0,
    )
    undesirable: float = setting(
        0.0,
        "Weight of disliked answers",
        term="undesirable weight",
        help="0 weighs liked and disliked answers so that both kinds count about the same altogether.",
        minimum=0.0,
        maximum=1000.0,
    )


class Liked(Objective[LikedSettings]):
    """Preference tuning of a decoder on single answers (KTO: Ethayarajh et al., arXiv 2402.01306)."""

    id = "liked"
    title = "Learn from thumbs up and down"
    term = "KTO"
    summary = "It learns from single answers which somebody liked or did not like."
    explanation = (
        "Each example is a question with an answer and a yes or no: was it liked? Liked answers become likelier, "
        "disliked ones rarer, both measured against how much the model has changed on the whole. No second answer is "
        "needed, so that thumbs up and down from daily use will do."
    )
    order = 51
    Settings = LikedSettings
    architectures = frozenset({"decoder"})
    roles = (
        *ASKED,
        Role("answer", "Answer", required=True, learnt=True),
        Role("liked", "Liked or not", required=True, learnt=True),
    )
    counts = "examples"
    pace = 0.1
    exchanges = True
    metrics = ("likings",)

    def check(self, roles: Mapping[str, str]) -> Iterable[Problem]:
        whole = MESSAGES in roles.values()
        for problem in super().check(roles):
            if not (whole and problem.id == "role-missing-answer"):
                yield problem
        yield from check_question(roles)

    def together(self, rows: Sequence[Row], settings: LikedSettings) -> Sequence[Row]:
        """Each row with how much it counts: as set, or balanced by how many were liked."""
        verdicts = [yes_or_no(row.get("liked", "")) for row in rows]
        weights = balance(verdicts.count(True), verdicts.count(False), settings)
        return [{**row, WEIGHT: str(weights[bool(liked)])} for row, liked in zip(rows, verdicts, strict=True)]

    def encode(self, row: Row, encoder: Encoder, settings: LikedSettings) -> Example:
        talk, liked = _talk(row), yes_or_no(row.get("liked", ""))
        example = encoder.conversation(talk, "last")
        if liked is None or talk[-1].role != "assistant" or not example.learnt:
            return teaching_nothing(example)
        weight = float(row.get(WEIGHT, 1.0))
        return replace(example, value=weight if liked else -weight)

    def compares(self, settings: LikedSettings) -> bool:
        return True

    def look_ahead(
        self, model: Any, batches: Iterable[Batch], scorer: Scorer, settings: LikedSettings
    ) -> Mapping[str, float | torch.Tensor]:
        """The reference point z0: how much likelier the model finds answers to other questions than it did before
        training, on average over the whole step, and at least 0 (arXiv 2402.01306)."""
        gains, examples = 0.0, 0
        for batch in batches:
            gains += float(_gains(model, batch, scorer).sum())
            examples += batch.examples
        return {POINT: max(0.0, gains / max(1, examples))}

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: LikedSettings) -> torch.Tensor:
        return _losses(_gains(model, batch, scorer), batch, settings).sum().float()

    def predict(self, model: Any, batch: Batch, scorer: Scorer, settings: LikedSettings) -> list[Prediction]:
        """For each answer its loss, and in `numbers`: `liked`, and `reward`, by how much likelier it has become."""
        gains = _gains(model, batch, scorer)
        assert batch.labels is not None
        found = zip(_losses(gains, batch, settings).tolist(), gains.tolist(), batch.labels[:, 0].tolist(), strict=True)
        return [
            Prediction(loss, 1, numbers={"liked": float(weight > 0), "reward": settings.beta * gain})
            for loss, gain, weight in found
        ]

    def prompt(self, row: Row, settings: LikedSettings) -> list[Message]:
        return _talk(row)[:-1] or asked(row)


def balance(liked: int, disliked: int, settings: LikedSettings) -> tuple[float, float]:
    """How much a disliked and a liked answer count. Where a weight is left open, liked answers together weigh from as
    much as the others up to 4/3 times that; the rarer kind is raised, never the other lowered."""
    down, up = settings.undesirable or 1.0, settings.desirable or 1.0
    if not liked or not disliked:
        return down, up
    ratio = liked * up / (disliked * down)
    if ratio < 1 and not settings.desirable:
        up /= ratio
    elif ratio > MOST_WEIGHT_OF_LIKED and not settings.undesirable:
        down *= ratio / MOST_WEIGHT_OF_LIKED
    return down, up


def _talk(row: Row) -> list[Message]:
    """The conversation that ends with the answer that was judged."""
    talk, answer = asked(row), row.get("answer", "")
    if not answer:
        return talk
    found = answered(answer)
    return [*(found.before or talk), Message("assistant", found.words)]


def _gains(model: Any, batch: Batch, scorer: Scorer) -> torch.Tensor:
    """By how much each answer's log-probability has grown since before training, shape (examples,)."""
    before = scorer.before(model, batch)
    return batch.per_text((before - scorer.losses(model, batch)).double())


def _losses(gains: torch.Tensor, batch: Batch, settings: LikedSettings) -> torch.Tensor:
    """What each answer adds: its weight is as it was set, its sign says whether it was liked."""
    assert batch.labels is not None
    weights = batch.labels[:, 0].double()
    return weights.abs() * kto(gains, weights.sign(), batch.extra[POINT], settings.beta)
