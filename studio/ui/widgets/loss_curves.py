"""The curves of a loss chart as pyqtgraph draws them, and limits that glide instead of jumping."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QVariantAnimation
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from studio.ui.theme import tokens
from studio.ui.widgets.chart_parts import Floats, sharp_pen, smoothed, thinned
from studio.ui.widgets.loss_data import Series
from studio.ui.widgets.motion import moves
from studio.ui.widgets.paint import faded

GLIDE_MS = 240
# Beyond so many checks their dots would touch each other.
MOST_DOTS = 400

Limits = tuple[float, float, float, float]


class LossCurves:
    """Raw and smooth training loss, validation loss and its dots."""

    def __init__(self, chart: QWidget, view: pg.ViewBox) -> None:
        self._chart = chart
        self.raw = pg.PlotCurveItem(antialias=True)
        self.line = pg.PlotCurveItem(antialias=True)
        self.valid = pg.PlotCurveItem(antialias=True)
        self.dots = pg.ScatterPlotItem(pxMode=True, antialias=True)
        for item in (self.raw, self.line, self.valid, self.dots):
            view.addItem(item, ignoreBounds=True)

    def draw(self, train: Series, validation: Series, *, smooth: bool, shown: Callable[[Floats], Floats]) -> None:
        """Take new points; `shown` turns values into places on the axis."""
        self.raw.setData(*thinned(train.steps, shown(train.values)))
        self.raw.setPen(self._raw_pen(smooth))
        self.line.setVisible(smooth)
        if smooth:
            self.line.setData(*thinned(train.steps, shown(smoothed(train.values))))
        losses = shown(validation.values)
        self.valid.setData(*thinned(validation.steps, losses))
        if validation.size <= MOST_DOTS:
            self.dots.setData(x=validation.steps, y=losses)
        else:
            self.dots.clear()

    def restyle(self, smooth: bool) -> None:
        """Take the palette's colours and the screen's pixel ratio."""
        t = tokens()
        self.line.setPen(sharp_pen(self._chart, t.train, 2.25))
        self.raw.setPen(self._raw_pen(smooth))
        self.valid.setPen(sharp_pen(self._chart, t.valid, 2.0))
        self.dots.setPen(sharp_pen(self._chart, t.card, 1.0))
        self.dots.setBrush(pg.mkBrush(t.valid))
        self.dots.setSize(6)

    def _raw_pen(self, smooth: bool) -> QPen:
        ink = tokens().train
        return sharp_pen(self._chart, faded(ink, 0.28) if smooth else ink, 1.0)


class Glide:
    """Moves a view's limits to new ones in a quarter of a second, or at once where nothing should move."""

    def __init__(self, chart: QWidget, view: pg.ViewBox) -> None:
        self._chart, self._view = chart, view
        self._from: Limits = (0.0, 1.0, 0.0, 1.0)
        self._to: Limits = self._from
        self._animation = QVariantAnimation(chart, duration=GLIDE_MS, startValue=0.0, endValue=1.0)
        self._animation.valueChanged.connect(self._moved)

    def to(self, limits: Limits, at_once: bool) -> None:
        """Show x from, x to, y from, y to."""
        (x0, x1), (y0, y1) = self._view.viewRange()
        self._from, self._to = (x0, x1, y0, y1), limits
        self._animation.stop()
        if at_once or not moves() or not self._chart.isVisible():
            self._moved(1.0)
        else:
            self._animation.start()

    def _moved(self, share: float) -> None:
        x0, x1, y0, y1 = (a + (b - a) * share for a, b in zip(self._from, self._to, strict=True))
        self._view.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0, disableAutoRange=True)
