"""The goals a project can start from."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.config import Goal
from studio.ui.fonts import font
from studio.ui.icons import paint_icon
from studio.ui.theme import tokens
from studio.ui.widgets.action_card import ActionCard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr

Piece = tuple[str, str]  # words and their tone: "" plain, "->" an arrow, else a colour token


@dataclass(frozen=True)
class GoalWords:
    """A goal as its card says it. `project` is what a new project is called until it has a name."""

    id: Goal
    icon: str
    title: str
    sentence: str
    project: str
    example: tuple[Piece, ...]


def goals() -> tuple[GoalWords, ...]:
    """The six goals, in the order of their cards."""
    return (
        GoalWords(
            "answer",
            "chat-circle-text",
            tr("Answer in my style"),
            tr("From questions and the answers you would give"),
            tr("My answers"),
            ((tr("Prams welcome?"), ""), ("", "->"), (tr("Of course"), "accent")),
        ),
        GoalWords(
            "sort",
            "tag",
            tr("Sort into categories"),
            tr("Each text into its class, or with a number"),
            tr("My categories"),
            ((tr("“may be ended”"), ""), ("", "->"), (tr("Ending"), "accent")),
        ),
        GoalWords(
            "mark",
            "highlighter-circle",
            tr("Mark words in text"),
            tr("Names, doses, dates, places in a sentence"),
            tr("My marks"),
            ((tr("Take"), ""), (tr("5 mg"), "accent"), (tr("at"), ""), (tr("bedtime"), "valid")),
        ),
        GoalWords(
            "translate",
            "translate",
            tr("Translate or summarise"),
            tr("From pairs: a text and what it should become"),
            tr("My translations"),
            ((tr("Der Befund ist …"), ""), ("", "->"), (tr("The …"), "accent")),
        ),
        GoalWords(
            "read",
            "book-open",
            tr("Read my documents"),
            tr("Learns the language of your own field"),
            tr("My documents"),
            ((tr("800 reports"), ""), ("", "->"), (tr("your terms"), "accent")),
        ),
        GoalWords(
            "prefer",
            "thumbs-up",
            tr("Learn from preferences"),
            tr("From pairs where one answer is the better one"),
            tr("My preferences"),
            ((tr("A is better"), "good"), (tr("than B"), "")),
        ),
    )


def goal_words(goal: str) -> GoalWords:
    """What is said of a goal."""
    return next(words for words in goals() if words.id == goal)


def goal_title(goal: str) -> str:
    """A goal's name."""
    return next((words.title for words in goals() if words.id == goal), goal)


def goal_icon(goal: str) -> str:
    """A goal's icon."""
    return next((words.icon for words in goals() if words.id == goal), "folder")


class GoalCard(ActionCard):
    """One goal: icon, name, sentence and a small example."""

    def __init__(self, goal: GoalWords) -> None:
        super().__init__(goal.title)
        self.goal = goal
        self.setMinimumHeight(122)
        title, line = Label(goal.title, "strong", wrap=True), Label(goal.sentence, "caption", wrap=True)
        words = column(title, line, None, spacing=2)
        head = row(spacing=12)
        head.addWidget(_Badge(goal.icon), 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        self.add(head, 1)
        self.add(_ExampleLine(goal.example))
        self.setAccessibleDescription(goal.sentence)


class _Badge(QWidget):
    """A goal's icon on a tinted square."""

    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.setFixedSize(36, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        box(painter, self.rect(), 7, t.accent_tint)
        paint_icon(painter, self.rect().adjusted(9, 9, -9, -9), self._icon, t.accent)


class _ExampleLine(QWidget):
    """Words, an arrow and tinted words on a sunken ground."""

    def __init__(self, pieces: tuple[Piece, ...]) -> None:
        super().__init__()
        self._pieces = pieces
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, max(30, self.fontMetrics().height() + 13))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        box(painter, self.rect(), 6, t.sunken)
        painter.setClipRect(self.rect().adjusted(4, 0, -4, 0))
        painter.setFont(font("caption", 500))
        x = 10.0
        for words, tone in self._pieces:
            if tone == "->":
                paint_icon(painter, QRectF(x, (self.height() - 13) / 2, 13, 13), "arrow-right", t.quiet)
                x += 21
                continue
            width = painter.fontMetrics().horizontalAdvance(words)
            if tone:
                box(painter, QRectF(x - 4, (self.height() - 20) / 2, width + 8, 20), 4, t.named(f"{tone}_tint"))
            painter.setPen(t.named(tone) if tone else t.second)
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
            x += width + 10
