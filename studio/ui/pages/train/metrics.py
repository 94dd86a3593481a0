"""Four small numbers of a run with their course: speed, memory, step size, gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.core.device import Device
from studio.core.run import RunSummary
from studio.ui import wording
from studio.ui.pages.train import words
from studio.ui.pages.train.course import Course
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.cards import Card
from studio.ui.widgets.gauges import Sparkline
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import row, wide
from studio.ui.wording import count, tr

_MOST = 64


@dataclass(frozen=True)
class Figure:
    """A number, what it counts, and the values it came from."""

    number: str
    remark: str
    values: list[float]


class _MetricCard(Card):
    def __init__(self, title: str) -> None:
        super().__init__("", padding=14)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        self._name = Label(title, "caption")
        self._number = Label("–", "number")
        self._remark = ElidedLabel("", "caption")
        self._curve = Sparkline(height=26)
        self.body.setSpacing(2)
        self.add(self._name)
        self.add(row(self._number, wide(self._remark), spacing=6))
        self.add(self._curve)

    def show_figure(self, title: str, figure: Figure) -> None:
        self._name.setText(title)
        self._number.setText(figure.number)
        self._remark.setText(figure.remark)
        self._curve.set_values(figure.values)
        self.setAccessibleName(f"{title}: {figure.number} {figure.remark}".strip())


class RunMetrics(QWidget):
    """The four cards in a row."""

    def __init__(self) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(CARD_GAP)
        self._cards = [_MetricCard("") for _each in range(4)]
        for card in self._cards:
            line.addWidget(card, 1)

    def show_course(self, run: RunSummary, course: Course, device: Device | None) -> None:
        """Show the newest numbers."""
        memory = tr("Card memory") if device and device.kind == "cuda" else tr("Memory")
        figures = (
            (tr("Speed"), _speed(run, course)),
            (memory, _memory(run, course, device)),
            (tr("Step size"), _rate(course)),
            (tr("Gradient"), _gradient(course)),
        )
        for card, (title, figure) in zip(self._cards, figures, strict=True):
            card.show_figure(title, figure)


def _values(course: Course, name: str) -> list[float]:
    """The course of a figure in few enough points to be drawn small: the mean of each stretch."""
    values = course[name].values
    return [float(part.mean()) for part in np.array_split(values, min(_MOST, len(values)))] if len(values) else []


def _speed(run: RunSummary, course: Course) -> Figure:
    values = _values(course, "tokens_per_second")
    recent = course["tokens_per_second"].values[-20:]
    if not len(recent):
        return Figure("–", tr("not measured yet"), [])
    typical = count(float(sorted(recent.tolist())[len(recent) // 2]))
    if run.state == "paused":
        return Figure("–", tr("paused"), values)
    return Figure(typical, tr("tokens/s"), values)


def _memory(run: RunSummary, course: Course, device: Device | None) -> Figure:
    values = _values(course, "memory_bytes")
    if not values:
        return Figure("–", tr("not measured yet"), [])
    most = run.state not in ("running", "paused")
    used = float(course["memory_bytes"].values.max() if most else course["memory_bytes"].values[-1])
    if device is None:
        return Figure(wording.memory(used, "up"), tr("at most") if most else "", values)
    whole = wording.memory_of(used, device.memory_bytes)
    figure, _, rest = whole.partition(" ")
    return Figure(figure, f"{rest} {tr('at most')}" if most else rest, values)


def _rate(course: Course) -> Figure:
    values = _values(course, "learning_rate")
    if not values:
        return Figure("–", tr("not set yet"), [])
    rate, most = float(course["learning_rate"].values[-1]), max(values)
    # At its very end the step size is so small that its figures say nothing more than that.
    said = wording.number(rate, 2 if rate >= most / 100 else 1)
    return Figure(said if len(said) <= 9 else tr("almost 0"), words.trend(values), values)


def _gradient(course: Course) -> Figure:
    values = _values(course, "gradient_norm")
    if not values:
        return Figure("–", tr("not measured yet"), [])
    return Figure(wording.number(float(course["gradient_norm"].values[-1]), 2), words.restlessness(values), values)
