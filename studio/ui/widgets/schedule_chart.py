"""The learning-rate curve over a run: the person's against the recommended one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.chart_parts import Overlay, QuietAxis, quiet_plot, sharp_pen, thinned
from studio.ui.wording import number, tr

Curve = Sequence[tuple[float, float]]


class ScheduleChart(QWidget):
    """Step size over the run, with the times through the data below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._yours: Curve = ()
        self._recommended: Curve = ()
        self._epochs = 1.0
        self.left, self.bottom = QuietAxis("left", number, 3), QuietAxis("bottom")
        self.plot, self.view = quiet_plot(self.left, self.bottom)
        self.view.setMouseEnabled(x=False, y=False)
        self.plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.left.setWidth(58)
        self.bottom.setHeight(24)
        self.bottom.fixed = []
        self._theirs_line = pg.PlotCurveItem(antialias=True)
        self._yours_line = pg.PlotCurveItem(antialias=True)
        for item in (self._theirs_line, self._yours_line):
            self.view.addItem(item, ignoreBounds=True)
        self.ground = Overlay(self.plot, self.view, self._paint_ground)
        self.marks = Overlay(self.plot, self.view, self._paint_names)
        self.ground.lower()
        self.plot.viewport().raise_()
        self.marks.raise_()
        self.plot.installEventFilter(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.plot)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._restyle()

    def set_curves(self, yours: Curve, recommended: Curve = (), epochs: float = 1.0) -> None:
        """Curves as (share of the run from 0 to 1, rate). `recommended` is left out where it is the same."""
        self._yours, self._recommended, self._epochs = yours, recommended, max(1e-9, epochs)
        for line, curve in ((self._yours_line, yours), (self._theirs_line, recommended)):
            points = np.array(curve, dtype=np.float64).reshape(-1, 2)
            line.setData(*thinned(points[:, 0], points[:, 1]))
        top = max([rate for _at, rate in (*yours, *recommended)], default=1.0) or 1.0
        self.view.setRange(xRange=(0, 1.04), yRange=(-top * 0.04, top * 1.16), padding=0, disableAutoRange=True)
        self.bottom.fixed = self._epoch_words()
        self.bottom.picture = None
        self.setAccessibleName(tr("Step size over the run"))
        self.setAccessibleDescription(self.summary())
        self.ground.update()
        self.marks.update()

    def _epoch_words(self) -> list[tuple[float, str]]:
        whole = max(1, round(self._epochs))
        if whole == 1:
            return [(0.5, tr("once through the data"))]
        if whole > 6:
            return [(0.0, tr("start")), (0.5, tr("half-way")), (1.0, tr("end"))]
        names = [tr("first time through"), tr("second"), tr("third"), tr("fourth"), tr("fifth"), tr("sixth")]
        return [((i + 0.5) / self._epochs, names[i]) for i in range(whole) if (i + 0.5) / self._epochs <= 1]

    def summary(self) -> str:
        """The curve in words."""
        if not self._yours:
            return tr("No curve yet.")
        at, top = max(self._yours, key=lambda point: point[1])
        said = tr(
            "Rises to {top} after {share} of the run and ends at {end}.",
            top=number(top),
            share=f"{at:.0%}",
            end=number(self._yours[-1][1]),
        )
        if self._recommended:
            said += " " + tr("Recommended: up to {top}.", top=number(max(rate for _at, rate in self._recommended)))
        return said

    def _paint_ground(self, painter: QPainter) -> None:
        t = tokens()
        area = self.ground.plot_area()
        painter.setPen(QPen(t.grid, 1))
        low, high = self.view.viewRange()[1]
        for value in self.left.tickValues(low, high, 1.0)[0][1]:
            y = round(self.ground.at(0, value).y()) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        whole = round(self._epochs)
        for epoch in range(1, whole if whole <= 6 else 0):
            x = round(self.ground.at(epoch / self._epochs, 0).x()) + 0.5
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_names(self, painter: QPainter) -> None:
        t = tokens()
        painter.setFont(font("caption", 600))
        if self._recommended and self._yours:
            mine_higher = max(r for _a, r in self._yours) >= max(r for _a, r in self._recommended)
            self._name(painter, self._yours, 0.28, tr("Yours"), t.accent, above=mine_higher)
            self._name(painter, self._recommended, 0.16, tr("Recommended"), t.second, above=not mine_higher)

    def _name(self, painter: QPainter, curve: Curve, share: float, words: str, ink: QColor, *, above: bool) -> None:
        rates = np.interp(share, [a for a, _r in curve], [r for _a, r in curve])
        at = self.marks.at(share, float(rates))
        metrics = painter.fontMetrics()
        width = metrics.horizontalAdvance(words)
        top = at.y() - metrics.height() - 4 if above else at.y() + 5
        area = self.marks.plot_area()
        top = min(max(area.top(), top), area.bottom() - metrics.height())
        painter.setPen(ink)
        painter.drawText(
            QRectF(at.x() - width / 2, top, width + 2, metrics.height()), Qt.AlignmentFlag.AlignCenter, words
        )

    def _restyle(self) -> None:
        t = tokens()
        self._yours_line.setPen(sharp_pen(self, t.accent, 2.25))
        self._theirs_line.setPen(sharp_pen(self, t.control, 1.5, dashed=True))
        for axis in (self.left, self.bottom):
            axis.restyle()

    def sizeHint(self) -> QSize:
        return QSize(480, 130)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 100)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.plot:
            for sheet in (self.ground, self.marks):
                sheet.setGeometry(self.plot.rect())
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange) and hasattr(self, "marks"):
            self._restyle()
