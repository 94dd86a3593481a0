"""From what a person wants to what is learnt: each goal has an objective for each kind of model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from studio import plugins
from studio.api import Objective
from studio.core.config import Choice, DataSection, Goal, RunConfig
from studio.core.model_info import Architecture, ModelInfo

OBJECTIVES: Mapping[Goal, tuple[str, ...]] = {
    "answer": ("instruct", "transform"),
    "sort": ("sort", "value"),
    "mark": ("mark",),
    "translate": ("transform", "instruct"),
    "read": ("documents", "hidden-words"),
    "prefer": ("prefer", "liked", "judge"),
}
"""What serves a goal, the usual first; which of them a model can learn depends on its architecture."""

RECOMMENDED: Mapping[Goal, Architecture] = {"sort": "encoder", "mark": "encoder", "translate": "encoder-decoder"}
"""The kind of model that suits a goal best; a decoder where none is named."""

KINDS: Mapping[Architecture, str] = {
    "decoder": "writes text",
    "encoder": "reads text",
    "encoder-decoder": "turns one text into another",
}


def beginning(goal: Goal) -> RunConfig:
    """The config that a new project with this goal starts from."""
    config = RunConfig(goal=goal, objective=Choice(id=OBJECTIVES[goal][0]))
    if goal != "read":
        return config
    # Long texts are what is wanted here; they are cut into passages later.
    recipe = tuple(step.model_copy(update={"on": step.id != "limit-length"}) for step in DataSection().recipe)
    return config.model_copy(update={"data": DataSection(recipe=recipe)})


def offered(goal: Goal, model: ModelInfo | None) -> tuple[Objective[Any], ...]:
    """The objectives that serve a goal and that the model can learn, the usual first."""
    known = plugins.objectives()
    serving = [known[id] for id in OBJECTIVES[goal] if id in known]
    return tuple(each for each in serving if model is None or model.architecture in each.architectures)


def choices(config: RunConfig) -> tuple[Objective[Any], ...]:
    """The objectives among which the person chooses: those for the goal that models of one kind can learn. Where the
    model's kind alone decides, there is just one."""
    chosen = plugins.objectives()[config.objective.id]
    return tuple(each for each in offered(config.goal, None) if each.architectures & chosen.architectures)


def suited(config: RunConfig, model: ModelInfo | None) -> str:
    """The objective for this goal that the model can learn: the chosen one where it can, else the first that fits."""
    fitting = [each.id for each in offered(config.goal, model)]
    return config.objective.id if config.objective.id in fitting or not fitting else fitting[0]


def needed(config: RunConfig) -> str:
    """What a model must be for the goal, in words: "writes text or turns one text into another"."""
    return _in_words({kind for each in offered(config.goal, None) for kind in each.architectures})


def needed_for(objective: Objective[Any]) -> str:
    """What a model must be for one objective, in words."""
    return _in_words(objective.architectures)


def _in_words(kinds: Collection[Architecture]) -> str:
    return " or ".join(words for kind, words in KINDS.items() if kind in kinds)


def recommended(goal: Goal) -> Architecture:
    """The kind of model that usually suits a goal best."""
    return RECOMMENDED.get(goal, "decoder")
