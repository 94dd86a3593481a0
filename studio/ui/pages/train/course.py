"""The course of one run as the window knows it: measured series, answers, warnings, how it ended. Draws nothing.

It is filled once from the project and then grows with the run's events. Taking the same events twice, or the steps
that a resumed run does again, changes nothing: a resumed run repeats them exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.core.config import RunConfig
from studio.core.events import (
    AnyEvent,
    CheckpointSaved,
    Evaluated,
    Failed,
    Finished,
    Paused,
    Progressed,
    Resumed,
    Sampled,
    Started,
    Stepped,
    Warned,
)
from studio.ui.widgets.loss_data import Series

Points = list[tuple[float, float]]
TRAIN, VALIDATION = "train.loss", "validation.loss"
# How far back an answer that is still being written is looked for.
_RECENT = 16


@dataclass(frozen=True)
class Answer:
    """What the model said to a question at a step."""

    step: int
    prompt: str
    text: str
    done: bool = True


class Course:
    """Everything a page shows of one run."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.config: RunConfig | None = None
        self.series: dict[str, Series] = {}
        self.answers: list[Answer] = []
        self.warnings: list[Warned] = []
        self.failure: Failed | None = None
        self.finished: Finished | None = None
        self.step = 0
        self.steps = 0
        self.saved_step = 0
        self.seconds_left: float | None = None
        self.doing = ""

    def __getitem__(self, name: str) -> Series:
        return self.series.setdefault(name, Series())

    def fill(self, series: Mapping[str, Iterable[tuple[float, float]]]) -> None:
        """Take the whole series from the project; points that are newer here stay."""
        for name, points in series.items():
            whole = Series()
            whole.append(points)
            whole.append(_points(self[name]))
            self.series[name] = whole
        self.step = max(self.step, *(int(line.steps[-1]) for line in self.series.values() if line.size), 0)

    def fill_answers(self, samples: Iterable[Sequence[Any]]) -> None:
        """Take the answers that the project keeps; newer ones of this window stay."""
        kept = [Answer(int(step), str(prompt), str(text)) for step, prompt, text in samples]
        known = {(answer.step, answer.prompt) for answer in kept}
        kept += [answer for answer in self.answers if (answer.step, answer.prompt) not in known]
        self.answers = sorted(kept, key=lambda answer: answer.step)

    def take(self, events: Iterable[AnyEvent]) -> None:
        """Grow by new events, in their order."""
        for event in events:
            self._take(event)

    def _take(self, event: AnyEvent) -> None:
        match event:
            case Stepped():
                self._stepped(event)
            case Evaluated():
                for name, value in event.metrics.items():
                    self[f"{event.split}.{name}"].append(_point(event.step, value))
            case Sampled():
                self._sampled(event)
            case Started():
                self.failure = self.finished = None
                self.steps = event.steps or self.steps
            case Progressed():
                self.doing = event.words
            case CheckpointSaved():
                self.saved_step = event.step
            case Warned():
                self.warnings.append(event)
            case Failed():
                self.failure = event
            case Finished():
                self.finished = event
            case Paused() | Resumed():
                self.doing = ""

    def _stepped(self, event: Stepped) -> None:
        self.step = event.step
        self.doing = ""
        for name, value in event.metrics.items():
            if name == "seconds_left":
                self.seconds_left = value
            else:
                self[TRAIN if name == "loss" else name].append(_point(event.step, value))

    def _sampled(self, event: Sampled) -> None:
        new = Answer(event.step, event.prompt, event.text, event.done)
        for back in range(1, min(_RECENT, len(self.answers)) + 1):
            if (self.answers[-back].step, self.answers[-back].prompt) == (new.step, new.prompt):
                self.answers[-back] = new
                return
        self.answers.append(new)

    def losses(self) -> dict[str, list[tuple[int, float]]]:
        """The two losses as the services' advice reads them."""
        return {name: [(int(step), value) for step, value in _points(self[name])] for name in (TRAIN, VALIDATION)}

    def perplexities(self, name: str, start: int = 0) -> Points:
        """Between how many words the model hesitates: e to the loss from point `start` on, kept finite for a chart."""
        line = self[name]
        hesitation = np.exp(np.minimum(line.values[start:], 30.0))
        return list(zip(line.steps[start:].tolist(), hesitation.tolist(), strict=True))

    def epoch(self) -> float | None:
        """How many times the run has been through the data; None until the first step."""
        line = self["epoch"]
        return float(line.values[-1]) if line.size else None

    def per_epoch(self) -> float | None:
        """Steps in one time through the data; None until the first step."""
        line = self["epoch"]
        return float(line.steps[-1] / line.values[-1]) if line.size and line.values[-1] > 0 else None

    def questions(self) -> list[str]:
        """The questions that were asked, each once, in their order."""
        return list(dict.fromkeys(answer.prompt for answer in self.answers))


def _point(step: int, value: float | None) -> Points:
    return [] if value is None else [(float(step), value)]


def _points(line: Series) -> Points:
    return list(zip(line.steps.tolist(), line.values.tolist(), strict=True))
