"""Advice: which method suits, what would make it fit, and how a training run is going, in plain words."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from studio import plugins
from studio.api import Method, Objective
from studio.core.config import RunConfig
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.problem import StudioError
from studio.services.estimate import estimate
from studio.services.facts import MethodCard, PrepareReport
from studio.services.fixes import fixes

BEST_ORDER = ("lora", "qlora", "last-layers", "full")
FURTHER = 100
"""Methods whose `order` is this or more are shown when more ways are asked for."""
Point = tuple[int, float]


class TrainingState(NamedTuple):
    """How a run is going. id: starting | learning | slow | memorising | unstable."""

    id: str
    title: str
    sentence: str


def pick_device(devices: Sequence[Device], wanted: str = "auto") -> Device:
    """The device a run would use: the wanted kind where it is, else the first (cards come first)."""
    return next((device for device in devices if device.kind == wanted), devices[0])


def method_cards(
    model: ModelInfo, config: RunConfig, device: Device, report: PrepareReport | None, speed: float | None
) -> tuple[MethodCard, ...]:
    """Every method for this model on this computer, the best one marked with its reason."""
    cards = [_card(method, model, config, device, report, speed) for method in plugins.methods()]
    usable = {
        card.id for card in cards if card.estimate.fits and not any(p.severity == "blocks" for p in card.problems)
    }
    best = next((id for id in BEST_ORDER if id in usable), "")
    return tuple(
        card.model_copy(update={"recommended": True, "reason": _reason(card, report)}) if card.id == best else card
        for card in cards
    )


def _blocked(card: MethodCard) -> bool:
    return any(problem.severity == "blocks" for problem in card.problems)


def _card(
    method: Method[Any],
    model: ModelInfo,
    config: RunConfig,
    device: Device,
    report: PrepareReport | None,
    speed: float | None,
) -> MethodCard:
    settings = method.settings(config.method.settings if config.method.id == method.id else {})
    needs = estimate(model, method, config, device, report, speed)
    return MethodCard(
        id=method.id,
        title=method.title,
        term=method.term,
        summary=method.summary,
        explanation=method.explanation,
        usual=method.order < FURTHER,
        picture=method.picture(model, settings),
        estimate=needs,
        problems=tuple(method.check(model, settings)),
        fixes=() if needs.fits else fixes(model, method, config, device, report),
    )


def _reason(card: MethodCard, report: PrepareReport | None) -> str:
    room = "Fits this computer" if card.estimate.fits else "The smallest need"
    if card.id == "lora" and report:
        return f"{room}, keeps what the model knows, and suits your {report.train:,} examples."
    return f"{room} and keeps most of what the model knows."


def speed_of(project_runs: Iterable[tuple[float, float]]) -> float | None:
    """Measured floating-point operations per second from (operations per token, tokens per second) of past runs."""
    rates = [operations * tokens for operations, tokens in project_runs if tokens]
    return sorted(rates)[len(rates) // 2] if rates else None


def objective_of(config: RunConfig) -> Objective[Any]:
    """The chosen objective."""
    return plugins.objectives()[config.objective.id]


def method_of(config: RunConfig) -> Method[Any] | None:
    """The chosen method; None when its plugin is not here."""
    try:
        return plugins.methods()[config.method.id]
    except StudioError:
        return None


def training_state(series: Mapping[str, Sequence[Point]], config: RunConfig) -> TrainingState:
    """How a run is going, from its curves."""
    train, checks = series.get("train.loss", ()), series.get("validation.loss", ())
    if len(checks) < 2:
        return TrainingState("starting", "Getting started", "The first checks will show whether it learns.")
    losses = [loss for _, loss in checks]
    best = min(range(len(losses)), key=losses.__getitem__)
    since = len(losses) - 1 - best
    fell = sum(later < earlier for earlier, later in itertools.pairwise(losses))
    if train and train[-1][1] > 1.5 * train[0][1]:
        return TrainingState(
            "unstable", "Unsteady", "The error grows instead of falling. A smaller step size would help."
        )
    if since >= 2:
        words = f"Validation has not improved for {since} checks; step {checks[best][0]:,} is kept."
        return TrainingState("memorising", "Starting to memorise", words)
    if losses[0] - losses[best] < 0.01 * losses[0]:
        return TrainingState("slow", "Learning slowly", "The error has hardly moved yet.")
    words = f"Validation fell at {fell} of {len(losses) - 1} checks; step {checks[best][0]:,} is the best so far."
    return TrainingState("learning", "Learning well", words)
