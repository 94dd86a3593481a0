"""The course of one run as the window knows it: measured series, answers, warnings, how it ended. Knows no widget.

It is filled once from the project and then grows with the run's events. Taking the same events twice, or the steps
that a resumed run does again, changes nothing that is already right.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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

Points = list[tuple[int, float]]
TRAIN, VALIDATION = "train.loss", "validation.loss"


class Series:
    """One measured line over the steps, appended cheaply and read as numpy arrays."""

    def __init__(self, points: Iterable[Sequence[float]] = ()) -> None:
        self._steps = array("d")
        self._values = array("d")
        for step, value in points:
            self.add(step, value)

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, step: float, value: float | None) -> None:
        """Append a point. A step that was measured before replaces that point and all that came after it."""
        while self._steps and self._steps[-1] >= step:
            self._steps.pop()
            self._values.pop()
        if value is not None:
            self._steps.append(step)
            self._values.append(value)

    def last(self) -> float | None:
        """The newest value; None while there is none."""
        return self._values[-1] if self._values else None

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values, each a copy of shape (n,)."""
        return np.array(self._steps, dtype=float), np.array(self._values, dtype=float)

    def points(self) -> Points:
        """All points, as the services' advice reads them."""
        return [(int(step), value) for step, value in zip(self._steps, self._values, strict=True)]

    def lowest(self) -> tuple[int, float] | None:
        """The step and value of the lowest point."""
        if not self._values:
            return None
        place = min(range(len(self._values)), key=self._values.__getitem__)
        return int(self._steps[place]), self._values[place]


@dataclass(frozen=True)
class Answer:
    """What the model said to a question at a step. `ask` is set where a person asked in between."""

    step: int
    prompt: str
    text: str
    done: bool = True
    ask: str = ""


class Course:
    """Everything a page shows of one run."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.series: dict[str, Series] = {}
        self.answers: list[Answer] = []
        self.warnings: list[Warned] = []
        self.step = 0
        self.steps = 0
        self.device = ""
        self.seconds_left: float | None = None
        self.doing = ""
        self.best: tuple[int, float] | None = None
        self.saved_step = 0
        self.paused = False
        self.ended: Finished | Failed | None = None

    def __getitem__(self, name: str) -> Series:
        return self.series.setdefault(name, Series())

    def fill(self, series: Mapping[str, Iterable[Sequence[float]]]) -> None:
        """Take the whole series from the project; points that are newer here stay."""
        for name, points in series.items():
            whole = Series(points)
            reached = whole.arrays()[0]
            newest = reached[-1] if len(reached) else -1.0
            for step, value in self[name].points():
                if step > newest:
                    whole.add(step, value)
            self.series[name] = whole
        self.best = self._lowest_check()
        for line in self.series.values():
            steps = line.arrays()[0]
            self.step = max(self.step, int(steps[-1]) if len(steps) else 0)

    def fill_answers(self, samples: Iterable[Sequence[Any]]) -> None:
        """Take the answers that the project keeps; what was asked in this window stays behind them."""
        kept = [Answer(int(step), str(prompt), str(text)) for step, prompt, text in samples]
        known = {(answer.step, answer.prompt) for answer in kept}
        kept += [answer for answer in self.answers if (answer.step, answer.prompt) not in known]
        self.answers = sorted(kept, key=lambda answer: answer.step)

    def take(self, events: Iterable[AnyEvent]) -> None:
        """Grow by new events, in their order."""
        for event in events:
            self._take(event)

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, Stepped):
            self._stepped(event)
        elif isinstance(event, Evaluated):
            self._evaluated(event)
        elif isinstance(event, Sampled):
            self._sampled(event)
        elif isinstance(event, Started):
            self.ended, self.paused = None, False
            self.steps = event.steps or self.steps
            self.device = event.device or self.device
        elif isinstance(event, Progressed):
            self.doing = event.words
        elif isinstance(event, CheckpointSaved):
            self.saved_step = event.step
        elif isinstance(event, Warned):
            self.warnings.append(event)
        elif isinstance(event, Paused | Resumed):
            self.paused = isinstance(event, Paused)
        else:
            self.ended, self.paused = event, False

    def _stepped(self, event: Stepped) -> None:
        self.step = event.step
        self.doing = ""
        for name, value in event.metrics.items():
            if name == "seconds_left":
                self.seconds_left = value
            else:
                self[TRAIN if name == "loss" else name].add(event.step, value)

    def _evaluated(self, event: Evaluated) -> None:
        loss = event.metrics.get("loss")
        self[f"{event.split}.loss"].add(event.step, loss)
        if event.split == "validation":
            self.best = self._lowest_check()

    def _lowest_check(self) -> tuple[int, float] | None:
        return self[VALIDATION].lowest()

    def _sampled(self, event: Sampled) -> None:
        new = Answer(event.step, event.prompt, event.text, event.done, event.ask)
        for place in range(len(self.answers) - 1, max(-1, len(self.answers) - 12), -1):
            old = self.answers[place]
            if (old.step, old.prompt, old.ask) == (new.step, new.prompt, new.ask):
                self.answers[place] = new
                return
        self.answers.append(new)

    def losses(self) -> dict[str, Points]:
        """The two losses as the services' advice reads them."""
        return {name: self[name].points() for name in (TRAIN, VALIDATION)}

    def epoch(self) -> float | None:
        """How many times the run has been through the data."""
        return self["epoch"].last()


def perplexity(loss: float) -> float:
    """Between how many words the model hesitates: e to the loss, kept finite for a chart."""
    return float(np.exp(min(loss, 30.0)))
