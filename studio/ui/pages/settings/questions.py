"""The questions that the model answers during training: a short list that can be changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from studio.ui.widgets.buttons import Button, IconButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.inputs import TextInput
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, row
from studio.ui.wording import plural, tr

MOST = 8


class QuestionsCard(Card):
    """A list of questions. `edited(tuple, label)` speaks when one was changed, added or taken away."""

    edited = Signal(tuple, str)

    def __init__(self) -> None:
        super().__init__(tr("Questions asked during training"), aside=tr("you watch the answers improve"))
        self._questions: tuple[str, ...] = ()
        self._inputs: list[TextInput] = []
        self._lines = QVBoxLayout()
        self._lines.setSpacing(6)
        self._none = Label("", "caption", wrap=True)
        self._new = TextInput(tr("Write a question as your readers would"))
        self._new.setAccessibleName(tr("A new question"))
        self._new.returnPressed.connect(self._add)
        self._add_button = Button(tr("Add"), "plus")
        self._add_button.clicked.connect(self._add)
        self._full = Label(tr("{n} questions are enough to see where it goes.", n=MOST), "quiet")
        self.add(self._none)
        self.add(self._lines)
        self.add(row(self._new, self._add_button))
        self.add(self._full)
        self.show_questions((), 0)

    def show_questions(self, questions: Sequence[str], from_validation: int) -> None:
        """Show the list; while it is empty the run takes `from_validation` questions from the validation examples."""
        shown = tuple(questions)
        self._none.setText(
            plural(
                from_validation,
                "While this list is empty, the run asks {n} question from the validation examples.",
                "While this list is empty, the run asks {n} questions from the validation examples.",
            )
            if from_validation
            else tr("This list is empty. Add a question, and the run answers it at each check.")
        )
        self._none.setVisible(not shown)
        full = len(shown) >= MOST
        for widget in (self._new, self._add_button):
            widget.setVisible(not full)
        self._full.setVisible(full)
        if shown == self._questions and len(self._inputs) == len(shown):
            return
        self._questions = shown
        self._rebuild()

    def _rebuild(self) -> None:
        clear(self._lines)
        self._inputs = []
        for place, question in enumerate(self._questions):
            field = TextInput()
            field.setText(question)
            field.setCursorPosition(0)
            field.setAccessibleName(tr("Question {n}", n=place + 1))
            field.editingFinished.connect(lambda place=place, field=field: self._change(place, field.text()))
            remove = IconButton("trash", tr("Take question {n} away", n=place + 1))
            remove.clicked.connect(lambda _on=False, place=place: self._change(place, ""))
            self._lines.addLayout(row(field, remove))
            self._inputs.append(field)

    def _change(self, place: int, text: str) -> None:
        said = text.strip()
        # A rebuilt list may still hear the last word of an input that is on its way out.
        if place >= len(self._questions) or said == self._questions[place]:
            return
        kept = [said if at == place else old for at, old in enumerate(self._questions)]
        label = tr("Question changed") if said else tr("Question taken away")
        self.edited.emit(tuple(question for question in kept if question), label)

    def _add(self) -> None:
        said = self._new.text().strip()
        if said and said not in self._questions:
            self._new.clear()
            self.edited.emit((*self._questions, said), tr("Question added"))
        self._new.setFocus()

    def inputs(self) -> Sequence[TextInput]:
        """One input per question."""
        return self._inputs
