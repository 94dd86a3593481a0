"""Small pictures of amounts: memory against the card, progress, the split, sparklines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from studio.ui import wording
from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.paint import antialiased, box, faded, rounded_path
from studio.ui.wording import tr

Fit = Literal["ok", "warn", "bad"]

# Where the card's limit stands on the bar, so that what does not fit has room to be seen.
_LIMIT_AT = 0.86


class MemoryBar(QProgressBar):
    """How much memory something needs against what there is. The limit is a mark; what exceeds it is hatched."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name or tr("Memory")
        self._share, self._fit, self._words = 0.0, "ok", ""
        self.setTextVisible(False)
        self.setRange(0, 1000)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_memory(self, needed: float | None, limit: float | None, words: str = "", fit: Fit | None = None) -> None:
        """Bytes needed and bytes there are; `None` for what is not known. Words and fit follow unless given."""
        if needed is None:
            self._share, self._fit, self._words = 0.0, "ok", words or tr("not known")
        elif not limit:
            self._share, self._fit = 0.0, fit or "ok"
            self._words = words or wording.memory(needed, "up")
        else:
            self._share = needed / limit
            self._fit = fit or ("bad" if self._share > 1 else "warn" if self._share > 0.8 else "ok")
            self._words = words or wording.memory_of(needed, limit)
        self.setValue(round(1000 * min(1.0, self._share)))
        told = {"ok": tr("fits"), "warn": tr("nearly full"), "bad": tr("does not fit")}[self._fit]
        self.setAccessibleName(self._name)
        self.setAccessibleDescription(f"{self._words}, {told}" if limit else self._words)
        self.update()

    def words(self) -> str:
        """What stands at the right."""
        return self._words

    def fit(self) -> str:
        """ok, warn or bad."""
        return self._fit

    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 18)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        top = QRect(0, 0, self.width(), self.fontMetrics().height())
        mirrored = self.isRightToLeft()
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        start, end = (right, left) if mirrored else (left, right)
        painter.setFont(font("caption"))
        painter.setPen(t.second)
        painter.drawText(top, start | Qt.AlignmentFlag.AlignAbsolute, self._name)
        painter.setFont(font("caption", 600, tabular=True))
        painter.setPen(t.bad if self._fit == "bad" else t.text)
        painter.drawText(top, end | Qt.AlignmentFlag.AlignAbsolute, self._words)
        if mirrored:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        self._paint_bar(painter, QRectF(0, top.height() + 7, self.width(), 7))

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        t = tokens()
        fill = {"ok": t.train, "warn": t.warn, "bad": t.bad}[self._fit]
        box(painter, bar, 3.5, t.select)
        width = min(bar.width(), bar.width() * self._share * _LIMIT_AT)
        if width > 0:
            box(painter, QRectF(bar.left(), bar.top(), max(width, 7.0), 7), 3.5, fill)
        if self._share > 1:
            over = QRectF(bar.left() + bar.width() * _LIMIT_AT, bar.top(), width - bar.width() * _LIMIT_AT, 7)
            painter.save()
            painter.setClipPath(rounded_path(bar, 3.5))
            painter.setPen(QPen(t.card, 1.6))
            x = over.left() + 6
            while x < over.right() + 8:
                painter.drawLine(QPointF(x, over.bottom()), QPointF(x + 4, over.top()))
                x += 5
            painter.restore()
        if self._share > 0:
            x = bar.left() + bar.width() * _LIMIT_AT
            painter.fillRect(QRectF(round(x) - 2.5, bar.top() - 4, 5, 15), t.card)
            painter.fillRect(QRectF(round(x) - 1, bar.top() - 4, 2, 15), t.text)


