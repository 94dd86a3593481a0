"""What the model answers to the same questions as it learns, and a place to ask it something."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.run import RunSummary
from studio.ui.pages.train.course import Answer, Course
from studio.ui.theme import tokens
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.inputs import TextInput
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, column, frame, hairline, row, scrolling
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import count, tr

# More answers than these are no longer read; the newest and the first stay.
_MOST = 40


class AnswersPanel(Card):
    """One question at a time with its answers from the first step to the newest. `asked(prompt)` asks the run."""

    asked = Signal(str)

    def __init__(self) -> None:
        self._pager = _Pager()
        super().__init__(tr("Its answers"), self._pager)
        self._course: Course | None = None
        self._run: RunSummary | None = None
        self._questions: list[str] = []
        self._current = ""
        self._shown: tuple[Answer, ...] = ()
        self._views: list[_AnswerView] = []
        self._waiting = ""
        self._pager.moved.connect(self._move)
        self._kind = Label(tr("Asked at each check"), "quiet")
        self._question = Label("", "medium", wrap=True)
        self._question.set_selectable()
        self._quote = frame("sunken", column(self._kind, self._question, spacing=2, margins=(12, 8, 12, 10)))
        self._list = QVBoxLayout()
        self._list.setSpacing(12)
        self._list.setContentsMargins(0, 4, 8, 4)
        self._none = Label("", "second", wrap=True)
        holder = QWidget()
        holder.setLayout(column(self._list, None, spacing=0))
        self._scroll = scrolling(holder)
        self._scroll.setAccessibleName(tr("Answers by step"))
        self._scroll.verticalScrollBar().rangeChanged.connect(self._follow)
        self._ask = _AskField()
        self._ask.asked.connect(self._wish)
        for widget in (self._quote, self._none):
            self.add(widget)
        self.add(self._scroll, 1)
        self.add(self._ask)

    def show_course(self, course: Course, run: RunSummary) -> None:
        """Show a run's answers; the question that is being read stays."""
        self._run = run
        if course is not self._course:
            self._course, self._current, self._waiting = course, "", ""
        self._questions = course.questions()
        if any(answer.prompt == self._waiting for answer in course.answers):
            self._waiting = ""
        if self._current not in self._questions and not self._waiting:
            self._current = self._questions[0] if self._questions else ""
        objective = course.config.objective.id if course.config else ""
        talks = objective in ("", "instruct", "prefer", "liked")
        self._ask.field.setPlaceholderText(tr("Ask something yourself…") if talks else tr("Try a text of your own…"))
        self._ask.set_closed(_closed_reason(run))
        self._show()

    def _show(self) -> None:
        if self._course is None or self._run is None:
            return
        course, question = self._course, self._current
        place = self._questions.index(question) if question in self._questions else -1
        self._pager.show_place(place, len(self._questions))
        self._quote.setVisible(bool(question))
        self._question.setText(question)
        answers = [answer for answer in course.answers if answer.prompt == question]
        own = course.config.train.samples if course.config else ()
        repeated = len(answers) > 1 or question in own
        self._kind.setText(tr("Asked at each check") if repeated else tr("You asked"))
        self._none.setText(_none_words(self._run, bool(self._waiting)))
        self._none.setVisible(not answers)
        self._fill(tuple(answers if len(answers) <= _MOST else [answers[0], *answers[-_MOST + 1 :]]))

    def _fill(self, answers: tuple[Answer, ...]) -> None:
        if answers == self._shown:
            return
        kept = len(self._shown) if answers[: len(self._shown)] == self._shown else 0
        if not kept:
            clear(self._list)
            self._views = []
        for answer in answers[kept:]:
            if self._views:
                self._views[-1].set_newest(False)
                self._list.addWidget(hairline("hairline"))
            self._views.append(_AnswerView(answer))
            self._list.addWidget(self._views[-1])
        if self._views:
            self._views[-1].set_newest(True)
        self._shown = answers

    def _follow(self, _low: int, high: int) -> None:
        bar = self._scroll.verticalScrollBar()
        # Someone who reads an earlier answer is left in peace.
        if bar.value() >= bar.maximum() - 400 or bar.value() == 0:
            bar.setValue(high)

    def _move(self, place: int) -> None:
        self._turn_to(self._questions[place])

    def _wish(self, prompt: str) -> None:
        self._waiting = "" if prompt in self._questions else prompt
        self._turn_to(prompt)
        self.asked.emit(prompt)

    def _turn_to(self, question: str) -> None:
        self._current = question
        self._shown = ()
        clear(self._list)
        self._show()

    def field(self) -> TextInput:
        """Where one types a question."""
        return self._ask.field


