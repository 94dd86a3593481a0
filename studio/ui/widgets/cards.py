"""Cards: the surface that most things stand on, and the card that is one choice among several."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.icons import paint_icon
from studio.ui.theme import CARD_PADDING, RADIUS_CARD, SPACE_8, SPACE_12, tokens
from studio.ui.widgets.labels import Label
from studio.ui.widgets.motion import Fade
from studio.ui.widgets.paint import antialiased, blend, box, focus_ring, keyboard_focus, note_key, plain_tooltip


class Card(QFrame):
    """A card with an optional title row and a `body` layout. Card colour, 1 px border, no shadow."""

    def __init__(
        self,
        title: str = "",
        side: QWidget | None = None,
        *,
        aside: str = "",
        padding: int = CARD_PADDING,
        parent: QWidget | None = None,
    ) -> None:
        """`side` stands at the right of the title; `aside` is a quiet remark just after it."""
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(padding, padding, padding, padding)
        outer.setSpacing(SPACE_12)
        self._head = QHBoxLayout()
        self._head.setSpacing(SPACE_8)
        self.title_label = Label(title, "heading")
        self.aside_label = Label(aside, "quiet")
        self._head.addWidget(self.title_label)
        self._head.addWidget(self.aside_label)
        self._head.addStretch(1)
        self._head_widget = QWidget()
        self._head_widget.setLayout(self._head)
        self._head.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._head_widget)
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE_8)
        outer.addLayout(self.body, 1)
        if side is not None:
            self._head.addWidget(side)
        self._side = side
        self._show_head()

    def set_title(self, title: str, aside: str = "") -> None:
        """Change the title and the quiet remark beside it."""
        self.title_label.setText(title)
        self.aside_label.setText(aside)
        self._show_head()

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or layout at the end of the body."""
        if isinstance(item, QWidget):
            self.body.addWidget(item, stretch)
        else:
            self.body.addLayout(item, stretch)

    def _show_head(self) -> None:
        self.title_label.setVisible(bool(self.title_label.text()))
        self.aside_label.setVisible(bool(self.aside_label.text()))
        self._head_widget.setVisible(bool(self.title_label.text()) or self._side is not None)
        self.setAccessibleName(self.title_label.text())

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        box(antialiased(self), self.rect(), RADIUS_CARD, t.card, t.border)


class SelectableCard(QRadioButton):
    """A card that is one choice of several: siblings under the same parent form the group.

    Click, Space or the arrow keys choose; `toggled(bool)` and `chosen()` tell. The 2 px accent border of the chosen
    card lies where the padding was, so nothing moves.
    """

    def __init__(
        self,
        name: str,
        *,
        mark: str = "radio",
        padding: int = CARD_PADDING,
        parent: QWidget | None = None,
    ) -> None:
        """`mark`: "radio" draws a radio at the head's left, "check" a filled check at its right, "none" nothing."""
        super().__init__(parent)
        self._mark = mark
        self._hover = Fade(self)
        self._padding = padding
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(padding, padding, padding, padding)
        self.body.setSpacing(SPACE_8)
        self.head = QHBoxLayout()
        self.head.setSpacing(SPACE_8)
        if mark == "radio":
            self.head.addSpacing(26)
        self.name_label = Label(name, "heading" if mark == "radio" else "strong")
        self.term_label = Label("", "quiet")
        self.head.addWidget(self.name_label)
        self.head.addWidget(self.term_label)
        self.term_label.hide()
        self.head.addStretch(1)
        if mark == "check":
            self.head.addSpacing(20)
        self.body.addLayout(self.head)

    def set_name(self, name: str, term: str = "") -> None:
        """Change the name and the quiet term beside it."""
        self.name_label.setText(name)
        self.term_label.setText(term)
        self.term_label.setVisible(bool(term))
        self.setAccessibleName(name)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put a widget or layout at the end of the card."""
        if isinstance(item, QWidget):
            self.body.addWidget(item, stretch)
        else:
            self.body.addLayout(item, stretch)

    def set_disabled_reason(self, reason: str) -> None:
        """Make the card unchoosable and say why; an empty reason lets it be chosen again. Its buttons keep working."""
        self.setProperty("blocked", bool(reason))
        self.setCheckable(not reason)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        plain_tooltip(self, reason)
        self.setAccessibleDescription(reason)
        self.update()

    def sizeHint(self) -> QSize:
        return self.body.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.body.totalMinimumSize()

    def hitButton(self, pos: object) -> bool:
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        ways = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() in ways:
            self._go(ways[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _go(self, way: int) -> None:
        """Choose the next card in the group's order, whatever rows and columns; refused ones are skipped."""
        group = self.parentWidget()
        assert group is not None  # a card alone is no choice
        found = group.findChildren(SelectableCard, options=Qt.FindChildOption.FindDirectChildrenOnly)
        cards = [card for card in found if (card.isCheckable() and card.isVisible()) or card is self]
        following = cards[(cards.index(self) + way) % len(cards)]
        if following is not self:
            following.setFocus(Qt.FocusReason.TabFocusReason)
            following.click()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self._hover.to(float(event.type() == QEvent.Type.HoverEnter))
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        edge = blend(t.border, t.edge, self._hover.value) if not self.property("blocked") else t.border
        if self.isChecked():
            box(painter, self.rect(), RADIUS_CARD, t.card, t.accent, 2.0)
        else:
            box(painter, self.rect(), RADIUS_CARD, t.card, edge)
        if keyboard_focus(self):
            inset = 3 if self.isChecked() else 0
            focus_ring(painter, self.rect().adjusted(inset, inset, -inset, -inset), RADIUS_CARD - inset)
        if self._mark == "radio":
            self._paint_radio(painter)
        elif self._mark == "check" and self.isChecked():
            paint_icon(painter, self._mark_rect(18, at_end=True), "check-circle-fill", t.accent)

    def _mark_rect(self, size: int, at_end: bool) -> QRect:
        middle = self.name_label.geometry().center().y()
        right = at_end != self.isRightToLeft()
        x = self.width() - self._padding - size if right else self._padding
        return QRect(x, middle - size // 2, size, size)

    def _paint_radio(self, painter: QPainter) -> None:
        t = tokens()
        area = QRectF(self._mark_rect(18, at_end=False)).adjusted(1, 1, -1, -1)
        if self.isChecked():
            box(painter, area, 8, t.fill)
            inner = area.adjusted(5, 5, -5, -5)
            box(painter, inner, 3, t.on_fill)
        else:
            box(painter, area, 8, t.card, t.border if self.property("blocked") else t.control, 1.5)
