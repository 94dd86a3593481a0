"""The words and marks of a loss chart: gridlines and shade below the curves; names, best point and readout above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.chart_parts import Floats, Overlay, smoothed, spread
from studio.ui.widgets.loss_data import Series
from studio.ui.widgets.paint import box, faded
from studio.ui.wording import count, number, tr

_WORDS = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip


class Marked(Protocol):
    """A chart, as its words and marks see it."""

    train: Series
    validation: Series
    early_stop: tuple[float, str] | None
    stopped: tuple[float, str] | None
    best: tuple[float, float] | None
    best_words: str
    crosshair: float | None
    selecting: tuple[float, float] | None
    show_values: bool
    smooth: bool
    ground: Overlay
    marks: Overlay

    @property
    def view(self) -> pg.ViewBox: ...

    def gridlines(self) -> Sequence[float]: ...

    def shown(self, values: Floats) -> Floats: ...


def paint_ground(painter: QPainter, chart: Marked) -> None:
    """Gridlines, and the shaded future beyond the early stop."""
    t = tokens()
    sheet = chart.ground
    area = sheet.plot_area()
    if chart.early_stop is not None and not chart.stopped:
        x = sheet.at(chart.early_stop[0], 0).x()
        if x < area.right():
            shade = QRectF(max(x, area.left()), area.top(), area.right() - max(x, area.left()), area.height())
            painter.fillRect(shade, t.sunken)
    painter.setPen(QPen(t.grid, 1))
    right = area.right()
    if chart.early_stop is not None and not chart.stopped:
        right = min(right, max(area.left(), sheet.at(chart.early_stop[0], 0).x()))
    for value in chart.gridlines():
        y = round(sheet.at(0, value).y()) + 0.5
        if area.top() <= y <= area.bottom():
            painter.drawLine(QPointF(area.left(), y), QPointF(right, y))


def paint_marks(painter: QPainter, chart: Marked) -> None:
    """Everything above the curves."""
    area = chart.marks.plot_area()
    if not chart.train.size and not chart.validation.size:
        painter.setPen(tokens().second)
        painter.setFont(font("caption"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, tr("The curve appears with the first steps."))
        return
    _paint_early_stop(painter, chart, area)
    _paint_stopped(painter, chart, area)
    _paint_best(painter, chart, area)
    if chart.crosshair is None:
        _paint_names(painter, chart, area)
    else:
        _paint_crosshair(painter, chart, area)
    if chart.selecting is not None:
        x0, x1 = (chart.marks.at(x, 0).x() for x in chart.selecting)
        painter.fillRect(QRectF(x0, area.top(), x1 - x0, area.height()), faded(tokens().accent, 0.14))


def _paint_early_stop(painter: QPainter, chart: Marked, area: QRectF) -> None:
    if chart.early_stop is None or chart.stopped is not None:
        return
    t = tokens()
    step, sentence = chart.early_stop
    x = chart.marks.at(step, 0).x()
    if not area.left() <= x < area.right():
        return
    pen = QPen(t.quiet, 1.4)
    pen.setDashPattern([3, 2.4])
    painter.setPen(pen)
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    room = area.right() - x - 18
    if sentence and room > 70 and area.height() > 100:
        painter.setFont(font("caption"))
        painter.setPen(t.second)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(x + 10, area.top() + 10, room, area.height() - 20), flags, sentence)


def _paint_stopped(painter: QPainter, chart: Marked, area: QRectF) -> None:
    if chart.stopped is None:
        return
    t = tokens()
    step, sentence = chart.stopped
    x = chart.marks.at(step, 0).x()
    painter.setPen(QPen(t.bad, 1.4))
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    if sentence and area.height() > 100:
        painter.setFont(font("caption", 600))
        painter.setPen(t.bad)
        width = painter.fontMetrics().horizontalAdvance(sentence)
        left = x + 10 if x + 10 + width < area.right() else x - 10 - width
        painter.drawText(QRectF(left, area.top() + 4, width + 2, painter.fontMetrics().height()), _WORDS, sentence)


def _paint_best(painter: QPainter, chart: Marked, area: QRectF) -> None:
    best = chart.best or chart.validation.best()
    if best is None or chart.validation.size < 2:
        return
    t = tokens()
    at = chart.marks.at(best[0], float(chart.shown(np.array([best[1]]))[0]))
    if not area.adjusted(-2, -2, 2, 2).contains(at):
        return
    painter.setPen(QPen(t.valid, 2))
    painter.setBrush(t.card)
    painter.drawEllipse(at, 6, 6)
    if chart.show_values or area.height() < 100 or chart.crosshair is not None:
        return
    words = chart.best_words or tr("best so far {value}", value=number(best[1]))
    painter.setFont(font("caption", 600))
    metrics = painter.fontMetrics()
    width = metrics.horizontalAdvance(words)
    left = min(max(area.left(), at.x() - width + 12), area.right() - width)
    top = at.y() - 12 - metrics.height()
    top = top if top > area.top() else at.y() + 12
    painter.setPen(t.valid)
    _on_card(painter, QRectF(left, top, width + 2, metrics.height()), words)


def _on_card(painter: QPainter, area: QRectF, words: str) -> None:
    """Words on a breath of card colour, so that a line below them doesn't cross the letters."""
    pen = painter.pen()
    box(painter, area.adjusted(-2, 0, 2, 0), 3, faded(tokens().card, 0.82))
    painter.setPen(pen)
    painter.drawText(area, _WORDS, words)