def _closed_reason(run: RunSummary) -> str:
    if run.state == "running":
        return ""
    if run.state in ("planned", "waiting"):
        return tr("You can ask it something once the run has begun.")
    if run.state == "paused":
        return tr("Resume the run to ask it something.")
    if run.state == "failed":
        return tr("Continue the run to ask it something.")
    return tr("The run has ended. On the next page, Evaluate, you can try the model.")


def _none_words(run: RunSummary, waiting: bool) -> str:
    if waiting:
        return tr("Asked. The answer comes after this step.")
    if run.state in ("waiting", "running"):
        return tr("The first answers come with the first check.")
    return tr("No answers were kept from this run.")


class _AnswerView(QWidget):
    """One answer with its step above it; the newest stands out by colour and by being last."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        step = tr("step {n}", n=count(answer.step))
        # Two labels, one of them hidden: a font that is changed later is taken back by the style sheet.
        self._earlier, self._newest = Label(step, "quiet"), Label(step, "strong", tone="accent")
        self._text = Label(answer.text.strip() or tr("(it said nothing)"), "body", wrap=True, tone="second")
        self._text.set_selectable()
        self.setLayout(column(self._earlier, self._newest, self._text, spacing=2))
        self.setAccessibleName(f"{step}: {self._text.text()}")
        self.set_newest(False)

    def set_newest(self, newest: bool) -> None:
        """Mark it as the newest, or as an earlier one."""
        self._earlier.setVisible(not newest)
        self._newest.setVisible(newest)
        self._text.set_tone("text" if newest else "second")


class _Pager(QWidget):
    """Earlier and later question: ‹ 2 of 5 ›."""

    moved = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._place, self._number = -1, 0
        self._back = IconButton("caret-left", tr("The question before"), small=True)
        self._on = IconButton("caret-right", tr("The next question"), small=True)
        self._words = Label("", "caption", tabular=True)
        self._back.clicked.connect(lambda: self.moved.emit((self._place - 1) % self._number))
        self._on.clicked.connect(lambda: self.moved.emit((self._place + 1) % self._number))
        self.setLayout(row(self._back, self._words, self._on, spacing=2))

    def show_place(self, place: int, number: int) -> None:
        """Which question of how many; hidden where there is no choice."""
        self._place, self._number = place, number
        self._words.setText(tr("{place} of {number}", place=place + 1, number=number) if place >= 0 else "")
        self.setVisible(number > 1 or (number == 1 and place < 0))


class _AskField(QFrame):
    """A line to ask something, with its button."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.field = TextInput(tr("Ask something yourself…"))
        self.field.setFrame(False)
        self.field.setProperty("quiet", True)
        self.field.returnPressed.connect(self._send)
        self.button = IconButton("paper-plane-tilt", tr("Ask"))
        self.button.clicked.connect(self._send)
        self._closed = Label("", "caption", wrap=True)
        self._closed.setContentsMargins(10, 6, 10, 6)
        self._closed.hide()
        line = QHBoxLayout(self)
        line.setContentsMargins(2, 2, 2, 2)
        line.addWidget(self.field, 1)
        line.addWidget(self.button)
        line.addWidget(self._closed, 1)

    def set_closed(self, reason: str) -> None:
        """Close the field with a reason, or open it with none."""
        self._closed.setText(reason)
        self._closed.setVisible(bool(reason))
        self.field.setVisible(not reason)
        self.button.setVisible(not reason)

    def _send(self) -> None:
        said = self.field.text().strip()
        if said:
            self.field.clear()
            self.asked.emit(said)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter asks; it must not reach the window's primary button.
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        box(antialiased(self), self.rect(), 8, tokens().sunken)
