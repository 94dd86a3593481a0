"""How sure a number is: a band for the interval, a dot for the value, a dashed line for "no difference"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.paint import antialiased, box, faded


@dataclass(frozen=True)
class IntervalRow:
    """One value with its interval; `name` stands at the left, `words` at the right."""

    name: str
    low: float
    value: float
    high: float
    words: str = ""
    tone: str = "good"


class Interval(QWidget):
    """Rows of intervals over one scale. With `compact` only band, dot and dashed line are drawn."""

    def __init__(self, *, compact: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compact = compact
        self._rows: tuple[IntervalRow, ...] = ()
        self._low, self._high = 0.0, 1.0
        self._ticks: tuple[tuple[float, str], ...] = ()
        self._reference: float | None = None
        self._reference_words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_scale(
        self,
        low: float,
        high: float,
        *,
        ticks: Sequence[tuple[float, str]] = (),
        no_difference: float | None = None,
        no_difference_words: str = "",
    ) -> None:
        """The scale's ends, its ticks as (value, words), and where there is no difference."""
        self._low, self._high = low, high if high > low else low + 1.0
        self._ticks = tuple(ticks)
        self._reference, self._reference_words = no_difference, no_difference_words
        self.updateGeometry()
        self.update()

    def set_rows(self, rows: Sequence[IntervalRow]) -> None:
        """Show values with their intervals."""
        self._rows = tuple(rows)
        self.setAccessibleName("; ".join(f"{row.name} {row.words}".strip() for row in self._rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        if self._compact:
            return QSize(80, 20)
        line = self.fontMetrics().height()
        top = line + 6 if self._reference_words else 6
        return QSize(360, top + len(self._rows) * 44 + (line + 6 if self._ticks else 0))

    def minimumSizeHint(self) -> QSize:
        return QSize(48 if self._compact else 220, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        plot = self._plot_area(painter)
        self._paint_scale(painter, plot)
        pitch = plot.height() / max(1, len(self._rows))
        for place, shown in enumerate(self._rows):
            self._paint_row(painter, shown, plot, plot.top() + pitch * (place + 0.5))

    def _plot_area(self, painter: QPainter) -> QRectF:
        if self._compact:
            return QRectF(7, 0, self.width() - 14, self.height())
        line = self.fontMetrics().height()
        painter.setFont(font("body", 600, tabular=True))
        width = painter.fontMetrics().horizontalAdvance
        names = max((width(row.name) for row in self._rows), default=0)
        words = max((width(row.words) for row in self._rows), default=0)
        half_tick = 22 if self._ticks else 8
        top = line + 6 if self._reference_words else 6
        bottom = line + 6 if self._ticks else 0
        left, right = names + max(12, half_tick) if names else half_tick, words + half_tick + 4
        if self.isRightToLeft():
            left, right = right, left
        return QRectF(left, top, max(20, self.width() - left - right), self.height() - top - bottom)

    def _x(self, value: float, plot: QRectF) -> float:
        share = min(1.0, max(0.0, (value - self._low) / (self._high - self._low)))
        return plot.left() + plot.width() * share

    def _paint_scale(self, painter: QPainter, plot: QRectF) -> None:
        t = tokens()
        painter.setFont(font("tick", 500))
        height = painter.fontMetrics().height()
        for value, words in self._ticks:
            x = self._x(value, plot)
            painter.setPen(QPen(t.grid, 1))
            painter.drawLine(QPointF(round(x) + 0.5, plot.top()), QPointF(round(x) + 0.5, plot.bottom()))
            painter.setPen(t.second)
            painter.drawText(QRectF(x - 60, plot.bottom() + 4, 120, height), Qt.AlignmentFlag.AlignHCenter, words)
        if self._reference is None:
            return
        x = round(self._x(self._reference, plot)) + 0.5
        pen = QPen(t.quiet, 1.4)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        if self._reference_words:
            painter.setFont(font("caption"))
            painter.setPen(t.second)
            height = painter.fontMetrics().height()
            above = QRectF(x - 80, plot.top() - height - 2, 160, height)
            painter.drawText(above, Qt.AlignmentFlag.AlignHCenter, self._reference_words)

    def _paint_row(self, painter: QPainter, shown: IntervalRow, plot: QRectF, y: float) -> None:
        t = tokens()
        ink = t.named(shown.tone)
        thick = 8.0 if self._compact else 12.0
        low, high = self._x(shown.low, plot), self._x(shown.high, plot)
        band = QRectF(low - thick / 2, y - thick / 2, high - low + thick, thick)
        box(painter, band, thick / 2, faded(ink, 0.28))
        painter.setPen(QPen(t.card, 1.5))
        painter.setBrush(ink)
        size = 5.0 if self._compact else 7.5
        painter.drawEllipse(QPointF(self._x(shown.value, plot), y), size, size)
        if self._compact:
            return
        painter.setFont(font("body", 500))
        height = painter.fontMetrics().height()
        painter.setPen(t.text)
        line = QRectF(0, y - height / 2, self.width(), height)
        mirrored = self.isRightToLeft()
        start, end = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        if mirrored:
            start, end = end, start
        painter.drawText(line, start | Qt.AlignmentFlag.AlignAbsolute, shown.name)
        painter.setFont(font("body", 600, tabular=True))
        painter.setPen(ink)
        painter.drawText(line, end | Qt.AlignmentFlag.AlignAbsolute, shown.words)
