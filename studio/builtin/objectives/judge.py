"""Learning to judge answers: a model that gives each answer a mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.api import Batch, Encoder, Example, Message, Objective, Prediction, Problem, Row, Scorer, Settings, setting
from studio.builtin.objectives.compared import COMPARED, asked_in, both_ways, check_question, teaching_nothing
from studio.builtin.objectives.pair_losses import bradley_terry

if TYPE_CHECKING:
    import torch


class JudgeSettings(Settings):
    """How marks are given."""

    centre: float = setting(
        0.0,
        "Keep marks around zero",
        term="centring coefficient",
        help="Only differences of marks are taught; this keeps marks themselves from drifting away.",
        too_high="Differences become small.",
        minimum=0.0,
        maximum=10.0,
        good=(0.0, 0.1),
    )


class Judge(Objective[JudgeSettings]):
    """A reward model: a score for an answer, learnt from pairs (Ouyang et al., arXiv 2203.02155)."""

    id = "judge"
    title = "Judge answers"
    term = "reward model"
    summary = "It learns to give answers marks, so that the better of two gets the higher one."
    explanation = (
        "Each example is a question with two answers, one of them better. The model gets a new end with a single "
        "output, the mark, and learns to give the better answer the higher one. Such a judge can sort answers, pick "
        "the best of several, or keep an eye on another model. It writes no answers itself."
    )
    order = 52
    Settings = JudgeSettings
    architectures = frozenset({"decoder", "encoder"})
    roles = COMPARED
    head = "score"
    counts = "examples"
    metrics = ("preferences",)

    def check(self, roles: Mapping[str, str]) -> Iterable[Problem]:
        yield from super().check(roles)
        yield from check_question(roles)

    def encode(self, row: Row, encoder: Encoder, settings: JudgeSettings) -> Example:
        better, worse = (teaching_nothing(_read(talk, encoder)) for talk in both_ways(row))
        if not better.ids or not worse.ids or better.ids == worse.ids:
            return better
        return replace(better, other=worse, value=1.0)

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: JudgeSettings) -> torch.Tensor:
        return bradley_terry(*_marks(model, batch, scorer), settings.centre).sum()

    def predict(self, model: Any, batch: Batch, scorer: Scorer, settings: JudgeSettings) -> list[Prediction]:
        """For each pair its loss, and in `numbers`: the two marks, `margin`, their difference, and `right`, whether the
        better answer got the higher one (half for equal marks)."""
        better, worse = _marks(model, batch, scorer)
        losses = bradley_terry(better, worse, settings.centre).tolist()
        return [
            Prediction(
                loss,
                1,
                numbers={
                    "chosen": up,
                    "rejected": down,
                    "margin": up - down,
                    "right": 0.5 if up == down else float(up > down),
                },
            )
            for loss, up, down in zip(losses, better.tolist(), worse.tolist(), strict=True)
        ]

    def prompt(self, row: Row, settings: JudgeSettings) -> list[Message]:
        return asked_in(row)


def _read(talk: Sequence[Message], encoder: Encoder) -> Example:
    """A conversation as the model reads it: in its own chat template, or plainly, one turn after the other."""
    if encoder.talks:
        return encoder.conversation(talk, "last")
    return encoder.reading("\n\n".join(message.content for message in talk if message.content))


def _marks(model: Any, batch: Batch, scorer: Scorer) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the better answers and of the worse ones, shape (pairs,) each."""
    marks = scorer.outputs(model, batch)[:, 0]
    return marks[: batch.examples], marks[batch.examples :]
