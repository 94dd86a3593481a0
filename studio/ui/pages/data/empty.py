"""The Data page before there is data: what belongs here, what works well, and the sample."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.fonts import font
from studio.ui.icons import paint_icon
from studio.ui.theme import tokens
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.notices import EmptyState, Notice
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr


class EmptyData(QWidget):
    """The place to drop files, three examples of what works, and the sample."""

    choose_asked = Signal()
    paste_asked = Signal()
    sample_asked = Signal()
    dropped = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drop = EmptyState(
            "table",
            tr("Drop your examples here"),
            tr("Spreadsheets saved as CSV or TSV, JSON, JSONL or plain text; one file or several."),
            tr("Choose files…"),
            second=tr("Paste cells"),
            second_icon="clipboard",
            hint=tr("Files are copied into the project. Nothing leaves this computer."),
            drop=True,
        )
        self.drop.setMinimumHeight(268)
        self.drop.action.connect(self.choose_asked)
        self.drop.second_action.connect(self.paste_asked)
        self.drop.dropped.connect(self.dropped)
        self.sample = Notice(
            tr("No data at hand? The sample has questions to a museum’s help desk, with answers."),
            icon="flask",
            link=tr("Use the sample"),
        )
        self.sample.link_clicked.connect(self.sample_asked)
        ways = row(spacing=12)
        for picture, title, sentence in (
            (
                _Cells(),
                tr("Two columns"),
                tr("A question and the answer you would give. 200 rows are a start, 1,000 are good."),
            ),
            (_Talk(), tr("Conversations"), tr("Whole dialogues as JSON or JSONL; only your side is learnt.")),
            (
                _Lines(),
                tr("Lists of records"),
                tr("JSON or JSONL with a field for the question and one for the answer."),
            ),
        ):
            card = Card(padding=13)
            card.add(picture)
            card.add(column(Label(title, "strong"), Label(sentence, "caption", wrap=True), spacing=2))
            card.body.addStretch(1)
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            ways.addWidget(card, 1)
        outer = column(spacing=12)
        outer.addWidget(self.drop, 1)
        outer.addWidget(Label(tr("What works well"), "heading"))
        outer.addLayout(ways)
        outer.addWidget(self.sample)
        self.setLayout(outer)


class _Picture(QWidget):
    """A small drawing on a sunken ground; it says nothing to a screen reader, the words below it do."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        box(painter, self.rect(), 6, tokens().sunken)
        painter.setClipRect(self.rect().adjusted(8, 0, -8, 0))
        self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Draw the content."""
        raise NotImplementedError

    def words(self, painter: QPainter, x: float, y: float, text: str, ink: QColor, weight: int = 500) -> float:
        """Write a line and return its width."""
        painter.setFont(font("caption", weight))
        painter.setPen(ink)
        width = painter.fontMetrics().horizontalAdvance(text)
        painter.drawText(QRectF(x, y, width + 4, 18), Qt.AlignmentFlag.AlignVCenter, text)
        return width


class _Cells(_Picture):
    def draw(self, painter: QPainter) -> None:
        t = tokens()
        second = self.width() * 0.5
        lines = (
            (tr("question"), tr("answer"), t.second, t.second),
            (tr("Is the café open?"), tr("Not on Mondays."), t.text, t.accent),
            (tr("May I take photos?"), tr("Please do, no flash."), t.text, t.accent),
        )
        for place, (left, right, ink, other) in enumerate(lines):
            y = 7 + 24 * place
            self.words(painter, 14, y, left, ink)
            self.words(painter, second, y, right, other)
            if place < 2:
                painter.fillRect(QRectF(10, y + 21, self.width() - 20, 1), t.border)


class _Talk(_Picture):
    def draw(self, painter: QPainter) -> None:
        t = tokens()
        for y, text, mine in (
            (7, tr("Is there a lift?"), False),
            (32, tr("Yes, by room 2."), True),
            (57, tr("And for a wheelchair?"), False),
        ):
            painter.setFont(font("caption", 500))
            width = painter.fontMetrics().horizontalAdvance(text) + 18
            x = self.width() - width - 14 if mine else 14
            box(painter, QRectF(x, y, width, 20), 6, t.accent_tint if mine else t.card)
            self.words(painter, x + 9, y + 1, text, t.accent if mine else t.text)


class _Lines(_Picture):
    def draw(self, painter: QPainter) -> None:
        t = tokens()
        x = 14.0
        for y, key, value in ((20, "question", tr("Is the café open?")), (44, "answer", tr("Not on Mondays."))):
            at = x + self.words(painter, x, y, f"{key}:", t.second) + 6
            self.words(painter, at, y, value, t.accent if key == "answer" else t.text)
        for y, sign in ((2, "brackets-curly"),):
            paint_icon(painter, QRectF(self.width() - 38, y + 6, 22, 22), sign, t.quiet)
