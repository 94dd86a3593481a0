"""The rails at the left: the steps of a project with their states, and Home's plain list of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from studio.ui.fonts import font
from studio.ui.icons import paint_icon
from studio.ui.theme import HEIGHT_STEP, RADIUS_CONTROL, SPACE_8, SPACE_16, WIDTH_RAIL, tokens
from studio.ui.widgets.labels import IconLabel, Label, elided
from studio.ui.widgets.layout import row
from studio.ui.widgets.paint import antialiased, blend
from studio.ui.widgets.rail_entry import RailEntry
from studio.ui.wording import tr

StepState = Literal["not_started", "ready", "running", "attention", "done", "failed"]


@dataclass(frozen=True)
class Step:
    """One step of the rail: its id, name, one fact, and state."""

    id: str
    name: str
    fact: str = ""
    state: StepState = "not_started"


@dataclass(frozen=True)
class Place:
    """One entry of the plain rail."""

    id: str
    name: str
    icon: str


def state_in_words(state: StepState) -> str:
    """How a state is told to a screen reader."""
    return {
        "not_started": tr("not started"),
        "ready": tr("ready"),
        "running": tr("running"),
        "attention": tr("needs attention"),
        "done": tr("done"),
        "failed": tr("failed"),
    }[state]


class _StepEntry(RailEntry):
    """State icon, name, fact; the hairline that joins the icons is drawn by the entries themselves."""

    def __init__(self, rail: QWidget, step: Step, first: bool, last: bool) -> None:
        super().__init__(rail, HEIGHT_STEP)
        self.first, self.last = first, last
        self.setMinimumHeight(max(HEIGHT_STEP, 2 * self.fontMetrics().height() + 18))
        self.step = step
        self.show_step(step)

    def show_step(self, step: Step) -> None:
        """Take new values; repaints only where something changed."""
        self.step = step
        self.setText(step.name.replace("&", "&&"))
        self.setAccessibleName(step.name)
        self.tell()
        self.update()

    def tell(self) -> None:
        """Word the entry's state for screen readers."""
        said = [state_in_words(self.step.state), self.step.fact]
        if self.current:
            said.insert(0, tr("current step"))
        self.setAccessibleDescription(", ".join(part for part in said if part))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        self.paint_ground(painter, self.rect().adjusted(0, 2, 0, -2), SPACE_8)
        mirrored = self.isRightToLeft()
        x = self.width() - 21 if mirrored else 21
        middle = self.height() / 2
        self._paint_line(painter, x, middle)
        paint_step_state(painter, QPointF(x, middle), self.step.state)
        left, width = 42, self.width() - 42 - 8
        self._paint_words(painter, QRect(8 if mirrored else left, 0, width, self.height()))

    def _paint_line(self, painter: QPainter, x: float, middle: float) -> None:
        painter.setPen(QPen(tokens().border, 1.5))
        if not self.first:
            painter.drawLine(QPointF(x, 0), QPointF(x, middle - 12))
        if not self.last:
            painter.drawLine(QPointF(x, middle + 12), QPointF(x, self.height()))

    def _paint_words(self, painter: QPainter, area: QRect) -> None:
        t = tokens()
        bold = self.current or self.step.state in ("attention", "failed")
        waiting = self.step.state == "not_started" and not self.current
        side = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        side |= Qt.AlignmentFlag.AlignAbsolute
        painter.setFont(font("body", 600 if bold else 500))
        metrics = painter.fontMetrics()
        top = (area.height() - metrics.height() - painter.fontMetrics().height() + 2) // 2
        name = QRect(area.left(), top, area.width(), metrics.height())
        painter.setPen(t.second if waiting else t.text)
        painter.drawText(name, side, elided(self.step.name, metrics, area.width()))
        painter.setFont(font("caption", tabular=True))
        fact_tone = {"attention": t.warn, "failed": t.bad}.get(self.step.state, t.second)
        painter.setPen(fact_tone)
        below = QRect(area.left(), name.bottom() + 1, area.width(), painter.fontMetrics().height())
        painter.drawText(below, side, elided(self.step.fact, painter.fontMetrics(), area.width()))


def paint_step_state(painter: QPainter, centre: QPointF, state: StepState) -> None:
    """Draw a step's state: dashed ring, ring, half, check, exclamation mark, cross."""
    t = tokens()
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    area = QRectF(centre.x() - 7.5, centre.y() - 7.5, 15, 15)
    if state == "not_started":
        pen = QPen(t.quiet, 1.4)
        pen.setDashPattern([2.6, 2.0])
        painter.setPen(pen)
        painter.drawEllipse(area)
    elif state in ("ready", "running"):
        painter.setPen(QPen(t.accent, 1.5))
        painter.drawEllipse(area)
        if state == "running":
            painter.setBrush(t.accent)
            painter.drawPie(area, 90 * 16, 180 * 16)
    else:
        sign, tone = {
            "done": ("check-circle-fill", t.good),
            "attention": ("warning-circle-fill", t.warn),
            "failed": ("x-circle-fill", t.bad),
        }[state]
        paint_icon(painter, area.adjusted(-2.5, -2.5, 2.5, 2.5), sign, tone)
    painter.restore()


