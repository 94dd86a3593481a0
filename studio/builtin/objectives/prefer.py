"""Learning which of two answers is better, by making it the likelier one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from studio.api import Batch, Encoder, Example, Message, Objective, Prediction, Problem, Row, Scorer, Settings, setting
from studio.builtin.objectives import pair_losses
from studio.builtin.objectives.compared import COMPARED, asked_in, both_ways, check_question, teaching_nothing
from studio.builtin.objectives.pair_losses import Pairs

if TYPE_CHECKING:
    import torch

USUAL_BETA = {"dpo": 0.1, "ipo": 0.1, "simpo": 2.0, "orpo": 0.0}


class PreferSettings(Settings):
    """How strongly one answer is put before the other."""

    loss: Literal["dpo", "ipo", "orpo", "simpo"] = setting(
        "dpo",
        "How it learns from two answers",
        term="preference loss",
        help="The first two hold on to the model as it was; the others need less memory and no second look at it.",
        choices=(
            ("dpo", "Surer of the better one than before (DPO)"),
            ("ipo", "The same, up to a set distance (IPO)"),
            ("orpo", "Learn the better one and avoid the other (ORPO)"),
            ("simpo", "Likelier word for word, by a margin (SimPO)"),
        ),
        level="basic",
    )
    beta: float = setting(
        0.0,
        "Strength of the preference",
        term="beta",
        help="For DPO and IPO, how closely it stays to the model as it was; for SimPO, how sharply it decides. 0 takes "
        "what is usual: 0.1 for DPO and IPO, 2 for SimPO.",
        too_low="It may drift far from what it could do before.",
        too_high="It hardly changes.",
        minimum=0.0,
        maximum=100.0,
        good=(0.01, 2.5),
    )
    gamma: float = setting(
        1.0,
        "Margin between the answers",
        term="gamma",
        help="For SimPO: by how much the better answer should be ahead.",
        minimum=0.0,
        maximum=20.0,
        good=(0.3, 1.6),
    )
    odds: float = setting(
        0.1,
        "Weight of avoiding the worse answer",
        term="lambda",
        help="For ORPO: how much avoiding the worse answer counts beside learning the better one.",
        minimum=0.0,
        maximum=10.0,
        good=(0.05, 1.0),
    )
    doubt: float = setting(
        0.0,
        "Share of pairs that may be wrong",
        term="label smoothing",
        help="For DPO: how often whoever compared the answers may have chosen the worse one.",
        too_high="Pairs hardly teach anything.",
        minimum=0.0,
        maximum=0.49,
        good=(0.0, 0.2),
    )
    likelihood: float = setting(
        0.0,
        "Weight of learning the better answer itself",
        term="RPO alpha",
        help="Adds plain learning of the better answer, so that it does not become rarer together with the other one.",
        too_high="It copies the better answers instead of what makes them better.",
        minimum=0.0,
        maximum=10.0,
        good=(0.0, 1.0),
    )

    @property
    def strength(self) -> float:
        """Beta, or what is usual for the loss."""
        return self.beta or USUAL_BETA[self.loss]


class Prefer(Objective[PreferSettings]):
    """Preference tuning of a decoder on pairs of answers."""

    id = "prefer"
    title = "Prefer the better answer"
    term = "preference tuning (DPO)"
    summary = "It learns from two answers to the same question which one is better."
    explanation = (
        "Each example is a question with two answers, one of them better. The model is moved towards the better one "
        "and away from the other. It learns what makes answers good rather than their words; so it should be able to "
        "answer already. Some hundred pairs of one kind are a good beginning."
    )
    order = 50
    Settings = PreferSettings
    architectures = frozenset({"decoder"})
    roles = COMPARED
    counts = "examples"
    pace = 0.1
    metrics = ("preferences",)

    def check(self, roles: Mapping[str, str]) -> Iterable[Problem]:
        yield from super().check(roles)
        yield from check_question(roles)

    def encode(self, row: Row, encoder: Encoder, settings: PreferSettings) -> Example:
        better, worse = (encoder.conversation(talk, "last") for talk in both_ways(row))
        if not better.learnt or not worse.learnt or better.ids == worse.ids:
            return teaching_nothing(better)
        return replace(better, other=worse)

    def compares(self, settings: PreferSettings) -> bool:
        return settings.loss in ("dpo", "ipo")

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: PreferSettings) -> torch.Tensor:
        before = self._before(model, batch, scorer, settings)
        return _losses(pair_losses.pairs_of(batch, scorer.losses(model, batch)), before, settings).sum().float()

    def predict(self, model: Any, batch: Batch, scorer: Scorer, settings: PreferSettings) -> list[Prediction]:
        """For each pair its loss, and in `numbers`: `margin`, by how much the better answer is ahead as the loss sees
        it; `right`, whether it is the likelier one word for word; both answers' log-probabilities per token; and
        `gained`, whether it is further ahead than before training (where that is compared)."""
        before = self._before(model, batch, scorer, settings)
        pairs = pair_losses.pairs_of(batch, scorer.losses(model, batch))
        losses, margins = _losses(pairs, before, settings).tolist(), _margins(pairs, before, settings).tolist()
        means = zip(pairs.better_mean.tolist(), pairs.worse_mean.tolist(), strict=True)
        return [
            Prediction(
                loss,
                1,
                numbers={
                    "margin": margin,
                    "right": _ahead(better - worse),
                    "chosen": better,
                    "rejected": worse,
                    **({"gained": _ahead(margin)} if before is not None else {}),
                },
            )
            for loss, margin, (better, worse) in zip(losses, margins, means, strict=True)
        ]

    def prompt(self, row: Row, settings: PreferSettings) -> list[Message]:
        return asked_in(row)

    def _before(self, model: Any, batch: Batch, scorer: Scorer, settings: PreferSettings) -> Pairs | None:
        return pair_losses.pairs_of(batch, scorer.before(model, batch)) if self.compares(settings) else None


def _losses(pairs: Pairs, before: Pairs | None, settings: PreferSettings) -> torch.Tensor:
    """Nats for each pair."""
    if settings.loss == "orpo":
        losses = pair_losses.orpo(pairs.better_mean, pairs.worse_mean, settings.odds)
    elif settings.loss == "simpo":
        losses = pair_losses.simpo(pairs.mean_gap, settings.strength, settings.gamma)
    elif before is not None and settings.loss == "ipo":
        losses = pair_losses.ipo(pairs.mean_gap, before.mean_gap, settings.strength)
    else:
        assert before is not None
        losses = pair_losses.dpo(pairs.gap, before.gap, settings.strength, settings.doubt)
    # Per token, as in Pang et al., arXiv 2404.19733.
    return losses - settings.likelihood * pairs.better_mean


def _margins(pairs: Pairs, before: Pairs | None, settings: PreferSettings) -> torch.Tensor:
    """By how much the better answer is ahead: the difference of the two rewards that the loss implies."""
    if settings.loss == "orpo":
        return pair_losses.log_odds_ratio(pairs.better_mean, pairs.worse_mean)
    if before is None:
        return settings.strength * pairs.mean_gap
    if settings.loss == "ipo":
        return settings.strength * (pairs.mean_gap - before.mean_gap)
    return settings.strength * (pairs.gap - before.gap)


def _ahead(gap: float) -> float:
    """1 where the better answer is ahead, 0 where it is behind, and half for a tie."""
    return 0.5 if gap == 0 else float(gap > 0)
