"""What the charts share: quiet axes, a view that zooms along x, thinning to what can be seen, and label placing.

pyqtgraph draws the curves; words, marks and readouts are painted over it by ours, so they stay sharp at any scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.paint import antialiased
from studio.ui.wording import number

MOST_POINTS = 2000
Floats = np.ndarray[Any, np.dtype[np.float64]]


def thinned(x: Floats, y: Floats, most: int = MOST_POINTS) -> tuple[Floats, Floats]:
    """At most `most` points that look the same: each bucket keeps its lowest and its highest, in order."""
    if len(x) <= most:
        return x, y
    buckets = most // 2
    size = len(x) // buckets
    whole = size * buckets
    shaped = y[:whole].reshape(buckets, size)
    starts = np.arange(buckets) * size
    low, high = starts + shaped.argmin(axis=1), starts + shaped.argmax(axis=1)
    keep = np.unique(np.concatenate([[0], low, high, np.arange(whole, len(x)), [len(x) - 1]]))
    return x[keep], y[keep]


def smoothed(y: Floats, window: int | None = None) -> Floats:
    """The mean over the last `window` points (by default a sixteenth of all); the first average what there is."""
    if len(y) < 3:
        return y
    window = window or max(3, min(400, len(y) // 16))
    total = np.concatenate([[0.0], np.cumsum(y)])
    ends = np.arange(1, len(y) + 1)
    begins = np.maximum(0, ends - window)
    return (total[ends] - total[begins]) / (ends - begins)


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Three to `most` round numbers between two bounds."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    raw = span / most
    power = 10 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two bounds given as powers of ten; returned as powers of ten."""
    if high - low > 60 or not math.isfinite(high - low):
        return [low]
    for series in ((1, 2, 5), (1, 3), (1,)):
        found = [
            math.log10(m) + e
            for e in range(math.floor(low), math.ceil(high) + 1)
            for m in series
            if low <= math.log10(m) + e <= high
        ]
        if len(found) <= most:
            break
    if len(found) >= 3:
        return found
    return [math.log10(v) for v in nice_ticks(10**low, 10**high, most) if v > 0]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move positions apart until each is `gap` from the next, as little as possible and within the bounds."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    previous = -math.inf
    for i in order:
        placed[i] = previous = max(wanted[i], previous + gap, low)
    limit = high
    for i in reversed(order):
        placed[i] = min(placed[i], limit)
        limit = placed[i] - gap
    # Sharing the push keeps two labels at equal distance from their two lines.
    if len(order) == 2 and placed[order[1]] - placed[order[0]] <= gap + 0.01:
        middle = (wanted[order[0]] + wanted[order[1]]) / 2
        middle = min(high - gap / 2, max(low + gap / 2, middle))
        placed[order[0]], placed[order[1]] = middle - gap / 2, middle + gap / 2
    return placed


def sharp_pen(widget: QWidget, colour: QColor, width: float, dashed: bool = False) -> QPen:
    """A pen for pyqtgraph: its widths are device pixels, so they are multiplied by the screen's ratio."""
    made = pg.mkPen(colour, width=width * widget.devicePixelRatioF())
    if dashed:
        made.setDashPattern([4, 3])
    made.setCapStyle(Qt.PenCapStyle.RoundCap)
    made.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return made


