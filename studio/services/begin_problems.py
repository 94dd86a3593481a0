"""What stands in the way of beginning with an earlier run or with saved additions: pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio import plugins
from studio.api import Method
from studio.core.config import RunConfig
from studio.core.problem import Problem
from studio.services.advice import method_of, objective_of
from studio.services.facts import Begin, Facts

AS_IT_CAME = {"train.begin": "", "train.stacked": False}
BEGIN_ANEW = "Begin with the model as it came"
_HEADS = {
    "language": "choose words",
    "labels": "sort texts",
    "tags": "mark words",
    "score": "give a number",
}


def begin_problems(config: RunConfig, facts: Facts) -> Iterator[Problem]:
    """Everything that speaks against what the run would begin with."""
    found = facts.begin
    if found is None:
        return
    if found.refusal:
        yield _anew("begin-unusable", found.refusal)
        return
    yield from _model(config, facts, found)
    yield from _goal(config, found)
    yield from _stack(config, found) if config.train.stacked else _go_on(config, found)


def _model(config: RunConfig, facts: Facts, found: Begin) -> Iterator[Problem]:
    chosen = facts.model.fingerprint if facts.model else config.model.fingerprint
    if found.model.fingerprint and chosen and found.model.fingerprint != chosen:
        yield Problem(
            id="begin-other-model",
            step="model",
            sentence=f"{found.name} trained another model than the one that is chosen, so nothing can go on from it.",
            remedy="Choose the model it trained",
            fix={"model.path": found.model.path, "model.fingerprint": found.model.fingerprint},
        )
    elif not found.fits and facts.model:
        yield _anew(
            "begin-other-model", f"The additions in {found.name} were made for another model than {facts.model.name}."
        )


def _goal(config: RunConfig, found: Begin) -> Iterator[Problem]:
    """An addition without a run is taken at its word."""
    earlier = next((each for each in plugins.objectives() if each.id == found.objective), None)
    now = objective_of(config)
    if earlier is None:
        return
    several = bool(config.objective.settings.get("several", False))
    if earlier.head != now.head or (now.head == "labels" and several != found.several):
        yield _anew(
            "begin-other-goal",
            f"{found.name} learnt to {_HEADS[earlier.head]}, and this run is to learn something of another kind.",
        )


def _go_on(config: RunConfig, found: Begin) -> Iterator[Problem]:
    method = method_of(config)
    if method is None:
        return
    if config.method.id == found.method and not method.goes_on:
        yield _anew("begin-cannot-go-on", f"What was trained with {method.term or method.title} can't be trained on.")
        return
    changes = _other_settings(config, method, found)
    if changes:
        yield Problem(
            id="begin-other-method",
            step="method",
            sentence=f"{found.name} learnt in another way than is chosen here. To go on is to learn in the same way.",
            remedy=f"Learn as {found.name} did",
            fix=changes,
            field=next(iter(changes)),
        )


def _other_settings(config: RunConfig, method: Method[Any], found: Begin) -> dict[str, Any]:
    """What would have to change so that the run learns as the earlier one did. Additions from elsewhere may be gone on
    with by any method that knows their kind."""
    known = None if found.objective else method.recognise(found.adapter)
    if known is None and config.method.id != found.method:
        return {"method.id": found.method, **{f"method.{name}": value for name, value in found.settings.items()}}
    mine = method.settings(config.method.settings).model_dump(mode="json")
    wanted = found.settings if known is None else known
    return {f"method.{name}": value for name, value in wanted.items() if mine.get(name) != value}


def _stack(config: RunConfig, found: Begin) -> Iterator[Problem]:
    method = method_of(config)
    if method is None:
        return
    lora = {"method.id": "lora"}
    if not method.stacks:
        yield Problem(
            id="begin-cannot-stack",
            step="method",
            sentence=f"{method.title} can't stand above what {found.name} learnt.",
            remedy="Use LoRA instead",
            fix=lora,
        )
        return
    beneath = method.recognise(found.adapter)
    if beneath is None:
        yield _anew(
            "begin-nothing-beneath",
            f"{found.name} holds no small additions (LoRA) above which new ones could stand.",
        )
    elif beneath.get("dora") or config.method.settings.get("dora"):
        yield _anew("begin-nothing-beneath", "Additions with a separate length (DoRA) can't stand above one another.")


def _anew(id: str, sentence: str) -> Problem:
    """A problem that beginning with the model as it came would end."""
    return Problem(id=id, step="method", sentence=sentence, remedy=BEGIN_ANEW, fix=AS_IT_CAME, field="train.begin")
