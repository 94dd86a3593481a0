"""See what it learns: examples as the model gets them, token by token, and how much of them teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.ui.pages.data.block import ExampleBlock
from studio.ui.pages.data.kinds import Kind, kind_of, looks
from studio.ui.pages.data.legend import TokenLegend
from studio.ui.pages.data.roles import titles_of
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, column, hairline, row, scrolling
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.switches import Segmented
from studio.ui.wording import count, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

SHOWN_AT_ONCE = 10


class LearnsPane(QWidget):
    """Examples below each other, ten at a time, all or only those that are cut off or teach nothing."""

    model_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._key: tuple[str, ...] = ()
        self._words: dict[str, tuple[str, str]] = {}
        self._kind: Kind = "answers"
        self._tones: dict[str, str] = {}
        self._start, self._total = 0, 0
        self.back, self.forth = Button("", "caret-left"), Button("", "caret-right")
        for button, words in ((self.back, tr("Examples before")), (self.forth, tr("Next examples"))):
            button.setAccessibleName(words)
            button.set_tooltip(words)
        self.place = Label("", "medium", tabular=True)
        self.only = Segmented([("all", tr("All"))], name=tr("Which examples"), small=True)
        self._blocks = QVBoxLayout()
        self._blocks.setSpacing(20)
        content = QWidget()
        content.setLayout(column(self._blocks, None, margins=(22, 18, 22, 18)))
        self._scroll = scrolling(content)
        self._empty = EmptyState("graduation-cap", "", "", second=tr("Choose a model"), second_icon="cube")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self._empty)
        self.legend = TokenLegend()
        bar = row(self.back, self.forth, self.place, None, self.only, margins=(13, 11, 16, 11))
        self._top, self._foot = QWidget(), QWidget()
        self._top.setLayout(column(bar, hairline(), spacing=0))
        self._foot.setLayout(column(hairline(), self.legend, spacing=0))
        outer = column(self._top, spacing=0, margins=(1, 1, 1, 1))
        outer.addWidget(self._stack, 1)
        outer.addWidget(self._foot)
        self.setLayout(outer)
        self.back.clicked.connect(lambda: self._go(self._start - SHOWN_AT_ONCE))
        self.forth.clicked.connect(lambda: self._go(self._start + SHOWN_AT_ONCE))
        self.only.changed.connect(lambda _only: self._go(0))
        self._empty.second_action.connect(self.model_wanted)

    def show_state(self, state: State) -> None:
        """Fetch the examples anew when what they are made of has changed."""
        report, model = state.facts.report, state.facts.model
        length = str(state.config.train.max_length)
        self.legend.show_looks(looks(state.config))
        self._words, kind = titles_of(state.config), kind_of(state.config)
        if kind != self._kind:
            self._kind, self._tones = kind, {}
        key = (
            report.hash if report else "",
            model.fingerprint if model else "",
            length,
            state.config.objective.id,
            state.config.model.template,
        )
        fresh, self._key = key != self._key, key
        if model is None:
            self._say(
                tr("Choose a model first"),
                tr("Each model cuts text into its own pieces; here you will see them."),
                True,
            )
        elif report is None:
            self._say(tr("Not prepared yet"), tr("The examples stand here as soon as your rows are prepared."), False)
        else:
            self._top.show()
            self._foot.show()
            self._offer(report.tokens_cut or 0, report.teach_nothing or 0)
            if fresh:
                self._go(0)

    def show_only(self, only: str) -> None:
        """Show all examples, only cut ones, or only those that teach nothing."""
        self.only.set_current(only)
        self._go(0)

    def _offer(self, cut: int, nothing: int) -> None:
        self.only.set_choices(
            [
                ("all", tr("All")),
                ("cut", tr("Cut off")),
                ("teach-nothing", tr("Teach nothing · {n}", n=count(nothing))),
            ]
        )
        self.only.set_choice_enabled("cut", "" if cut else tr("No example is cut off."))
        self.only.set_choice_enabled("teach-nothing", "" if nothing else tr("Every example teaches something."))

    def _go(self, start: int) -> None:
        if not self._key or not self._key[0]:
            return
        self._start = max(0, start)
        key, only, asked = self._key, self.only.current(), self._start
        self.place.setText(tr("reading…"))
        take = lambda result: self._take((key, only, asked), result)  # noqa: E731
        self._session.data.preview("train", asked, SHOWN_AT_ONCE, only, take)

    def _take(self, asked: tuple[Any, ...], result: dict[str, Any]) -> None:
        if asked != (self._key, self.only.current(), self._start):
            return
        self._total = int(result["total"])
        clear(self._blocks)
        last = self._start
        for place, each in enumerate(result["rows"]):
            if place:
                self._blocks.addWidget(hairline("gridline"))
            last += int(each.get("part", 1)) == 1
            self._blocks.addWidget(ExampleBlock(last, each, self._words, self._kind, self._tones))
        words = tr("Examples {first} to {last}", first=count(self._start + 1), last=count(last))
        self.place.setText(tr("{words} of {total}", words=words, total=count(self._total)))
        self.back.set_disabled_reason("" if self._start else tr("These are the first ones."))
        self.forth.set_disabled_reason("" if last < self._total else tr("These are the last ones."))
        self._scroll.verticalScrollBar().setValue(0)
        if result["rows"]:
            self._stack.setCurrentWidget(self._scroll)
        else:
            self._say(tr("No such example"), tr("All examples are learnt whole."), False)

    def _say(self, title: str, sentence: str, model: bool) -> None:
        self._empty.set_words(title, sentence)
        self._empty.second_button.setVisible(model)
        self.place.setText("")
        self._stack.setCurrentWidget(self._empty)
        nothing_to_page = not self._key or not self._key[0] or model
        self._top.setVisible(not nothing_to_page)
        self._foot.setVisible(not nothing_to_page)
