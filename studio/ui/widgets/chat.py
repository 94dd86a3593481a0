"""A column of a conversation: what was asked and what a model answers, as it is written."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.theme import CARD_PADDING, RADIUS_CARD, SPACE_8, SPACE_12, tokens
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import clear, scrolling
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr


class Bubble(QFrame):
    """One turn. The person's stand on sunken ground, the model's plainly; both are literal text."""

    def __init__(self, text: str, mine: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mine = mine
        self._label = Label(text, "body", wrap=True)
        self._label.set_selectable()
        self.copy = IconButton("copy", tr("Copy this answer"), small=True)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        line = QHBoxLayout(self)
        side = 12 if mine else 0
        line.setContentsMargins(side, SPACE_8, side, SPACE_8)
        line.addWidget(self._label, 1)
        if mine:
            self.copy.hide()
        else:
            line.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName(tr("You asked") if mine else tr("The model answered"))

    def text(self) -> str:
        """What stands in it."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Show other text."""
        self._label.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.mine:
            box(antialiased(self), self.rect(), 8, tokens().sunken)


class ChatColumn(QFrame):
    """A card with a title, turns, and a Stop button while an answer is being written.

    Pieces that stream in are gathered and shown some 30 times a second, so that a fast model can't hold up the window.
    """

    stop_clicked = Signal()

    def __init__(self, title: str = "", aside: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: Bubble | None = None
        self._pieces: list[str] = []
        self._hint = ""
        self.title_label = Label(title, "strong")
        self.aside_label = ElidedLabel(aside, "quiet")
        self.stop = Button(tr("Stop"), "stop", small=True)
        self.stop.clicked.connect(self.stop_clicked)
        self.stop.hide()
        head = QHBoxLayout()
        # As high as Stop, so that nothing moves when it appears.
        head.addStrut(self.stop.sizeHint().height())
        head.addWidget(self.title_label)
        head.addWidget(self.aside_label)
        head.addStretch(1)
        head.addWidget(self.stop)
        self._turns = QVBoxLayout()
        self._turns.setSpacing(SPACE_8)
        self._turns.setContentsMargins(0, 0, SPACE_8, 0)
        holder = QWidget()
        outer_turns = QVBoxLayout(holder)
        outer_turns.setContentsMargins(0, 0, 0, 0)
        outer_turns.addLayout(self._turns)
        outer_turns.addStretch(1)
        self._scroll = scrolling(holder)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._follow)
        self._at_end = True
        self._scroll.verticalScrollBar().valueChanged.connect(self._scrolled)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(CARD_PADDING, SPACE_12, SPACE_8, SPACE_12)
        outer.addLayout(head)
        outer.addWidget(self._scroll, 1)
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.setInterval(33)
        self._flush_timer.timeout.connect(self.flush)
        self.setAccessibleName(title)

    def set_title(self, title: str, aside: str = "") -> None:
        """Change who answers."""
        self.title_label.setText(title)
        self.aside_label.setText(aside)
        self.setAccessibleName(title)

    def set_hint(self, text: str) -> None:
        """What stands here while nothing was asked."""
        self._hint = text
        self.update()

    def ask(self, text: str) -> None:
        """Show what the person asked."""
        self._turns.addWidget(Bubble(text, mine=True))

    def begin_answer(self) -> None:
        """Start an answer that will stream in; Stop appears."""
        self._answer = Bubble("", mine=False)
        self._pieces = []
        self._turns.addWidget(self._answer)
        self.stop.show()

    def append(self, piece: str) -> None:
        """A piece of the answer, in order."""
        if self._answer is None:
            self.begin_answer()
        self._pieces.append(piece)
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    def set_answer(self, text: str) -> None:
        """The whole answer so far, where it comes as a whole each time."""
        if self._answer is None:
            self.begin_answer()
        self._pieces = [text]
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    def end_answer(self, remark: str = "") -> None:
        """The answer is whole, or was stopped; a quiet remark may follow ("stopped after 40 words")."""
        self.flush()
        self.stop.hide()
        self._answer = None
        if remark:
            self._turns.addWidget(Label(remark, "quiet", wrap=True))

    def flush(self) -> None:
        """Show what has come in so far."""
        self._flush_timer.stop()
        if self._answer is not None:
            self._answer.set_text("".join(self._pieces))

    def clear(self) -> None:
        """Empty the column."""
        self._flush_timer.stop()
        self._answer, self._pieces = None, []
        self.stop.hide()
        clear(self._turns)

    def bubbles(self) -> list[Bubble]:
        """All turns from first to last."""
        found = self.findChildren(Bubble)
        return sorted(found, key=self._turns.indexOf)

    def _scrolled(self, value: int) -> None:
        self._at_end = value >= self._scroll.verticalScrollBar().maximum() - 24

    def _follow(self, _low: int, high: int) -> None:
        # Follow the answer only where the person has not scrolled up to read.
        if self._at_end:
            self._scroll.verticalScrollBar().setValue(high)

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        box(painter, self.rect(), RADIUS_CARD, t.card, t.border)
        if self._hint and not self._turns.count():
            painter.setPen(t.quiet)
            room = self.rect().adjusted(CARD_PADDING, CARD_PADDING, -CARD_PADDING, -CARD_PADDING)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
