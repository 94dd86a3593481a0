"""A small panel that opens beside what was clicked and closes by Escape or a click elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.ui.theme import CARD_PADDING, RADIUS_CARD, SPACE_8, tokens
from studio.ui.widgets.labels import Label
from studio.ui.widgets.paint import antialiased, box


class Popover(QFrame):
    """A card that floats over the window. Fill `body`, then `open_at` the widget it belongs to."""

    def __init__(self, title: str, parent: QWidget, width: int = 320) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(title)
        self.setFixedWidth(width)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(CARD_PADDING, CARD_PADDING - 2, CARD_PADDING, CARD_PADDING)
        self.body.setSpacing(SPACE_8)
        if title:
            self.body.addWidget(Label(title, "heading", wrap=True))

    def open_at(self, anchor: QWidget) -> None:
        """Open below the anchor's left edge, or above or further left where the screen ends."""
        self.body.activate()
        # A second pass: wrapped labels know their height only once they have their width.
        self.resize(self.width(), self.sizeHint().height())
        self.body.activate()
        self.adjustSize()
        self.move(self._place(anchor))
        self.show()
        first = self.nextInFocusChain()
        if first is not None and self.isAncestorOf(first):
            first.setFocus(Qt.FocusReason.PopupFocusReason)

    def _place(self, anchor: QWidget) -> QPoint:
        below = anchor.mapToGlobal(QPoint(0, anchor.height() + 4))
        screen = anchor.screen() or QGuiApplication.primaryScreen()
        room = screen.availableGeometry().intersected(_window_area(anchor))
        x = max(room.left() + 4, min(below.x(), room.right() - self.width() - 4))
        y = below.y()
        if y + self.height() > room.bottom():
            y = max(room.top() + 4, anchor.mapToGlobal(QPoint(0, 0)).y() - self.height() - 4)
        return QPoint(x, y)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        box(antialiased(self), self.rect(), RADIUS_CARD, t.card, t.edge)


def _window_area(anchor: QWidget) -> QRect:
    window = anchor.window()
    return QRect(window.mapToGlobal(QPoint(0, 0)), window.size())
