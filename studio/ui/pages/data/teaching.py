"""How much of all examples teaches, beside the examples themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from studio.services.facts import PrepareReport
from studio.ui.pages.data.kinds import Kind, kind_of
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.cards import Card
from studio.ui.widgets.gauges import Part, SplitBar
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import column, row
from studio.ui.wording import count, percent, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import State


class TeachingCard(Card):
    """The share of tokens that is learnt, and two remarks: what is cut off, what teaches nothing."""

    fix_asked = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("All examples"), parent=parent)
        self._share = Label("", "number", tone="train")
        self._bar = SplitBar()
        line = row(self._share, spacing=8)
        self._of_what, self._whole = Label("", "second"), False
        line.addWidget(self._of_what, 0, Qt.AlignmentFlag.AlignBottom)
        line.addStretch(1)
        self._figure = QWidget()
        self._figure.setLayout(line)
        self._waiting = Label(
            tr("Counted as soon as a model is chosen and your rows are prepared."), "second", wrap=True
        )
        self.add(self._waiting)
        self.add(self._figure)
        self.add(self._bar)
        self._cut = _Remark()
        self._nothing = _Remark()
        self._raise = Button("", small=True)
        self._raise.clicked.connect(lambda: self.fix_asked.emit(self._fix, self._raise.text()))
        self._fix: Mapping[str, Any] = {}
        self._kind: Kind = "answers"
        self.add(self._cut)
        self.add(row(26, self._raise, None, spacing=0))
        self.add(self._nothing)
        self._raise.hide()
        self.hide()

    def show_state(self, state: State) -> None:
        """Show the figures; before they are known the card says so."""
        report = state.facts.report
        self._kind = kind_of(state.config)
        self._whole = self._kind in ("class", "number", "judge")
        cut = next((problem for problem in state.problems if problem.id == "cut-off" and problem.fix), None)
        self._fix = cut.fix or {} if cut else {}
        self._raise.setText(cut.remedy if cut else "")
        self._raise.setVisible(cut is not None)
        if report is None or report.tokens_total is None:
            for part in (self._figure, self._bar, self._cut, self._nothing):
                part.hide()
            self._waiting.show()
            return
        for part in (self._figure, self._bar):
            part.show()
        self._waiting.hide()
        self.set_title(plural(report.train, "{n} example for training", "{n} examples for training"))
        self._show_tokens(report, state.config.train.max_length)

    def _show_tokens(self, report: PrepareReport, limit: int) -> None:
        total, learnt, cut = report.tokens_total or 0, report.tokens_learnt or 0, report.tokens_cut or 0
        if self._whole:
            self._share.setText(count(total))
            self._of_what.setText(tr("tokens are read"))
            parts = [Part(total, tr("read"), "quiet")]
        else:
            self._share.setText(percent(learnt / total) if total else "–")
            self._of_what.setText(tr("of all tokens teach"))
            parts = [Part(learnt, tr("learnt"), "train"), Part(max(0, total - learnt), tr("only read"), "quiet")]
        if cut:
            parts.append(Part(cut, tr("cut off"), "bad"))
        self._bar.set_parts(parts)
        if cut:
            words = plural(cut, "{n} token lies beyond the limit", "{n} tokens lie beyond the limit")
            self._cut.say(
                "scissors", "bad", words, tr("The limit is {n} tokens; change it in Settings.", n=count(limit))
            )
        else:
            self._cut.say("check-circle-fill", "good", tr("No example is cut off"), "")
        if report.teach_nothing:
            words = plural(report.teach_nothing, "{n} example teaches nothing", "{n} examples teach nothing")
            why = _NOTHING.get(self._kind, "Its answer is empty or lies beyond the limit.")
            self._nothing.say("warning-circle-fill", "warn", words, tr(why))
        else:
            self._nothing.say("check-circle-fill", "good", tr("No example teaches nothing"), "")


_NOTHING: dict[Kind, str] = {
    "class": "Its cell names no class.",
    "number": "Its cell holds no number.",
    "marks": "Its words and marks do not belong together.",
    "pairs": "Its two answers are alike, or lie beyond the limit.",
    "judge": "Its two answers are alike.",
    "liked": "It can’t be told whether its answer was liked.",
    "becomes": "There is nothing that it should become.",
    "reading": "It is empty.",
    "gaps": "It is empty.",
}


class _Remark(QWidget):
    """An icon with a line and a quieter one."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconLabel("info")
        self._line, self._more = Label("", "medium", wrap=True), Label("", "caption", wrap=True)
        line = row(spacing=10, margins=(0, 4, 0, 0))
        line.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(column(self._line, self._more, spacing=2), 1)
        self.setLayout(line)

    def say(self, icon: str, tone: str, words: str, more: str) -> None:
        self._icon.set_icon(icon, tone)
        self._line.setText(words)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        self.show()
