"""What works well as examples for each goal: a small drawing, a title and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.config import Goal
from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr

Drawing = Literal["cells", "talk", "fields", "lines"]


@dataclass(frozen=True)
class Way:
    """One form that examples may have. `shown` is what its drawing says: pairs of words, the second what is learnt."""

    drawing: Drawing
    title: str
    sentence: str
    shown: tuple[tuple[str, str], ...]


_RECORDS = "Lists of records"
_WAYS: dict[Goal, tuple[Way, ...]] = {
    "answer": (
        Way(
            "cells",
            "Two columns",
            "A question and the answer you would give. 200 rows are a start, 1,000 are good.",
            (
                ("question", "answer"),
                ("Is the café open?", "Not on Mondays."),
                ("May I take photos?", "Please do, no flash."),
            ),
        ),
        Way(
            "talk",
            "Conversations",
            "Whole dialogues as JSON or JSONL; only your side is learnt.",
            (("Is there a lift?", ""), ("", "Yes, by room 2."), ("And for a wheelchair?", "")),
        ),
        Way(
            "fields",
            _RECORDS,
            "JSON or JSONL with a field for the question and one for the answer.",
            (("question:", "Is the café open?"), ("answer:", "Not on Mondays.")),
        ),
    ),
    "sort": (
        Way(
            "cells",
            "A text and its class",
            "Two columns. Some dozens of rows for each class are a start.",
            (("text", "class"), ("Where is my parcel?", "delivery"), ("I was charged twice.", "payment")),
        ),
        Way(
            "cells",
            "Several classes",
            "A comma between them; say in Settings that several may hold at once.",
            (("text", "classes"), ("Late, and broken.", "delivery, damage"), ("Wrong bill.", "payment")),
        ),
        Way(
            "cells",
            "A number instead",
            "A grade, a price or a degree that belongs to each text.",
            (("text", "number"), ("Could not be better.", "5"), ("It leaked at once.", "1.5")),
        ),
    ),
    "mark": (
        Way(
            "lines",
            "A word on each line",
            "Its mark behind it, an empty line between sentences (CoNLL), as marking programs export it.",
            (("Take", "O"), ("5", "B-dose"), ("mg", "I-dose")),
        ),
        Way(
            "fields",
            "Texts with places",
            "JSON or JSONL: the text, and of each mark where it begins, where it ends, and its name.",
            (("text:", "Take 5 mg"), ("marks:", "5 to 9, dose")),
        ),
        Way(
            "cells",
            "Words and marks",
            "Two columns with lists of equal length.",
            (("words", "marks"), ("Take 5 mg", "O B-dose I-dose"), ("Drink water", "O O")),
        ),
    ),
    "translate": (
        Way(
            "cells",
            "Two columns",
            "A text and its translation. 1,000 pairs are a start.",
            (("text", "translation"), ("Der Befund ist gut.", "The finding is good."), ("Heute nicht.", "Not today.")),
        ),
        Way(
            "cells",
            "Summaries",
            "Long texts and what should remain of them, or their plain wording.",
            (("report", "summary"), ("The meeting began at …", "Agreed on May."), ("Mr K. came in with …", "Flu.")),
        ),
        Way(
            "fields",
            _RECORDS,
            "JSON or JSONL with a field for the text and one for what it should become.",
            (("source:", "Heute nicht."), ("target:", "Not today.")),
        ),
    ),
    "read": (
        Way(
            "lines",
            "Plain texts",
            "Text files, one or many. Long ones are cut into passages, and nothing is lost.",
            (("", "On admission the patient"), ("", "was awake and spoke in"), ("", "whole sentences. No …")),
        ),
        Way(
            "cells",
            "A column of texts",
            "A table in which one column holds the texts; the others are not used.",
            (("number", "report"), ("1", "On admission the patient …"), ("2", "The second visit was …")),
        ),
        Way(
            "fields",
            _RECORDS,
            "JSON or JSONL with a field that holds the text.",
            (("title:", "Visit of 3 May"), ("text:", "On admission the …")),
        ),
    ),
    "prefer": (
        Way(
            "cells",
            "Pairs",
            "A question with two answers: the better one and the other one.",
            (("worse", "better"), ("10.", "Gladly: at ten."), ("See website.", "Yes, by room 2.")),
        ),
        Way(
            "cells",
            "Thumbs up and down",
            "A question, one answer, and whether somebody liked it: yes or no.",
            (("answer", "liked"), ("Gladly: at ten.", "yes"), ("See website.", "no")),
        ),
        Way(
            "fields",
            _RECORDS,
            "JSON or JSONL with fields such as prompt, chosen and rejected.",
            (("rejected:", "10."), ("chosen:", "Gladly: at ten.")),
        ),
    ),
}


def ways_of(goal: Goal) -> tuple[Way, ...]:
    """The forms that work well for a goal."""
    return _WAYS[goal]


def way_card(way: Way) -> Card:
    """One form as a card."""
    card = Card(padding=13)
    card.add(_DRAWINGS[way.drawing]([(tr(left), tr(right)) for left, right in way.shown]))
    card.add(column(Label(tr(way.title), "strong"), Label(tr(way.sentence), "caption", wrap=True), spacing=2))
    card.body.addStretch(1)
    card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return card


class _Picture(QWidget):
    """A small drawing on a sunken ground; it says nothing to a screen reader, the words below it do."""

    def __init__(self, shown: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.shown = shown
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

    def words(self, painter: QPainter, x: float, y: float, text: str, ink: QColor) -> float:
        """Write a line and return its width."""
        painter.setFont(font("caption", 500))
        painter.setPen(ink)
        width = painter.fontMetrics().horizontalAdvance(text)
        painter.drawText(QRectF(x, y, width + 4, 18), Qt.AlignmentFlag.AlignVCenter, text)
        return width


class _Cells(_Picture):
    """Two columns below their names."""

    def draw(self, painter: QPainter) -> None:
        t = tokens()
        painter.setFont(font("caption", 500))
        wide = max(painter.fontMetrics().horizontalAdvance(left) for left, _right in self.shown)
        second = min(self.width() * 0.56, max(self.width() * 0.28, wide + 28.0))
        for place, (left, right) in enumerate(self.shown):
            y = 7 + 24 * place
            painter.save()
            painter.setClipRect(QRectF(8, 0, second - 14, self.height()), Qt.ClipOperation.IntersectClip)
            self.words(painter, 14, y, left, t.text if place else t.second)
            painter.restore()
            self.words(painter, second, y, right, t.accent if place else t.second)
            if place < 2:
                painter.fillRect(QRectF(10, y + 21, self.width() - 20, 1), t.border)


class _Talk(_Picture):
    """Turns of a conversation, what is learnt at the right."""

    def draw(self, painter: QPainter) -> None:
        t = tokens()
        for place, (asked, answered) in enumerate(self.shown):
            y, text = 7 + 25 * place, answered or asked
            painter.setFont(font("caption", 500))
            width = painter.fontMetrics().horizontalAdvance(text) + 18
            x = self.width() - width - 14 if answered else 14
            box(painter, QRectF(x, y, width, 20), 6, t.accent_tint if answered else t.card)
            self.words(painter, x + 9, y + 1, text, t.accent if answered else t.text)


class _Fields(_Picture):
    """Named fields; the last one is what is learnt."""

    def draw(self, painter: QPainter) -> None:
        t = tokens()
        for place, (key, value) in enumerate(self.shown):
            y = 18 + 24 * place
            at = 14 + self.words(painter, 14, y, key, t.second) + 6
            self.words(painter, at, y, value, t.accent if place == len(self.shown) - 1 else t.text)


class _Lines(_Picture):
    """Lines of a file; what stands at the left is only read."""

    def draw(self, painter: QPainter) -> None:
        t = tokens()
        for place, (left, right) in enumerate(self.shown):
            y = 9 + 21 * place
            if left:
                self.words(painter, 14, y, left, t.text)
            self.words(painter, 82 if left else 14, y, right, t.quiet if right == "O" else t.accent)


_DRAWINGS: dict[Drawing, type[_Picture]] = {"cells": _Cells, "talk": _Talk, "fields": _Fields, "lines": _Lines}
