"""How the step size runs through the training: as set, beside the recommended course."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.config import TrainSettings
from studio.core.schedule import learning_rate_at, steps_per_epoch, total_steps
from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.inputs import plain_number
from studio.ui.widgets.paint import antialiased
from studio.ui.wording import tr

_POINTS = 240
_USUAL_EXAMPLES = 1000
_ORDINALS = ("first time through", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Course:
    """A course of the step size: (times through the data, step size) from the first step to the last."""

    points: tuple[tuple[float, float], ...]

    @property
    def end(self) -> float:
        return self.points[-1][0]

    @property
    def top(self) -> float:
        return max(rate for _time, rate in self.points)


def course(settings: TrainSettings, examples: int) -> Course:
    """The course for so many training examples; while none are prepared, that of a thousand."""
    examples = examples or _USUAL_EXAMPLES
    steps = total_steps(examples, settings)
    per_epoch = steps_per_epoch(examples, settings)
    taken = sorted({max(1, round(1 + (steps - 1) * at / (_POINTS - 1))) for at in range(_POINTS)})
    points = [(step / per_epoch, learning_rate_at(step, steps, settings)) for step in taken]
    return Course(((0.0, 0.0 if settings.warmup else points[0][1]), *points))


class RateCurve(QWidget):
    """The two courses over the times through the data. Where they are the same only one is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self._yours: Course | None = None
        self._usual: Course | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_courses(self, yours: Course, usual: Course | None) -> None:
        """`usual` is the recommended course, None where there is nothing to compare with."""
        if (yours, usual) == (self._yours, self._usual):
            return
        self._yours, self._usual = yours, usual if usual != yours else None
        said = tr(
            "Step size over the run: at most {top}, over {times} times through the data",
            top=plain_number(yours.top),
            times=plain_number(round(yours.end, 2)),
        )
        self.setAccessibleName(said)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 106)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 106)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._yours is None:
            return
        t = tokens()
        painter = antialiased(self)
        painter.setFont(font("tick", 500))
        shown = [each for each in (self._yours, self._usual) if each is not None]
        end, ticks = max(each.end for each in shown), _ticks(max(each.top for each in shown))
        left = max(painter.fontMetrics().horizontalAdvance(plain_number(tick)) for tick in ticks) + 10
        line = painter.fontMetrics().height()
        plot = QRectF(left, 6, self.width() - left - 4, self.height() - line - 16)
        self._paint_scale(painter, plot, ticks, end)
        if self._usual is not None:
            dashed = QPen(t.quiet, 1.4)
            dashed.setDashPattern([4, 3])
            self._paint_course(painter, plot, self._usual, end, ticks[-1], dashed)
        self._paint_course(painter, plot, self._yours, end, ticks[-1], QPen(t.accent, 2.25))
        if self._usual is not None:
            self._paint_names(painter, plot, end, ticks[-1])

    def _paint_scale(self, painter: QPainter, plot: QRectF, ticks: Sequence[float], end: float) -> None:
        t = tokens()
        height = painter.fontMetrics().height()
        for tick in ticks:
            y = round(plot.bottom() - plot.height() * tick / ticks[-1]) + 0.5
            painter.setPen(QPen(t.grid, 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(t.second)
            place = QRectF(0, y - height / 2, plot.left() - 8, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, plain_number(tick))
        stride = max(1, math.ceil(end / 6))
        for time in range(0, math.ceil(end), stride):
            x = plot.left() + plot.width() * time / end
            upto = min(end, time + stride)
            if time:
                painter.setPen(QPen(t.grid, 1))
                painter.drawLine(QPointF(round(x) + 0.5, plot.top()), QPointF(round(x) + 0.5, plot.bottom()))
            painter.setPen(t.second)
            width = plot.width() * (upto - time) / end
            words = tr(_ORDINALS[time]) if stride == 1 and time < len(_ORDINALS) else str(time + 1)
            room = QRectF(x, plot.bottom() + 6, width, height)
            if painter.fontMetrics().horizontalAdvance(words) <= width:
                painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, words)

    def _paint_course(self, painter: QPainter, plot: QRectF, shown: Course, end: float, top: float, pen: QPen) -> None:
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([_place(plot, point, end, top) for point in shown.points]))

    def _paint_names(self, painter: QPainter, plot: QRectF, end: float, top: float) -> None:
        """Names at the curves themselves: the higher one above its curve, the lower one below."""
        assert self._yours is not None and self._usual is not None
        t = tokens()
        painter.setFont(font("caption", 600))
        metrics = painter.fontMetrics()
        named = ((self._yours, tr("Yours"), t.accent), (self._usual, tr("Recommended"), t.second))
        higher = 0 if self._yours.top >= self._usual.top else 1
        for place, (shown, words, colour) in enumerate(named):
            at = next((p for p in shown.points if p[0] >= 0.3 * shown.end), shown.points[-1])
            point = _place(plot, at, end, top)
            y = point.y() - metrics.descent() - 8 if place == higher else point.y() + metrics.ascent() + 5
            y = min(plot.bottom() - 3, max(plot.top() + metrics.ascent() - 6, y))
            painter.setPen(colour)
            painter.drawText(QPointF(point.x() + (6 if place == higher else -70), y), words)


def _place(plot: QRectF, point: tuple[float, float], end: float, top: float) -> QPointF:
    return QPointF(plot.left() + plot.width() * point[0] / end, plot.bottom() - plot.height() * point[1] / top)


def _ticks(top: float) -> tuple[float, ...]:
    """Zero and two or three round steps up to `top` or just above it."""
    if top <= 0:
        return (0.0, 1.0)
    power = 10.0 ** math.floor(math.log10(top))
    for factor in (0.5, 1, 2, 2.5, 5):
        step = factor * power
        number = math.ceil(top / step - 1e-9)
        if number <= 3:
            return tuple(float(f"{step * at:.6g}") for at in range(number + 1))
    return (0.0, float(f"{10 * power:.6g}"))
