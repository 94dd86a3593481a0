"""How conversations are written for the model: a chat template is chosen or written, and a real row shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from studio.services import templates
from studio.services.advice import objective_of
from studio.ui.pages.data.example import as_tokens, groups_of
from studio.ui.pages.data.roles import titles_of
from studio.ui.widgets.buttons import Button, LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.inputs import ChoiceInput
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import clear, column, hairline, row, scrolling
from studio.ui.widgets.token_flow import TokenFlow
from studio.ui.wording import count, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

OWN = "a text of one's own"
PAUSE_MS = 600
EXAMPLE_HEIGHT, EDITOR_HEIGHT = 250, 220


class TemplateCard(Card):
    """A choice of chat templates, an editor for one's own, and the first training example as each writes it. Hidden
    where what is learnt does not stand in conversations."""

    def __init__(self, session: Session) -> None:
        super().__init__(tr("How conversations are written"), aside=tr("chat template"))
        self._session = session
        self._state: State | None = None
        self._shown: tuple[Any, ...] = ()
        self._writing = False
        self._result: dict[str, Any] = {}
        self.choice = ChoiceInput()
        self.choice.setFixedWidth(210)
        self.choice.setAccessibleName(tr("Chat template"))
        self.choice.edited.connect(self._choose)
        self._summary = Label("", "second", wrap=True)
        line = row(self.choice, spacing=16)
        line.addWidget(self._summary, 1, Qt.AlignmentFlag.AlignVCenter)
        self.editor = _editor()
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._try)
        self.editor.textChanged.connect(self._typed)
        self.use = Button(tr("Use this template"), "check")
        self.use.clicked.connect(self._use)
        self._back = LinkButton(tr("Leave it as it was"))
        self._back.clicked.connect(self._leave)
        self._wrong = Label("", "caption", wrap=True, tone="bad")
        self._foot = QWidget()
        foot = row(self.use, self._back, spacing=12)
        foot.addWidget(self._wrong, 1, Qt.AlignmentFlag.AlignVCenter)
        self._foot.setLayout(foot)
        self._notes = column(spacing=4)
        self.flow = TokenFlow()
        self._title, self._origin = Label("", "strong"), ElidedLabel("", "quiet")
        self._learnt, self._read = (Label("", "caption", tone=tone, tabular=True) for tone in ("train", "second"))
        self._example = self._make_example()
        for item in (line, self.editor, self._foot, self._notes, self._example):
            self.add(item)
        self.hide()

    def _make_example(self) -> QWidget:
        head = row(self._title, spacing=8)
        head.addWidget(self._origin, 1)
        head.addWidget(self._learnt)
        head.addWidget(self._read)
        content = QWidget()
        content.setLayout(column(self.flow, None, margins=(0, 4, 8, 4)))
        self._scroll = scrolling(content)
        self._scroll.setFixedHeight(EXAMPLE_HEIGHT)
        holder = QWidget()
        holder.setLayout(column(hairline("gridline"), head, self._scroll, spacing=8))
        return holder

    # ------------------------------------------------------------------------------------------------ showing

    def show_state(self, state: State) -> None:
        """Show the template of the project, and ask for the example anew when what it is made of has changed."""
        before, self._state = self._state, state
        model, config = state.facts.model, state.config
        shown = model is not None and model.architecture == "decoder" and objective_of(config).converses
        self.setVisible(shown)
        if model is None or not shown:
            return
        if before is None or before.config.model != config.model:
            self._writing = False
        self._offer(model.chat_template)
        text = config.model.template if templates.is_own(config.model.template) else ""
        self._show_editor(text)
        self.setEnabled(not state.read_only)
        learnt = (config.objective, config.data.prepared, config.train.max_length)
        key = (model.fingerprint, config.model.template, *learnt)
        if key != self._shown and not self._writing:
            self._shown = key
            self._ask(config.model.template)

    def _offer(self, has_own: bool) -> None:
        listed = [(each.id, tr(each.title)) for each in templates.choices()]
        first = tr("The model’s own") if has_own else tr("Plain words")
        rest = [pair for pair in listed if has_own or pair[0] != "plain"]
        self.choice.set_choices([("", first), *rest, (OWN, tr("One of your own…"))])
        self.choice.set_value(self._chosen())
        self._summary.setText(self._sentence(has_own))

    def _chosen(self) -> str:
        template = self._state.config.model.template if self._state else ""
        return OWN if self._writing or templates.is_own(template) else template

    def _sentence(self, has_own: bool) -> str:
        chosen = self._chosen()
        if chosen == OWN:
            return tr("A text of your own (Jinja). It gets “messages”, “tools” and the model’s special tokens.")
        if not chosen and has_own:
            return tr("As the model’s makers wrote it, and as it has learnt to read.")
        found = next(each for each in templates.choices() if each.id == (chosen or "plain"))
        if chosen:
            return tr(found.summary)
        return tr("This model brings no template of its own.") + " " + tr(found.summary)

    def _show_editor(self, text: str) -> None:
        own = self._writing or bool(text)
        self.editor.setVisible(own)
        if not self._writing and text and self.editor.toPlainText() != text:
            self._put(text)
        self._back.setVisible(self._writing)
        self._foot.setVisible(own)
        self.use.setVisible(self._writing)
        if not own:
            self._wrong.setText("")

    def _put(self, text: str) -> None:
        self.editor.blockSignals(True)
        self.editor.setPlainText(text)
        self.editor.blockSignals(False)

    # ------------------------------------------------------------------------------------------ the example

    def _ask(self, template: str) -> None:
        if not self._title.text():
            self._title.setText(tr("Writing an example…"))
        self._session.data.try_template(template, lambda result: self._take(template, result))

    def _take(self, template: str, result: dict[str, Any]) -> None:
        wanted = self.editor.toPlainText() if self._writing else self._state and self._state.config.model.template
        if template != wanted:
            return
        self._result = result
        refused = str(result.get("refused", ""))
        self._wrong.setText(refused if self._chosen() == OWN else "")
        self.use.set_disabled_reason(refused)
        self._example.setVisible(not refused)
        clear(self._notes)
        if refused:
            if self._chosen() != OWN:
                self._note(refused, "bad")
            self._title.setText("")
            return
        self._show_row(result["row"], made_up=bool(result["made_up"]))
        self._tell(result)

    def _show_row(self, shown: Mapping[str, Any], *, made_up: bool) -> None:
        assert self._state is not None
        pairs = [(str(text), str(state)) for text, state in shown["tokens"]]
        states = [state for _, state in pairs]
        self._title.setText(tr("A made-up example") if made_up else tr("Your first example"))
        self._origin.setText(tr("yours stand here once they are prepared") if made_up else str(shown["origin"]))
        self._learnt.setText(tr("{n} learnt", n=count(states.count("learnt"))))
        self._read.setText(tr("{n} only read", n=count(states.count("read"))))
        self.flow.set_groups(groups_of(as_tokens(pairs), titles_of(self._state.config)))
        height = self.flow.heightForWidth(max(300, self._scroll.viewport().width() - 8)) + 12
        self._scroll.setFixedHeight(min(EXAMPLE_HEIGHT, height))
        self._scroll.verticalScrollBar().setValue(0)

    def _tell(self, result: Mapping[str, Any]) -> None:
        """What the template can't do with this model."""
        if missing := result["missing"]:
            signs = ", ".join(missing)
            self._note(
                tr(
                    "This model has no tokens for {signs}. They are spelled out, which is harder to learn.", signs=signs
                ),
                "warn",
            )
        if not result["ends"]:
            self._note(
                tr(
                    "Answers end without a sign of the model’s own, so it would not learn to stop. Put {end} there.",
                    end="{{ eos_token }}",
                ),
                "warn",
            )
        if not result["shows_tools"] and self._has_tools():
            self._note(tr("It can’t show tools: yours are written in plain words."), "warn")

    def _has_tools(self) -> bool:
        return self._state is not None and "tools" in self._state.config.data.roles.values()

    def _note(self, words: str, tone: str) -> None:
        icon = {"warn": "warning-circle-fill", "bad": "warning-octagon-fill"}[tone]
        line = row(IconLabel(icon, tone, 15), spacing=8)
        line.addWidget(Label(words, "caption", wrap=True), 1)
        self._notes.addLayout(line)

    # --------------------------------------------------------------------------------------- what is chosen

    def _choose(self, choice: object) -> None:
        if self._state is None or self._state.facts.model is None:
            return
        if choice == OWN:
            self._begin(self._state.config.model.template, self._state.facts.model.path)
            return
        self._writing = False
        title = next(words for id, words in self._titles() if id == choice)
        if not self._session.edit({"model.template": str(choice)}, tr("Chat template: {name}", name=title)):
            self.show_state(self._state)
        elif choice == self._state.config.model.template:
            self._again()

    def _titles(self) -> list[tuple[str, str]]:
        return [("", self.choice.itemText(0)), *((each.id, tr(each.title)) for each in templates.choices())]

    def _begin(self, template: str, model: str) -> None:
        """Begin a text of one's own with what is used now."""
        self._writing = True

        def take(text: str) -> None:
            self._put(text)
            self._again()
            self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

        if used := self._result.get("source"):
            take(str(used))
        else:
            self._session.call(templates.text_of, template, model, then=take, page="model")

    def _typed(self) -> None:
        self._writing = True
        self.use.set_disabled_reason(tr("It is being tried."))
        self._back.show()
        self.use.show()
        self._pause.start()

    def _try(self) -> None:
        if self._writing:
            self._shown = ()
            self._ask(self.editor.toPlainText())

    def _use(self) -> None:
        text = self.editor.toPlainText()
        self._writing = False
        self._session.edit({"model.template": text}, tr("Chat template: one of your own"))
        self._again()

    def _leave(self) -> None:
        self._writing = False
        self._again()

    def _again(self) -> None:
        """Show everything once more, the example too."""
        self._shown = ()
        if self._writing:
            self._try()
        if self._state is not None and self._session.state is not None:
            self.show_state(self._session.state)


def _editor() -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setFixedHeight(EDITOR_HEIGHT)
    made.setTabChangesFocus(True)
    made.setAccessibleName(tr("Your chat template"))
    mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    mono.setStyleHint(QFont.StyleHint.Monospace)
    made.setFont(mono)
    made.hide()
    return made
