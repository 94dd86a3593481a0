"""A card that does something when it is clicked: a project to open, a goal to start from."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.theme import CARD_PADDING, RADIUS_CARD, SPACE_8, tokens
from studio.ui.widgets.motion import Fade
from studio.ui.widgets.paint import antialiased, blend, box, focus_ring, keyboard_focus, note_key, plain_tooltip


class ActionCard(QPushButton):
    """A button that looks like a card. `body` takes what stands on it; one that can't be pressed says why."""

    def __init__(self, name: str, *, padding: int = CARD_PADDING - 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hover = Fade(self)
        self._blocked = ""
        self.setAccessibleName(name)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(padding, padding, padding, padding)
        self.body.setSpacing(SPACE_8)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put something at the end of the card; clicks on it are clicks on the card."""
        if isinstance(item, QWidget):
            item.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.body.addWidget(item, stretch)
        else:
            self.body.addLayout(item, stretch)
            for child in self.findChildren(QWidget):
                child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_disabled_reason(self, reason: str) -> None:
        """Let the card not be pressed and say why. Its words stay readable, and the keyboard still finds it."""
        self._blocked = reason
        plain_tooltip(self, reason)
        self.setAccessibleDescription(reason)
        self.setCursor(Qt.CursorShape.ArrowCursor if reason else Qt.CursorShape.PointingHandCursor)
        self.update()

    def blocked(self) -> str:
        """Why the card can't be pressed; empty when it can."""
        return self._blocked

    def hitButton(self, pos: object) -> bool:
        return not self._blocked

    def sizeHint(self) -> QSize:
        return self.body.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.body.totalMinimumSize()

    def hasHeightForWidth(self) -> bool:
        return self.body.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        return self.body.totalHeightForWidth(width)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self._hover.to(float(event.type() == QEvent.Type.HoverEnter and not self._blocked))
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        if self._blocked and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        ground = t.select if self.isDown() else blend(t.card, t.hover, 0.5 * self._hover.value)
        if self._blocked:
            ground = t.canvas
        box(painter, self.rect(), RADIUS_CARD, ground, blend(t.border, t.control, self._hover.value))
        if keyboard_focus(self):
            focus_ring(painter, self.rect(), RADIUS_CARD)