class QuietAxis(pg.AxisItem):
    """An axis without a line or ticks: words, and for the left axis whispering gridlines."""

    def __init__(self, orientation: str, worded: Callable[[float], str] = number, most: int = 5) -> None:
        super().__init__(orientation, showValues=True)
        self.log = False
        self._worded = worded
        self.most = most
        self.fixed: list[tuple[float, str]] | None = None
        # Beyond this value nothing is worded: there the run has ended.
        self.last: float | None = None
        self.setStyle(tickLength=0, tickAlpha=0, tickTextOffset=8, autoExpandTextSpace=False)
        self.restyle()

    def restyle(self) -> None:
        """Take the palette's colours and the tick font."""
        self.setTickFont(font("tick", 500))
        self.setTextPen(tokens().second)
        self.setPen(pg.mkPen(None))
        self.picture = None
        self.update()

    def limit(self, fixed: list[tuple[float, str]] | None, last: float | None = None) -> None:
        """Word only these places, or (with None) the round ones up to `last`; draws anew where that differs."""
        if (fixed, last) != (self.fixed, self.last):
            self.fixed, self.last = fixed, last
            self.picture = None
            self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if self.fixed is not None:
            return [(1.0, [at for at, _words in self.fixed if low <= at <= high])]
        found = log_ticks(low, high, self.most) if self.log else nice_ticks(low, high, self.most)
        step = found[1] - found[0] if len(found) > 1 else 1.0
        return [(step, [at for at in found if self.last is None or at <= self.last])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.fixed is not None:
            words = dict(self.fixed)
            return [words.get(value, "") for value in values]
        return [self._worded(10**value if self.log else value) for value in values]

    def generateDrawSpecs(self, p: object) -> object:
        specs = super().generateDrawSpecs(p)
        if specs is None:
            return None
        axis, _ticks, words = specs
        return (QPen(Qt.PenStyle.NoPen), *axis[1:]), [], words


class XZoomView(pg.ViewBox):
    """A view that zooms and selects along x alone; the chart decides about y."""

    selected = Signal(float, float)
    selecting = Signal(object)
    reset_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=True, y=False)
        self.setDefaultPadding(0)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        event.accept()
        begin, end = self.mapToView(event.buttonDownPos()).x(), self.mapToView(event.pos()).x()
        if event.isFinish():
            self.selecting.emit(None)
            if abs(event.pos().x() - event.buttonDownPos().x()) > 6:
                self.selected.emit(min(begin, end), max(begin, end))
        else:
            self.selecting.emit((min(begin, end), max(begin, end)))

    def mouseDoubleClickEvent(self, event: Any) -> None:
        event.accept()
        self.reset_wanted.emit()


class Overlay(QWidget):
    """A sheet over the plot for words and marks; the pointer goes through it."""

    def __init__(self, plot: pg.PlotWidget, view: pg.ViewBox, paint: Callable[[Any], None]) -> None:
        super().__init__(plot)
        self._plot, self._view, self._paint = plot, view, paint
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)

    def plot_area(self) -> QRectF:
        """The rectangle of the curves, in this sheet's pixels."""
        return QRectF(self._plot.mapFromScene(self._view.sceneBoundingRect()).boundingRect())

    def at(self, x: float, y: float) -> QPointF:
        """Where a point of the data lies, in this sheet's pixels."""
        area = self.plot_area()
        (x0, x1), (y0, y1) = self._view.viewRange()
        return QPointF(
            area.left() + area.width() * (x - x0) / ((x1 - x0) or 1),
            area.bottom() - area.height() * (y - y0) / ((y1 - y0) or 1),
        )

    def x_at(self, pixel: float) -> float:
        """The data's x at a pixel of this sheet."""
        area = self.plot_area()
        x0, x1 = self._view.viewRange()[0]
        return x0 + (x1 - x0) * (pixel - area.left()) / (area.width() or 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        self._paint(painter)
        painter.end()


def quiet_plot(left: QuietAxis, bottom: QuietAxis) -> tuple[pg.PlotWidget, XZoomView]:
    """A transparent plot with our axes and our view."""
    view = XZoomView()
    item = pg.PlotItem(viewBox=view, axisItems={"left": left, "bottom": bottom})
    plot = pg.PlotWidget(plotItem=item)
    plot.setBackground(None)
    plot.setFrameShape(plot.Shape.NoFrame)
    plot.setStyleSheet("background: transparent; border: none;")
    plot.viewport().setAutoFillBackground(False)
    item.hideButtons()
    item.setContentsMargins(0, 4, 0, 0)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setMinimumHeight(60)
    # Steps run from left to right in every language.
    plot.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    item.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    return plot, view