class ProgressBar(QProgressBar):
    """How far a run has come, with thin gaps where the data begins anew."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share: float | None = 0.0
        self._ticks: tuple[float, ...] = ()
        self.setTextVisible(False)
        self.setRange(0, 1000)
        self.setAccessibleName(name or tr("Progress"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_progress(self, share: float | None, ticks: Sequence[float] = ()) -> None:
        """`share` from 0 to 1, None while it is not known; `ticks` are the shares where an epoch ends."""
        self._share, self._ticks = share, tuple(ticks)
        # Qt would paint the bar at once, and with it everything else in the window that waits for its turn.
        self.setUpdatesEnabled(False)
        self.setValue(round(1000 * min(1.0, max(0.0, share or 0.0))))
        self.setAccessibleDescription(wording.percent(share, 0) if share is not None else tr("not known yet"))
        self.setUpdatesEnabled(True)

    def sizeHint(self) -> QSize:
        return QSize(200, 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        if self.isRightToLeft():
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        bar = QRectF(self.rect())
        box(painter, bar, 4, t.select)
        width = bar.width() * min(1.0, max(0.0, self._share or 0.0))
        painter.save()
        painter.setClipPath(rounded_path(bar, 4))
        if self._share is None:
            painter.fillRect(bar, faded(t.fill, 0.35))
        elif width > 0:
            box(painter, QRectF(0, 0, max(width, 8.0), bar.height()), 4, t.fill)
        for tick in self._ticks:
            if 0 < tick < 1:
                painter.fillRect(QRectF(round(tick * bar.width()) - 1, 0, 2, bar.height()), t.card)
        painter.restore()


@dataclass(frozen=True)
class Part:
    """One part of a split bar: how many, what they are, and the token of their colour."""

    number: float
    words: str
    tone: str = "train"
    hatched: bool = False


class SplitBar(QWidget):
    """Parts of a whole side by side, each with its number and word below: train, validation, test."""

    def __init__(self, parts: Sequence[Part] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[Part, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_parts(parts)

    def set_parts(self, parts: Sequence[Part]) -> None:
        """Show other parts."""
        self._parts = tuple(parts)
        self.setAccessibleName(", ".join(f"{wording.count(p.number)} {p.words}" for p in self._parts))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 8 + 8 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        total = sum(part.number for part in self._parts)
        if not total:
            box(painter, QRectF(0, 0, self.width(), 8), 3, tokens().select)
            return
        gap, shown = 2.0, [part for part in self._parts if part.number > 0]
        room = self.width() - gap * (len(shown) - 1)
        widths = [max(4.0, room * part.number / total) for part in shown]
        widths = [width * room / sum(widths) for width in widths]
        x = 0.0
        for part, width in zip(shown, widths, strict=True):
            left = self.width() - x - width if self.isRightToLeft() else x
            box(painter, QRectF(left, 0, width, 8), 2, tokens().named(part.tone))
            x += width + gap
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        """Numbers below the bar, spread over the width: the first at its start, the last at its end."""
        t = tokens()
        bold, plain = font("caption", 600, tabular=True), font("caption")
        painter.setFont(bold)
        metrics = painter.fontMetrics()
        numbers = [wording.count(part.number) for part in self._parts]
        painter.setFont(plain)
        words = painter.fontMetrics()
        widths = [
            metrics.horizontalAdvance(n) + 5 + words.horizontalAdvance(p.words)
            for n, p in zip(numbers, self._parts, strict=True)
        ]
        gap = max(6.0, (self.width() - sum(widths)) / max(1, len(widths) - 1))
        x = 0.0
        for part, said, width in zip(self._parts, numbers, widths, strict=True):
            left = self.width() - x - width if self.isRightToLeft() else x
            painter.setFont(bold)
            ink = t.text if part.tone in ("frozen", "control", "quiet", "second") else t.named(part.tone)
            painter.setPen(ink)
            base = 14 + metrics.ascent()
            painter.drawText(QPointF(left, base), said)
            painter.setFont(plain)
            painter.setPen(t.second)
            painter.drawText(QPointF(left + metrics.horizontalAdvance(said) + 5, base), part.words)
            x += width + gap


class Sparkline(QWidget):
    """One or two small curves without axes; the first may be filled below, the last may carry its best point."""

    def __init__(self, *, height: int = 28, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: list[tuple[list[float], str]] = []
        self._best: int | None = None
        self._fill = False
        self._height = height
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, values: Sequence[float], tone: str = "control") -> None:
        """Show one curve."""
        self.set_series([(values, tone)])

    def set_series(
        self, series: Sequence[tuple[Sequence[float], str]], *, best: int | None = None, fill: bool = False
    ) -> None:
        """Curves with their colours; `best` is the index of the last curve's best point."""
        self._series = [([v for v in values if v == v], tone) for values, tone in series]
        self._best, self._fill = best, fill
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        painter.setPen(QPen(t.border, 1))
        painter.drawLine(QPointF(0, self.height() - 0.5), QPointF(self.width(), self.height() - 0.5))
        values = [v for series, _tone in self._series for v in series]
        if not values:
            return
        low, high = min(values), max(values)
        span = (high - low) or 1.0
        for place, (series, tone) in enumerate(self._series):
            line = self._points(series, low, span)
            if place == 0 and self._fill and len(line) > 1:
                self._paint_fill(painter, line, tone)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(t.named(tone), 1.75, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPolyline(QPolygonF(line))
            if place == len(self._series) - 1 and self._best is not None and self._best < len(line):
                painter.setBrush(t.card)
                painter.drawEllipse(line[self._best], 3.5, 3.5)

    def _points(self, series: Sequence[float], low: float, span: float) -> list[QPointF]:
        if len(series) > 2 * self.width():
            series = series[:: len(series) // max(1, self.width())]
        room = self.height() - 8
        step = (self.width() - 8) / max(1, len(series) - 1)
        return [QPointF(4 + i * step, 3 + room * (1 - (v - low) / span)) for i, v in enumerate(series)]

    def _paint_fill(self, painter: QPainter, line: list[QPointF], tone: str) -> None:
        below = [*line, QPointF(line[-1].x(), self.height() - 1), QPointF(line[0].x(), self.height() - 1)]
        shade = QLinearGradient(0, 0, 0, self.height())
        shade.setColorAt(0, faded(tokens().named(tone), 0.16))
        shade.setColorAt(1, faded(tokens().named(tone), 0.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawPolygon(QPolygonF(below))
