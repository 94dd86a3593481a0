"""Trying the model before and after, side by side, with one line for both."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QWidget

from studio.data.excerpts import GAP
from studio.ui.pages.data.kinds import Kind
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.chat import ChatColumn
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import FlowLayout, clear, row
from studio.ui.widgets.paint import plain_tooltip
from studio.ui.widgets.switches import Chip
from studio.ui.wording import shortened, tr

WHO = ("base", "tuned")
_LINES = 4
_ANSWERS = ("Side by side", "the same question to both", "Ask both models something; Enter sends")
_TALKS = ("answers", "pairs", "liked")
_READS = ("Try a text", "the same text to both", "Write or paste a text; Enter sends")
_WORDS: dict[Kind, tuple[str, str, str]] = {
    "class": _READS,
    "number": _READS,
    "marks": _READS,
    "judge": ("Try an answer", "both give the same answer a mark", "Write or paste an answer; Enter sends"),
    "becomes": ("Try a text", "what each makes of the same text", "Write or paste a text; Enter sends"),
    "reading": ("Try a beginning", "how each goes on", "Write the beginning of a text; Enter sends"),
    "gaps": (
        "Try a gap",
        "what each puts in the same gap",
        "Write a text with ___ where a word is missing; Enter sends",
    ),
}


class QuestionInput(QPlainTextEdit):
    """A place to write a question: Enter sends, Shift and Enter begin a new line. It grows to a few lines."""

    sent = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Ask both models something; Enter sends"))
        self.setAccessibleName(tr("Your question to both models"))
        self.setAccessibleDescription(tr("Enter sends, Shift and Enter begin a new line"))
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self.updateGeometry())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.send()
        else:
            super().keyPressEvent(event)

    def send(self) -> None:
        """Send what was written, if it says something."""
        said = self.toPlainText().strip()
        if said:
            self.clear()
            self.sent.emit(said)

    def sizeHint(self) -> QSize:
        lines = min(_LINES, max(1, int(self.document().size().height())))
        return QSize(200, lines * self.fontMetrics().lineSpacing() + 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())


class SideBySide(Card):
    """Both models and what they answer. `asked(prompt)` and `interrupted()` go to the page."""

    asked = Signal(str)
    interrupted = Signal()

    def __init__(self) -> None:
        self.empty_button = Button(tr("Clear"), "eraser", small=True)
        super().__init__(tr("Side by side"), self.empty_button, aside=tr("the same question to both"))
        self.columns = {
            "base": ChatColumn(tr("Before"), tr("base model")),
            "tuned": ChatColumn(tr("After"), tr("tuned")),
        }
        self._history: dict[str, list[dict[str, str]]] = {who: [] for who in WHO}
        self._open: dict[str, str] = {}
        self._prompt = ""
        self._kind: Kind = "answers"
        self._chips = FlowLayout(spacing=6)
        self._chip_holder = QWidget()
        self._chip_holder.setLayout(self._chips)
        self._questions: tuple[str, ...] = ()
        self.input = QuestionInput()
        self.input.sent.connect(self.ask)
        self.send_button = IconButton("paper-plane-tilt", tr("Send"))
        self.send_button.clicked.connect(self.input.send)
        self.status = Label("", "quiet")
        self.empty_button.clicked.connect(self.forget)
        pair = QHBoxLayout()
        pair.setSpacing(CARD_GAP)
        for column in self.columns.values():
            column.stop_clicked.connect(self.interrupted)
            column.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            column.setMinimumHeight(150)
            column.set_hint(tr("Its answers appear here."))
            pair.addWidget(column, 1)
        self.add(pair, 1)
        self.add(self._chip_holder)
        self.add(row(self.input, self.send_button))
        self.add(self.status)
        self.say("")
        self._show_empty()

    def set_kind(self, kind: Kind) -> None:
        """The words that fit what the models do: answer, go on, sort, mark, or fill gaps."""
        title, aside, placeholder = _WORDS.get(kind, _ANSWERS)
        self.set_title(tr(title), tr(aside))
        self.input.setPlaceholderText(tr(placeholder))
        self.input.setAccessibleName(tr("Your question to both models") if kind in _TALKS else tr("Your text for both"))
        self._kind = kind

    def say(self, remark: str) -> None:
        """A quiet remark below the line for questions; an empty one takes no room."""
        self.status.setText(remark)
        self.status.setVisible(bool(remark))

    def set_names(self, base: str, tuned: str) -> None:
        """Who answers at the left and at the right."""
        self.columns["base"].set_title(tr("Before"), base)
        self.columns["tuned"].set_title(tr("After"), tuned)

    def show_questions(self, questions: Sequence[str]) -> None:
        """Offer questions from the test, each one click away."""
        if tuple(questions) == self._questions:
            return
        self._questions = tuple(questions)
        clear(self._chips)
        for question in questions:
            chip = Chip(shortened(question, 44), interactive=True)
            chip.setAccessibleName(question)
            plain_tooltip(chip, question)
            chip.clicked.connect(lambda _on=False, question=question: self.ask(question))
            self._chips.addWidget(chip)
        self._chip_holder.setVisible(bool(questions))

    def questions(self) -> Sequence[str]:
        """The questions on offer."""
        return self._questions

    def ask(self, prompt: str) -> None:
        """Show a question in both columns and pass it on; while an answer is being written nothing is taken."""
        if self._open:
            self.say(tr("An answer is still being written. Stop it first, or wait."))
            return
        if self._kind == "gaps" and GAP not in prompt:
            self.say(tr("Write ___ where a word is missing; that is what both will fill."))
            self.input.setPlainText(prompt)
            return
        self._prompt = prompt
        for who, column in self.columns.items():
            column.ask(prompt)
            column.begin_answer()
            self._open[who] = ""
        self._show_empty()
        self.asked.emit(prompt)

    def history(self, who: str) -> tuple[dict[str, str], ...]:
        """What was said so far in one column, as the model reads it."""
        return tuple(self._history[who])

    def expect(self, who: str, ask: str) -> None:
        """The question's id under which the answer will come."""
        if who in self._open:
            self._open[who] = ask

    def take(self, ask: str, who: str, text: str, done: bool) -> None:
        """A piece of an answer: the text so far, and whether it is whole."""
        if who not in self._open or self._open[who] != ask:
            return
        column = self.columns[who]
        column.set_answer(text)
        self.say("")
        if done:
            del self._open[who]
            column.end_answer("" if text.strip() else tr("It said nothing."))
            if self._kind in _TALKS:
                turns = (("user", self._prompt), ("assistant", text))
                self._history[who] += [{"role": role, "content": content} for role, content in turns]
            self._show_empty()

    def break_off(self, remark: str) -> None:
        """No more answers will come."""
        for who in list(self._open):
            self.columns[who].end_answer(remark)
        self._open = {}
        self._show_empty()

    def forget(self) -> None:
        """Empty both columns; the next question starts a new talk."""
        if self._open:
            self.interrupted.emit()
        self._open = {}
        for who, column in self.columns.items():
            column.clear()
            self._history[who] = []
        self._show_empty()

    def answering(self) -> bool:
        """Whether an answer is being written."""
        return bool(self._open)

    def _show_empty(self) -> None:
        talked = any(column.bubbles() for column in self.columns.values())
        self.empty_button.set_disabled_reason("" if talked else tr("Nothing was asked yet."))
        self.send_button.set_disabled_reason(tr("An answer is being written.") if self._open else "")
