"""What the program has to say: a tinted strip, an error with its three parts, an empty place that teaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.fonts import font
from studio.ui.icons import STATE_ICONS, paint_icon
from studio.ui.theme import CARD_PADDING, RADIUS_CARD, RADIUS_CONTROL, SPACE_8, SPACE_12, SPACE_16, tokens
from studio.ui.widgets.buttons import Button, LinkButton, PrimaryButton
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import FlowLayout, clear
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr

NoticeKind = Literal["info", "warn", "good", "bad"]
_TINTS = {"info": "accent_tint", "warn": "warn_tint", "good": "good_tint", "bad": "bad_tint"}
_SIGNS = {"info": ("info", "accent"), **{kind: STATE_ICONS[kind] for kind in ("warn", "good", "bad")}}


class Notice(QFrame):
    """A tinted strip with an icon, one or two sentences and perhaps a link."""

    link_clicked = Signal()

    def __init__(
        self,
        text: str,
        kind: NoticeKind = "info",
        *,
        detail: str = "",
        link: str = "",
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind: NoticeKind = kind
        self._own_icon = icon
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE_12, SPACE_12, SPACE_12, SPACE_12)
        line.setSpacing(SPACE_12)
        self._icon = IconLabel("info", size=16)
        self._text = Label(text, "body", wrap=True)
        self._detail = Label(detail, "caption", wrap=True)
        self._link = LinkButton(link)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._text)
        words.addWidget(self._detail)
        block = QHBoxLayout()
        block.setSpacing(SPACE_12)
        block.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        block.addLayout(words, 1)
        # The icon stands at the first line; both together stand in the middle of a strip that is higher than they are.
        middle = QVBoxLayout()
        middle.addStretch(1)
        middle.addLayout(block)
        middle.addStretch(1)
        line.addLayout(middle, 1)
        line.addWidget(self._link, 0, Qt.AlignmentFlag.AlignVCenter)
        self._link.clicked.connect(self.link_clicked)
        self.set(text, kind, detail=detail, link=link)

    def set(self, text: str, kind: NoticeKind = "info", *, detail: str = "", link: str = "") -> None:
        """Say something else."""
        self._kind = kind
        icon, tone = _SIGNS[kind]
        self._icon.set_icon(self._own_icon or icon, tone)
        self._text.setText(text)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self._link.setText(link)
        self._link.setVisible(bool(link))
        self.setAccessibleName(text)
        self.setAccessibleDescription(detail)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        box(antialiased(self), self.rect(), RADIUS_CONTROL + 2, tokens().named(_TINTS[self._kind]))


class ErrorCard(QFrame):
    """A failure in three parts: what happened, what it means for the data, what can be done now."""

    action = Signal(str)
    details_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(28, CARD_PADDING, CARD_PADDING, CARD_PADDING)
        outer.setSpacing(SPACE_12)
        head = QHBoxLayout()
        head.setSpacing(SPACE_12)
        self._title = Label("", "heading", wrap=True)
        self._moment = Label("", "quiet", tabular=True)
        self._details = LinkButton(tr("Details"), "caret-down")
        self._details.clicked.connect(self.details_clicked)
        head.addWidget(IconLabel("warning-octagon-fill", "bad", 20), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        head.addWidget(self._moment)
        head.addWidget(self._details)
        outer.addLayout(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_16)
        grid.setVerticalSpacing(SPACE_8)
        grid.setColumnMinimumWidth(0, 104)
        grid.setColumnStretch(1, 1)
        outer.addLayout(grid)
        self._parts: list[Label] = []
        for line, name in enumerate((tr("What happened"), tr("Your data"), tr("What you can do"))):
            said = Label("", "body", wrap=True)
            said.set_selectable()
            part = Label(name, "quiet")
            part.setFont(font("caption", 600))
            grid.addWidget(part, line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(said, line, 1)
            self._parts.append(said)
        self._buttons = FlowLayout(spacing=SPACE_8)
        holder = QWidget()
        holder.setLayout(self._buttons)
        grid.addWidget(holder, 3, 1)
        self._holder = holder

    def show_error(  # noqa: PLR0913 - each part of the card is one plain word
        self,
        title: str,
        happened: str,
        data: str,
        remedy: str,
        *,
        buttons: Sequence[tuple[str, str]] = (),
        moment: str = "",
        details: bool = False,
        primary: bool = True,
    ) -> None:
        """Fill the card. `buttons` are (id, word), the recommended one first; `action(id)` tells which was pressed.

        `primary` of False keeps the page's own primary button the only one.
        """
        self._title.setText(title)
        self._moment.setText(moment)
        self._moment.setVisible(bool(moment))
        self._details.setVisible(details)
        for part, text in zip(self._parts, (happened, data, remedy), strict=True):
            part.setText(text)
        clear(self._buttons)
        for place, (key, word) in enumerate(buttons):
            button = PrimaryButton(word) if place == 0 and primary else Button(word)
            button.clicked.connect(lambda _checked=False, key=key: self.action.emit(key))
            self._buttons.addWidget(button)
        self._holder.setVisible(bool(buttons))
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join((happened, data, remedy)))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        box(painter, self.rect(), RADIUS_CARD, t.card, t.border)
        x = self.width() - 15 if self.isRightToLeft() else 11
        box(painter, QRectF(x, 14, 4, self.height() - 28), 2, t.bad)


class EmptyState(QFrame):
    """An empty place: what belongs here, and the one action that fills it. Files may be dropped on it."""

    action = Signal()
    second_action = Signal()
    dropped = Signal(list)

    def __init__(  # noqa: PLR0913 - each part of the place is one plain word
        self,
        icon: str,
        title: str,
        sentence: str,
        action: str = "",
        *,
        second: str = "",
        second_icon: str = "",
        hint: str = "",
        drop: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`drop` draws the dashed frame and accepts files: `dropped(list of paths)`. `hint` is the quiet last line."""
        super().__init__(parent)
        self._drop, self._over = drop, False
        self.setAcceptDrops(drop)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(SPACE_8)
        outer.addStretch(1)
        outer.addWidget(_Sheets(icon) if drop else IconLabel(icon, "quiet", 40), 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addSpacing(SPACE_8)
        self._title = Label(title, "title" if drop else "heading", wrap=True)
        self._sentence = Label(sentence, "second", wrap=True)
        for label in (self._title, self._sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setMaximumWidth(560)
            label.setMinimumWidth(200)
            line = QHBoxLayout()
            line.addStretch(1)
            line.addWidget(label, 100)
            line.addStretch(1)
            outer.addLayout(line)
        outer.addSpacing(SPACE_8)
        outer.addLayout(self._buttons(action, second, second_icon))
        self._add_hint(outer, hint)
        outer.addStretch(1)

    def set_words(self, title: str, sentence: str) -> None:
        """Say something else; the actions stay."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)

    def _buttons(self, action: str, second: str, second_icon: str) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(SPACE_8)
        line.addStretch(1)
        if action:
            self.action_button = PrimaryButton(action)
            self.action_button.clicked.connect(self.action)
            line.addWidget(self.action_button)
        if second:
            self.second_button = Button(second, second_icon)
            self.second_button.clicked.connect(self.second_action)
            line.addWidget(self.second_button)
        line.addStretch(1)
        return line

    def _add_hint(self, outer: QVBoxLayout, hint: str) -> None:
        if hint:
            line = QHBoxLayout()
            line.addStretch(1)
            line.addWidget(IconLabel("lock-simple", "quiet", 14))
            line.addWidget(Label(hint, "quiet"))
            line.addStretch(1)
            outer.addSpacing(4)
            outer.addLayout(line)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._drop:
            return
        t = tokens()
        painter = antialiased(self)
        pen = QPen(t.accent if self._over else t.control, 1.5)
        pen.setDashPattern([6, 4])
        painter.setPen(pen)
        painter.setBrush(t.accent_tint if self._over else t.card)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS_CARD + 2, RADIUS_CARD + 2)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(False)
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def _set_over(self, over: bool) -> None:
        self._over = over
        self.update()


class _Sheets(QWidget):
    """Three sheets of paper, the middle one carrying the icon: a picture of files for the drop place."""

    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.setFixedSize(208, 104)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        for x, turn, icon in ((38, -8, "file-text"), (170, 8, "chat-circle-text")):
            painter.save()
            painter.translate(x, 58)
            painter.rotate(turn)
            self._sheet(painter, icon, False)
            painter.restore()
        painter.translate(104, 46)
        self._sheet(painter, self._icon, True)

    def _sheet(self, painter: QPainter, icon: str, main: bool) -> None:
        t = tokens()
        box(painter, QRectF(-32, -40, 64, 80), 6, t.card if main else t.canvas, t.accent if main else t.edge)
        paint_icon(painter, QRectF(-11, -26, 22, 22), icon, t.accent if main else t.second)
        for line in range(3):
            width = 36 if line < 2 else 24
            box(painter, QRectF(-18, 10 + 8 * line, width, 2.5), 1.2, t.accent_tint if main else t.border)
