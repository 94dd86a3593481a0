"""General texts among the examples of each step, so that a model forgets less of what it could do (rehearsal; Robins,
1995). Which ones a step reads follows from the seed and the step alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.api import Encoder, Example, Message, Objective, Settings
from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.core.train_settings import TrainSettings
from studio.engine.examples import Examples

CHANCE = 2
"""What tells the order of the general texts from other chances of a run."""


def general_texts(encoder: Encoder, path: Path | None = None) -> Examples:
    """The general text that ships with the studio (or another of its kind), as examples of which the words are taught:
    talks only to a model that talks."""
    lines = (path or resources() / "general" / "texts.jsonl").read_text("utf-8").splitlines()
    found: list[Example] = []
    for entry in map(json.loads, lines):
        if "text" in entry:
            found += [replace(passage, words=()) for passage in encoder.passages(entry["text"])]
        elif encoder.talks:
            messages = [Message(each["role"], each["content"]) for each in entry["messages"]]
            found.append(encoder.conversation(messages, "answers"))
    return Examples.of(found).teaching()


def beside(count: int, step: int, settings: TrainSettings) -> np.ndarray:
    """Which of `count` general texts a step (counted from 0) reads beside its own examples: so many that they are the
    wanted share of all. Each is read before one is read again."""
    each = max(1, round(settings.batch_size * settings.replay / (1.0 - settings.replay)))
    places = np.arange(step * each, (step + 1) * each)
    orders = {int(time): _order(count, settings.seed, int(time)) for time in np.unique(places // count)}
    return np.array([orders[int(place // count)][place % count] for place in places], np.int64)


def _order(count: int, seed: int, time: int) -> np.ndarray:
    return np.random.default_rng([seed, time, CHANCE]).permutation(count)


def can_replay(objective: Objective[Settings], architecture: str) -> bool:
    """Whether plain words are taught, one after the other, so that a general text teaches in the same way."""
    words = objective.head == "language" and objective.counts == "tokens"
    return words and architecture == "decoder" and not objective.hides


def no_replay() -> StudioError:
    """The error for general texts beside examples of another kind."""
    return StudioError(
        "replay-needs-words",
        "General texts can be read beside examples that teach words one after the other; these teach something else.",
        data="Nothing was changed.",
        remedy="Set the share of general texts to 0.",
    )
