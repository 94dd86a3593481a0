"""One entry of a rail: pressed by click, Enter and Space, left by Up and Down."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from studio.ui.theme import tokens
from studio.ui.widgets.motion import Fade
from studio.ui.widgets.paint import box, faded, focus_ring, keyboard_focus, note_key


class RailEntry(QPushButton):
    """One entry of a rail, painted by itself; up and down move between entries."""

    def __init__(self, rail: QWidget, height: int) -> None:
        super().__init__(rail)
        self._rail = rail
        self.current = False
        self.hover = Fade(self)
        self.setMinimumHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)

    def sizeHint(self) -> QSize:
        return QSize(120, self.minimumHeight())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.hover.to(float(event.type() == QEvent.Type.HoverEnter))
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move_focus(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def _move_focus(self, way: int) -> None:
        entries = self._rail.findChildren(RailEntry)
        entries.sort(key=lambda entry: entry.y())
        place = entries.index(self) + way
        if 0 <= place < len(entries):
            entries[place].setFocus(Qt.FocusReason.TabFocusReason)

    def paint_ground(self, painter: QPainter, area: QRect, radius: float) -> None:
        """The rounded fill of the current or hovered entry, and the focus ring."""
        t = tokens()
        if self.current or self.isDown():
            box(painter, area, radius, t.select)
        elif self.hover.value > 0:
            box(painter, area, radius, faded(t.hover, self.hover.value))
        if keyboard_focus(self):
            focus_ring(painter, area, radius)
