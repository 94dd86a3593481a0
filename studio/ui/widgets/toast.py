"""A short word at the window's foot with one thing to do about it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from studio.ui.theme import RADIUS_CONTROL, SPACE_8, SPACE_12, SPACE_16, tokens
from studio.ui.widgets.buttons import IconButton, LinkButton
from studio.ui.widgets.labels import Label
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr


class Toast(QFrame):
    """A short word at the window's foot with one thing to do about it, such as Undo. It leaves by itself."""

    action = Signal()

    def __init__(self, parent: QWidget, foot: QWidget | None = None) -> None:
        """`parent` is what the toast lies over; `foot`, while it is shown, is a bar that the toast leaves free."""
        super().__init__(parent)
        self._over, self._foot = parent, foot
        self._text = Label("", "body")
        self._action = LinkButton("")
        self._close = IconButton("x", tr("Close"), small=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_16, 4, SPACE_8, 4)
        line.addWidget(self._text)
        line.addWidget(self._action)
        line.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self._action.clicked.connect(self._acted)
        self._close.clicked.connect(self.hide)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for watched in filter(None, (parent, foot)):
            watched.installEventFilter(self)
        self.hide()

    def say(self, text: str, action: str = "", milliseconds: int = 8000) -> None:
        """Show `text`; `action` is the word of its link. It stays while the pointer or the focus is on it."""
        self._text.setText(text)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self.setAccessibleName(text)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._timer.start(milliseconds)

    def _acted(self) -> None:
        self.hide()
        self.action.emit()

    def _place(self) -> None:
        over = self._over.rect()
        taken = self._foot.height() if self._foot is not None and self._foot.isVisible() else SPACE_12
        self.move(QPoint((over.width() - self.width()) // 2, over.height() - taken - SPACE_12 - self.height()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide) and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def enterEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self._timer.stop()
        super().enterEvent(event)  # type: ignore[arg-type]

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start(3000)
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        box(antialiased(self), self.rect(), RADIUS_CONTROL + 2, t.card, t.edge)
