"""The live loss chart: training and validation, best point, early stop, crosshair, zoom, log and smoothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.ui.theme import SPACE_8
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.chart_parts import (
    Floats,
    Overlay,
    QuietAxis,
    quiet_plot,
)
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import row, wide
from studio.ui.widgets.loss_curves import Glide, LossCurves
from studio.ui.widgets.loss_data import Series, summary
from studio.ui.widgets.loss_marks import names_width, paint_ground, paint_marks
from studio.ui.widgets.paint import antialiased, focus_ring, keyboard_focus
from studio.ui.widgets.switches import Segmented
from studio.ui.wording import count, number, tr

REDRAW_MS, GLIDE_EVERY_MS = 100, 1000
Points = Iterable[tuple[float, float]]


class LossChart(QWidget):
    """Two growing curves over steps.

    Points may be appended as fast as they come: they are drawn ten times a second at most, and the limits move at most
    once a second. Wheel or drag zooms along the steps, double click or 0 shows all again; Left and Right move the
    crosshair from point to point. `hovered(step or None)` and `zoomed(low, high)` let a second chart go along.
    """

    hovered = Signal(object)
    zoomed = Signal(float, float)

    def __init__(
        self,
        title: str = "",
        aside: str = "",
        *,
        controls: bool = True,
        show_values: bool = False,
        height: int = 200,
        redraw_ms: int = REDRAW_MS,
    ) -> None:
        """`controls`: Smooth/Raw, Linear/Log and the zoom button; `show_values`: names carry the last value.

        What came in is drawn `redraw_ms` after the first of it.
        """
        super().__init__()
        self.title = title or tr("Error on the examples")
        self.show_values = show_values
        self.train, self.validation = Series(), Series()
        self.total = 0
        self.early_stop: tuple[float, str] | None = None
        self.stopped: tuple[float, str] | None = None
        self.best: tuple[float, float] | None = None
        self.best_words = ""
        self.crosshair: float | None = None
        self.selecting: tuple[float, float] | None = None
        self.log, self.smooth = False, True
        self.in_line: tuple[LossChart, ...] = (self,)
        self._zoom: tuple[float, float] | None = None
        self._height = height
        self._build_plot(height)
        self._build_controls(aside, controls)
        self._build_timers(redraw_ms)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._restyle()
        self._redraw()

    def _build_plot(self, height: int) -> None:
        self.left, self.bottom = QuietAxis("left", most=5 if height > 130 else 3), QuietAxis("bottom", count, 8)
        self.plot, self.view = quiet_plot(self.left, self.bottom)
        self.left.setWidth(40)
        self.bottom.setHeight(24)
        self.curves = LossCurves(self, self.view)
        self.ground = Overlay(self.plot, self.view, lambda painter: paint_ground(painter, self))
        self.marks = Overlay(self.plot, self.view, lambda painter: paint_marks(painter, self))
        self.ground.lower()
        self.plot.viewport().raise_()
        self.marks.raise_()
        self.plot.installEventFilter(self)
        self.plot.viewport().setMouseTracking(True)
        self.plot.viewport().installEventFilter(self)
        self.view.selected.connect(self.set_x_range)
        self.view.selecting.connect(self._select)
        self.view.reset_wanted.connect(self.reset_zoom)
        self.view.sigRangeChangedManually.connect(lambda *_: self._wheeled())
        self.view.sigRangeChanged.connect(lambda *_: (self.ground.update(), self.marks.update()))

    def _build_controls(self, aside: str, controls: bool) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        self._title_label, self._aside_label = Label(self.title, "strong"), ElidedLabel(aside, "quiet")
        head = row(self._title_label, wide(self._aside_label), spacing=SPACE_8)
        self.smooth_switch = Segmented([("smooth", tr("Smooth")), ("raw", tr("Raw"))], name=tr("Smoothing"), small=True)
        self.scale_switch = Segmented([("linear", tr("Linear")), ("log", tr("Log"))], name=tr("Scale"), small=True)
        self.zoom_button = IconButton("magnifying-glass-minus", tr("Show the whole run"), small=True, framed=True)
        if controls:
            for widget in (self.smooth_switch, self.scale_switch, self.zoom_button):
                head.addWidget(widget)
            self.smooth_switch.changed.connect(lambda key: self.set_smooth(key == "smooth"))
            self.scale_switch.changed.connect(lambda key: self.set_log(key == "log"))
            self.zoom_button.clicked.connect(self.reset_zoom)
            self.zoom_button.set_disabled_reason(tr("The whole run is shown. Drag across the chart to zoom in."))
        else:
            for widget in (self.smooth_switch, self.scale_switch, self.zoom_button):
                widget.setParent(self)
                widget.hide()
        outer.addLayout(head)
        outer.addWidget(self.plot, 1)

    def _build_timers(self, redraw_ms: int) -> None:
        self._redraw_timer = QTimer(self, singleShot=True, interval=redraw_ms)
        self._redraw_timer.timeout.connect(self._redraw)
        self._glide_timer = QTimer(self, singleShot=True, interval=GLIDE_EVERY_MS)
        self._glide_timer.timeout.connect(lambda: self._fit(glide=True))
        self._glide = Glide(self, self.view)

    # What a page says

    def set_title(self, title: str, aside: str) -> None:
        """Change what the curves are."""
        self.title = title
        self._title_label.setText(title)
        self._aside_label.setText(aside)

    def set_run(self, total_steps: int) -> None:
        """How many steps the whole run has; 0 where that is not known."""
        self.total = total_steps
        self._fit(glide=False)

    def stand_in_line(self, other: LossChart) -> None:
        """Leave as much room for names as the other, so that the same step stands at the same place in both."""
        self.in_line = other.in_line = (self, other)

    def append(self, train: Points = (), validation: Points = ()) -> None:
        """New points, in order of steps."""
        added = self.train.append(train)
        if self.validation.append(validation) or added:
            self._dirty()

    def _dirty(self) -> None:
        if not self._redraw_timer.isActive():
            self._redraw_timer.start()

    def set_points(self, train: Points, validation: Points) -> None:
        """Replace everything, for another run."""
        self.train.clear()
        self.validation.clear()
        self.train.append(train)
        self.validation.append(validation)
        self._zoom = None
        self.flush(glide=False)

    def set_best(self, step: float | None, value: float = 0.0, words: str = "") -> None:
        """The best point; without it the lowest validation point is marked."""
        self.best = None if step is None else (step, value)
        self.best_words = words
        self.marks.update()

    def set_early_stop(self, step: float | None, sentence: str = "") -> None:
        """From here on the run stops early unless a check is better; None takes the shade away."""
        self.early_stop = None if step is None else (step, sentence)
        self.ground.update()
        self.marks.update()

    def set_stopped(self, step: float | None, sentence: str = "") -> None:
        """Where the run stopped by itself, as a red line with a sentence."""
        self.stopped = None if step is None else (step, sentence)
        self.marks.update()

    def set_log(self, log: bool) -> None:
        """Logarithmic or linear values."""
        self.log = self.left.log = log
        self.scale_switch.set_current("log" if log else "linear")
        self.left.picture = None
        self.flush(glide=False)

    def set_smooth(self, smooth: bool) -> None:
        """Smooth over raw, or raw alone."""
        self.smooth = smooth
        self.smooth_switch.set_current("smooth" if smooth else "raw")
        self.flush(glide=False)

    def set_x_range(self, low: float, high: float) -> None:
        """Zoom to these steps."""
        if high - low >= 1:
            self._zoom = (low, high)
            self._fit(glide=False)
            self.zoom_button.set_disabled_reason("")
            self.zoomed.emit(low, high)

    def reset_zoom(self) -> None:
        """Show the whole run."""
        if self._zoom is not None:
            self._zoom = None
            self.zoom_button.set_disabled_reason(tr("The whole run is shown. Drag across the chart to zoom in."))
            self._fit(glide=False)
            low, high = self.view.viewRange()[0]
            self.zoomed.emit(low, high)

    def set_crosshair(self, step: float | None) -> None:
        """Show the readout at a step, without emitting."""
        self.crosshair = step
        self.marks.update()

    def summary(self) -> str:
        """The chart in words."""
        return summary(self.title, self.train, self.validation)

    def flush(self, glide: bool = False) -> None:
        """Draw what has come in now."""
        self._redraw_timer.stop()
        self._redraw()
        self._fit(glide)

    def shown(self, values: Floats) -> Floats:
        """Values as they stand on the axis: themselves, or their powers of ten."""
        return np.log10(np.maximum(values, 1e-12)) if self.log else values

    # Drawing

    def _redraw(self) -> None:
        empty = not self.train.size and not self.validation.size
        self.left.limit([] if empty else None)
        self.bottom.limit([] if empty and not self.total else None, float(self.total) if self.total else None)
        self.curves.draw(self.train, self.validation, smooth=self.smooth, shown=self.shown)
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.summary())
        if not self._glide_timer.isActive():
            self._fit(glide=True)
            self._glide_timer.start()
        self.marks.update()

    def _limits(self) -> tuple[float, float, float, float]:
        """x and y limits that hold everything that is to be seen."""
        last = max([*self.train.steps[-1:], *self.validation.steps[-1:], 1.0])
        x0, x1 = self._zoom or (0.0, float(max(last, self.total)))
        # Room for the first dot and the word below it, and for the names where the run comes near its end.
        x0 -= (x1 - x0) * 0.012
        if self._zoom is None and (self.train.size or self.validation.size):
            names = max(names_width(chart) for chart in self.in_line)
            taken = min(0.5, names / max(1.0, self.marks.plot_area().width()))
            x1 = max(x1, x0 + (float(last) - x0) / (1 - taken))
        found: list[Floats] = []
        for series in (self.train, self.validation):
            inside = (series.steps >= x0) & (series.steps <= x1)
            found.append(self.shown(series.values[inside]))
        values = np.concatenate(found)
        if not len(values):
            return x0, x1, (-1.0 if self.log else 0.0), 1.0
        # A single spike among thousands of points must not press the curve flat.
        top = float(np.quantile(values, 0.998)) if len(values) > 500 else float(values.max())
        low = float(values.min())
        room = (top - low) * 0.08 or abs(top) * 0.1 or 0.1
        return x0, x1, low - room, top + room

    def _fit(self, glide: bool) -> None:
        self._glide.to(self._limits(), at_once=not glide or self.train.size <= 2)

    def _restyle(self) -> None:
        self.curves.restyle(self.smooth)
        for axis in (self.left, self.bottom):
            axis.restyle()

    def gridlines(self) -> Sequence[float]:
        """Where the left axis has its words."""
        low, high = self.view.viewRange()[1]
        return self.left.tickValues(low, high, 1.0)[0][1]

    # Pointer and keys

    def _pointed(self, pos: QPointF) -> None:
        inside = self.marks.plot_area().contains(pos)
        self._set_hover(self.marks.x_at(pos.x()) if inside else None)

    def _set_hover(self, step: float | None) -> None:
        if step is not None:
            series = self.train if self.train.size else self.validation
            nearest = series.nearest(step)
            step = nearest[0] if nearest else None
        self.set_crosshair(step)
        self.hovered.emit(step)

    def _select(self, span: tuple[float, float] | None) -> None:
        self.selecting = span
        self.marks.update()

    def _wheeled(self) -> None:
        low, high = self.view.viewRange()[0]
        full = float(max([*self.train.steps[-1:], *self.validation.steps[-1:], self.total, 1]))
        if high - low >= full:
            self.reset_zoom()
        else:
            low = max(0.0, low)
            self.set_x_range(low, min(full, max(high, low + 2)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step_crosshair(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.reset_zoom()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            low, high = self.view.viewRange()[0]
            middle = self.crosshair if self.crosshair is not None else (low + high) / 2
            factor = 2.0 if key == Qt.Key.Key_Minus else 0.5
            self.view.setXRange(middle - (middle - low) * factor, middle + (high - middle) * factor, padding=0)
            self._wheeled()
        elif key == Qt.Key.Key_Escape and self.crosshair is not None:
            self._set_hover(None)
        else:
            super().keyPressEvent(event)

    def _step_crosshair(self, way: int) -> None:
        steps = self.validation.steps if self.validation.size else self.train.steps
        if not len(steps):
            return
        if self.crosshair is None:
            self._set_hover(float(steps[-1 if way < 0 else 0]))
        else:
            place = int(np.abs(steps - self.crosshair).argmin()) + way
            self._set_hover(float(steps[min(len(steps) - 1, max(0, place))]))
        self.setAccessibleDescription(self.readout())

    def readout(self) -> str:
        """The values at the crosshair in words."""
        if self.crosshair is None:
            return self.summary()
        said = [tr("Step {n}", n=count(self.crosshair))]
        for words, series in ((tr("training"), self.train), (tr("validation"), self.validation)):
            nearest = series.nearest(self.crosshair)
            if nearest is not None:
                said.append(f"{words} {number(nearest[1])}")
        return ", ".join(said)

    # Qt

    def sizeHint(self) -> QSize:
        return QSize(480, self._height + 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 110)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.plot:
            for sheet in (self.ground, self.marks):
                sheet.setGeometry(self.plot.rect())
            self._fit(glide=False)
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._pointed(event.position())
        elif event.type() == QEvent.Type.Leave:
            self._set_hover(None)
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange) and hasattr(self, "curves"):
            self._restyle()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._restyle()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if keyboard_focus(self):
            painter: QPainter = antialiased(self)
            focus_ring(painter, self.rect(), 6)