def _ends(chart: Marked) -> list[tuple[str, QColor, Series, float, float]]:
    """Name, colour, series, last step and the value as drawn, of each curve."""
    t = tokens()
    edge = chart.view.viewRange()[0][1]
    found: list[tuple[str, QColor, Series, float, float]] = []
    for words, ink, series in ((tr("Validation"), t.valid, chart.validation), (tr("Training"), t.train, chart.train)):
        if series.size:
            drawn = smoothed(series.values) if chart.smooth and series is chart.train else series.values
            seen = max(0, int(np.searchsorted(series.steps, edge, side="right")) - 1)
            found.append((words, ink, series, float(series.steps[seen]), float(drawn[seen])))
    return found


def _said(chart: Marked, words: str, value: float) -> str:
    return f"{words} {number(value, 2)}" if chart.show_values else words


def names_width(chart: Marked) -> float:
    """How much room the names at the lines' ends take, in pixels."""
    metrics = QFontMetricsF(font("caption", 600, tabular=True))
    return 18 + max((metrics.horizontalAdvance(_said(chart, w, v)) for w, _i, _s, _x, v in _ends(chart)), default=0.0)


def _paint_names(painter: QPainter, chart: Marked, area: QRectF) -> None:
    """The names stand at the last point that can be seen, so that they belong to their lines also when zoomed."""
    ends = _ends(chart)
    painter.setFont(font("caption", 600, tabular=True))
    metrics = painter.fontMetrics()
    points = [chart.marks.at(step, float(chart.shown(np.array([v]))[0])) for _w, _i, _s, step, v in ends]
    height = metrics.height()
    tops = spread([p.y() for p in points], height - 1.0, area.top() + height / 2, area.bottom() - height / 2)
    x = max(p.x() for p in points) + 11
    stop = chart.marks.at(chart.early_stop[0], 0).x() if chart.early_stop is not None else math.inf
    for (words, ink, _series, _step, value), y in zip(ends, tops, strict=True):
        said = _said(chart, words, value)
        width = metrics.horizontalAdvance(said)
        left = min(x, area.right() - width)
        if left < area.left():
            continue
        painter.setPen(ink)
        over = left < x or left < stop < left + width
        _on_card_if_over(painter, QRectF(left, y - height / 2, width + 2, height), said, over)


def _on_card_if_over(painter: QPainter, area: QRectF, words: str, over: bool) -> None:
    if over:
        _on_card(painter, area, words)
    else:
        painter.drawText(area, _WORDS, words)


def _paint_crosshair(painter: QPainter, chart: Marked, area: QRectF) -> None:
    t = tokens()
    step = chart.crosshair or 0.0
    x = chart.marks.at(step, 0).x()
    if not area.left() - 1 <= x <= area.right() + 1:
        return
    painter.setPen(QPen(t.quiet, 1))
    painter.drawLine(QPointF(round(x) + 0.5, area.top()), QPointF(round(x) + 0.5, area.bottom()))
    lines: list[tuple[str, QColor]] = [(tr("Step {n}", n=count(step)), t.text)]
    for words, ink, series, _step, _value in _ends(chart):
        nearest = series.nearest(step)
        if nearest is None:
            continue
        at = chart.marks.at(nearest[0], float(chart.shown(np.array([nearest[1]]))[0]))
        painter.setPen(QPen(t.card, 1.5))
        painter.setBrush(ink)
        if area.contains(at):
            painter.drawEllipse(at, 4.5, 4.5)
        lines.append((f"{words} {number(nearest[1])}", ink))
    _paint_readout(painter, area, x, lines)


def _paint_readout(painter: QPainter, area: QRectF, x: float, lines: list[tuple[str, QColor]]) -> None:
    t = tokens()
    painter.setFont(font("caption", 600, tabular=True))
    metrics = painter.fontMetrics()
    width = max(metrics.horizontalAdvance(words) for words, _ink in lines) + 20
    height = len(lines) * metrics.height() + 12
    left = x + 12 if x + 12 + width < area.right() else x - 12 - width
    card = QRectF(left, area.top() + 4, width, height)
    box(painter, card, 6, t.card, t.border)
    for place, (words, ink) in enumerate(lines):
        painter.setPen(ink)
        line = QRectF(card.left() + 10, card.top() + 6 + place * metrics.height(), width, metrics.height())
        painter.drawText(line, _WORDS, words)
