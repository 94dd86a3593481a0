"""Where the tuned model goes wrong: a matrix whose cells open the texts, and a table by class or by mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.services.facts import Evaluation
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import clear, column, frame, hairline, scrolling
from studio.ui.widgets.matrix import Matrix
from studio.ui.widgets.switches import Segmented
from studio.ui.wording import count, percent, shortened, tr

MOST_LINES = 100


class MistakesCard(Card):
    """Shown for classes and marks; `has_any` tells whether there is something to show."""

    def __init__(self) -> None:
        self.views = Segmented(
            [("matrix", tr("Matrix")), ("table", tr("List"))],
            name=tr("Where it goes wrong"),
            small=True,
        )
        super().__init__(tr("What is taken for what"), self.views)
        self._shown: Mapping[str, Any] = {}
        self.matrix = Matrix()
        self.matrix.chosen.connect(lambda _row, _column: self._show_texts())
        self._cell = Label("", "strong", wrap=True)
        self._texts = QVBoxLayout()
        self._texts.setSpacing(8)
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(18)
        self._table.setVerticalSpacing(7)
        self._table.setColumnStretch(0, 2)
        axes = Label(tr("Across: what it says. Down: what is right."), "quiet")
        below = column(axes, self._cell, self._texts, None, spacing=8, margins=(0, 8, 8, 0))
        by_cell, by_line = QWidget(), QWidget()
        by_cell.setLayout(column(self.matrix, below, None, spacing=4, margins=(0, 0, 8, 0)))
        by_line.setLayout(column(self._table, None, margins=(0, 0, 8, 0)))
        self._stack = QStackedWidget()
        for part in (by_cell, by_line):
            self._stack.addWidget(scrolling(part))
        self.add(self._stack, 1)
        self.views.changed.connect(self._show_view)

    @staticmethod
    def has_any(evaluation: Evaluation | None) -> bool:
        """Whether an evaluation tells where the model goes wrong."""
        return bool(evaluation and (evaluation.mistakes.get("classes") or evaluation.mistakes.get("marks")))

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show the mistakes of an evaluation that has some."""
        if evaluation.mistakes == self._shown:
            return
        self._shown = evaluation.mistakes
        confusion = self._shown.get("confusion")
        self.views.setVisible(bool(confusion))
        if confusion:
            self.matrix.set_counts(confusion["names"], confusion["counts"])
            self._show_texts()
        self._show_view("matrix" if confusion else "table")
        marks = self._shown.get("marks")
        self._fill(marks if marks is not None else self._shown["classes"], bool(marks is not None))

    def _show_view(self, view: str) -> None:
        self.views.set_current(view)
        self._stack.setCurrentIndex(0 if view == "matrix" else 1)
        if view == "matrix":
            self.set_title(tr("What is taken for what"), tr("confusion matrix"))
        else:
            self.set_title(tr("Mark by mark") if "marks" in self._shown else tr("Class by class"))

    def _show_texts(self) -> None:
        """The texts of the cell that is looked at."""
        row, place = self.matrix.cell()
        names = self._shown["confusion"]["names"]
        if not names:
            return
        self._cell.setText(self.matrix.said(row, place))
        clear(self._texts)
        for miss in self._shown.get("misses", ()):
            if (miss["right"], miss["told"]) == (names[row], names[place]):
                said = Label(miss["text"], "body", wrap=True)
                said.set_selectable()
                self._texts.addWidget(frame("sunken", column(said, margins=(12, 8, 12, 8))))

    def _fill(self, lines: Sequence[Mapping[str, Any]], marks: bool) -> None:
        """A line for each class or mark, those that are found least first."""
        clear(self._table)
        heads = [
            tr("Mark") if marks else tr("Class"),
            tr("in the test"),
            tr("found"),
            tr("right when told"),
            *([] if marks else [tr("most often taken for")]),
        ]
        for at, words in enumerate(heads):
            side = Qt.AlignmentFlag.AlignRight if 0 < at < 4 else Qt.AlignmentFlag.AlignLeft
            shown = ElidedLabel(words, "caption") if at in (0, 4) else Label(words, "caption")
            self._table.addWidget(shown, 0, at, side if 0 < at < 4 else Qt.AlignmentFlag(0))
        self._table.setColumnStretch(4, 0 if marks else 3)
        ordered = sorted(lines, key=lambda line: (_share(line, "there"), -line["there"]))
        for place, line in enumerate(ordered[:MOST_LINES]):
            self._add_line(2 * place + 1, line, len(heads))
        if len(ordered) > MOST_LINES:
            rest = tr("… and {n} more, found at least as well", n=count(len(ordered) - MOST_LINES))
            self._table.addWidget(Label(rest, "quiet"), 2 * MOST_LINES + 1, 0, 1, len(heads))

    def _add_line(self, at: int, line: Mapping[str, Any], columns: int) -> None:
        self._table.addWidget(hairline("gridline"), at, 0, 1, columns)
        name = ElidedLabel(str(line["name"]), "medium")
        self._table.addWidget(name, at + 1, 0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        numbers = (count(line["there"]), _found(line, "there"), _found(line, "told"))
        for place, words in enumerate(numbers):
            self._table.addWidget(Label(words, "body", tabular=True), at + 1, place + 1, right)
        if columns == 5:
            taken = ", ".join(f"{shortened(str(other), 40)} ({count(n)})" for other, n in line.get("taken_for", ()))
            self._table.addWidget(ElidedLabel(taken, "caption"), at + 1, 4)


def _share(line: Mapping[str, Any], of: str) -> float:
    return line["right"] / line[of] if line[of] else 1.0


def _found(line: Mapping[str, Any], of: str) -> str:
    return percent(line["right"] / line[of], 0) if line[of] else "–"