class _Rail(QFrame):
    """The ground of a rail with the line at its inner edge."""

    def __init__(self, name: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFixedWidth(WIDTH_RAIL)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().rail)
        painter.fillRect(QRect(0 if self.isRightToLeft() else self.width() - 1, 0, 1, self.height()), tokens().border)


class StepRail(_Rail):
    """The project's steps. Up and Down move, Enter or Space or a click chooses; `chosen(id)` tells."""

    chosen = Signal(str)

    def __init__(self, steps: Sequence[Step] = (), parent: QWidget | None = None) -> None:
        super().__init__(tr("Steps"), parent)
        self._entries: dict[str, _StepEntry] = {}
        self._current = ""
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, SPACE_16 - 2, 10, SPACE_16)
        outer.addLayout(self._list)
        outer.addStretch(1)
        self._footer = Label("", "caption")
        self._footer_icon = IconLabel("check", "second", 13)
        outer.addLayout(row(12, self._footer_icon, self._footer, None, spacing=6))
        self.set_footer("")
        self.set_steps(steps)

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Show these steps; entries with known ids keep their focus and place."""
        if list(self._entries) != [step.id for step in steps]:
            self._rebuild(steps)
        for step in steps:
            if self._entries[step.id].step != step:
                self._entries[step.id].show_step(step)

    def set_step(self, step: Step) -> None:
        """Show new values for one step."""
        self._entries[step.id].show_step(step)

    def _rebuild(self, steps: Sequence[Step]) -> None:
        for entry in self._entries.values():
            self._list.removeWidget(entry)
            entry.deleteLater()
        self._entries = {}
        for place, step in enumerate(steps):
            entry = _StepEntry(self, step, place == 0, place == len(steps) - 1)
            entry.clicked.connect(lambda _checked=False, key=step.id: self.chosen.emit(key))
            self._list.addWidget(entry)
            self._entries[step.id] = entry
        self.set_current(self._current)

    def set_current(self, step_id: str) -> None:
        """Mark the step whose page is open, without emitting."""
        self._current = step_id
        for key, entry in self._entries.items():
            if entry.current != (key == step_id):
                entry.current = key == step_id
                entry.tell()
                entry.update()

    def current(self) -> str:
        """The id of the step whose page is open."""
        return self._current

    def entry(self, step_id: str) -> QPushButton:
        """The button of one step."""
        return self._entries[step_id]

    def set_footer(self, text: str, icon: str = "check", tone: str = "second") -> None:
        """The line at the foot, such as 'Every change is saved'."""
        self._footer.setText(text)
        self._footer_icon.set_icon(icon, tone)
        self._footer_icon.setVisible(bool(text))


class _PlaceEntry(RailEntry):
    """Icon and name."""

    def __init__(self, rail: QWidget, place: Place) -> None:
        super().__init__(rail, 38)
        self.place = place
        self.setText(place.name.replace("&", "&&"))
        self.setAccessibleName(place.name)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        self.paint_ground(painter, self.rect().adjusted(0, 2, 0, -2), RADIUS_CONTROL)
        mirrored = self.isRightToLeft()
        x = self.width() - 10 - 18 if mirrored else 10
        ink = t.text if self.current else blend(t.second, t.text, self.hover.value)
        paint_icon(
            painter, QRect(x, (self.height() - 18) // 2, 18, 18), self.place.icon, t.accent if self.current else ink
        )
        painter.setFont(font("body", 600 if self.current else 500))
        painter.setPen(ink)
        words = QRect(8 if mirrored else 38, 0, self.width() - 46, self.height())
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, flags, elided(self.place.name, painter.fontMetrics(), words.width()))


class NavRail(_Rail):
    """Home's rail: places with icon and name, some of them at the foot."""

    chosen = Signal(str)

    def __init__(
        self, places: Sequence[Place], footer: Sequence[Place] = (), current: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("Places"), parent)
        self._entries: dict[str, _PlaceEntry] = {}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(10, SPACE_16 - 2, 10, SPACE_16 - 4)
        outer.setSpacing(0)
        for place in places:
            outer.addWidget(self._add(place))
        outer.addStretch(1)
        for place in footer:
            outer.addWidget(self._add(place))
        self.set_current(current)

    def _add(self, place: Place) -> _PlaceEntry:
        entry = _PlaceEntry(self, place)
        entry.clicked.connect(lambda: self.chosen.emit(place.id))
        self._entries[place.id] = entry
        return entry

    def set_current(self, place_id: str) -> None:
        """Mark the open place, without emitting."""
        for key, entry in self._entries.items():
            entry.current = key == place_id
            entry.setAccessibleDescription(tr("current place") if entry.current else "")
            entry.update()

    def entry(self, place_id: str) -> QPushButton:
        """The button of one place."""
        return self._entries[place_id]
