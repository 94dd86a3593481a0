"""One step of the recipe as a row: a grip to drag, its name, what it did, and its switch."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from studio.core.config import Step
from studio.ui.icons import paint_icon
from studio.ui.theme import RADIUS_CONTROL, tokens
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import row
from studio.ui.widgets.paint import antialiased, box, focus_ring, keyboard_focus, note_key
from studio.ui.widgets.switches import Switch
from studio.ui.wording import tr

_GRIP = 18


class StepRow(QFrame):
    """Enter opens the step, Space switches it, Alt+Up and Alt+Down move it, Delete removes it; the grip drags it."""

    switched = Signal(int, bool)
    moved_to = Signal(int, int)
    opened = Signal(int)
    removed = Signal(int)

    def __init__(self, step: Step, place: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step, self.place = step, place
        self._title = title
        self._drag: int | None = None
        self._shift = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name = ElidedLabel(title, "body")
        self._outcome = Label("", "caption", tabular=True)
        self.switch = Switch(step.on, name=tr("{step} on", step=title))
        self.switch.toggled.connect(lambda on: self.switched.emit(self.place, on))
        layout = row(_GRIP, spacing=8, margins=(2, 3, 0, 3))
        layout.addWidget(self._name, 1)
        layout.addWidget(self._outcome)
        layout.addWidget(self.switch)
        self.setLayout(layout)
        self.setAccessibleName(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("")

    def show_step(self, step: Step, place: int, outcome: str) -> None:
        """Take new values."""
        self.step, self.place = step, place
        self.switch.set_on(step.on)
        self._outcome.setText(outcome)
        self._name.set_tone("text" if step.on else "quiet")
        self._outcome.set_tone("second" if step.on else "quiet")
        told = tr("step {place}, {state}", place=place + 1, state=tr("on") if step.on else tr("off"))
        self.setAccessibleDescription(f"{told}, {outcome}" if step.on and outcome else told)

    def outcome(self) -> str:
        """What stands beside the name."""
        return self._outcome.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        area = self.rect().adjusted(-6, 1, 6, -1).intersected(self.rect())
        if self._drag is not None:
            box(painter, area, RADIUS_CONTROL, t.accent_tint)
        elif self.underMouse():
            box(painter, area, RADIUS_CONTROL, t.hover)
        grip = QRect(0 if not self.isRightToLeft() else self.width() - 16, (self.height() - 14) // 2, 14, 14)
        paint_icon(painter, grip, "dots-six-vertical", t.quiet if self.underMouse() or self.hasFocus() else t.control)
        if keyboard_focus(self):
            focus_ring(painter, self.rect(), RADIUS_CONTROL)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        key, alt = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved_to.emit(self.place, self.place + (1 if key == Qt.Key.Key_Down else -1))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(key == Qt.Key.Key_Down)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.place)
        elif key == Qt.Key.Key_Space:
            self.switch.toggle()
        elif key == Qt.Key.Key_Delete:
            self.removed.emit(self.place)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag, self._shift = int(event.globalPosition().y()), 0
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._shift = round((event.globalPosition().y() - self._drag) / max(1, self.height()))
            self.setCursor(Qt.CursorShape.ClosedHandCursor if self._shift else Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        still = abs(event.globalPosition().y() - self._drag) < 5
        self._drag = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.update()
        if still:
            self.opened.emit(self.place)
        elif self._shift:
            self.moved_to.emit(self.place, self.place + self._shift)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave, QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)
