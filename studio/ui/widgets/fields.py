"""One row of a form: plain name, the field's term, a sentence, the input, and what is recommended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.theme import HEIGHT_FIELD, SPACE_8, SPACE_16
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.inputs import ChoiceInput, NumberInput, TextInput
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import row, wide
from studio.ui.widgets.number_steps import plain_number
from studio.ui.widgets.switches import Switch
from studio.ui.wording import shortened, tr

FieldKind = Literal["int", "float", "bool", "choice", "text"]
Level = Literal["basic", "advanced"]

# Widths of the input and of what is recommended; below the third the second goes under the first.
_INPUT, _SIDE, _NARROW = 152, 168, 580


@dataclass(frozen=True)
class FieldSpec:
    """What a form must know of one setting, all in plain values.

    `optional` lets the value be None, which the form words as `none_word` ("automatic").
    """

    key: str
    name: str
    term: str = ""
    sentence: str = ""
    kind: FieldKind = "text"
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[object, str], ...] = ()
    unit: str = ""
    level: Level = "basic"
    recommended: object = None
    why: str = ""
    too_low: str = ""
    too_high: str = ""
    group: str = ""
    step: float | None = None
    optional: bool = False
    none_word: str = ""
    recommended_note: str = ""


def worded(spec: FieldSpec, value: object) -> str:
    """A value as the form's links and remarks say it."""
    if value is None:
        return spec.none_word or tr("automatic")
    if spec.kind == "bool":
        return tr("on") if value else tr("off")
    if spec.kind == "choice":
        return next((words for choice, words in spec.choices if choice == value), str(value))
    if isinstance(value, (int, float)):
        return plain_number(value)
    return str(value) or tr("empty")


Input = NumberInput | ChoiceInput | TextInput | Switch


class FieldRow(QFrame):
    """A setting with its input. `changed(key, value)` when the person edits, `focused(key)` when they come to it."""

    changed = Signal(str, object)
    focused = Signal(str)

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._value: object = spec.recommended
        self._refused = self._problem = ""
        self._only_warns = False
        self.input: Input = self._make_input()
        self.input.setAccessibleName(f"{spec.name} ({spec.term})" if spec.term else spec.name)
        self.input.setAccessibleDescription(spec.sentence)
        self.input.installEventFilter(self)
        self._back = LinkButton("", "arrow-counter-clockwise")
        self._back.clicked.connect(self._go_back)
        self._fits = ElidedLabel("", "quiet")
        fits = QWidget()
        fits.setLayout(row(6, IconLabel("check", "good", 14), wide(self._fits), spacing=6))
        self._side = QStackedWidget()
        self._side.addWidget(fits)
        back = QWidget()
        back.setLayout(row(self._back, None))
        self._side.addWidget(back)
        self._side.addWidget(QWidget())
        self._side.setFixedWidth(_SIDE)
        self._narrow = False
        self._error = Label("", "caption", wrap=True, tone="bad")
        self._error.hide()
        self._lay_out()
        self.set_value(spec.recommended)

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SPACE_16, SPACE_8, SPACE_16, SPACE_8)
        outer.setSpacing(4)
        self._line = QHBoxLayout()
        self._line.setSpacing(SPACE_8)
        self._line.addStrut(HEIGHT_FIELD - 2 * SPACE_8)
        self._line.addLayout(self._words(), 1)
        self._line.addSpacing(SPACE_8)
        self._inside = QVBoxLayout()
        self._inside.setSpacing(2)
        self._inside.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self._line, 1)
        if self.spec.kind == "text":
            # A sentence needs the row's whole width.
            outer.addWidget(self.input)
        else:
            self._line.addWidget(self._beside(), 0, Qt.AlignmentFlag.AlignVCenter)
        self._line.addWidget(self._side, 0, Qt.AlignmentFlag.AlignVCenter)
        outer.addWidget(self._error)

    def _words(self) -> QVBoxLayout:
        name = QHBoxLayout()
        name.setSpacing(SPACE_8)
        name.addWidget(Label(self.spec.name, "medium"))
        name.addWidget(wide(ElidedLabel(self.spec.term, "quiet")), 1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addLayout(name)
        if self.spec.sentence:
            words.addWidget(Label(self.spec.sentence, "caption", wrap=True))
        words.addStretch(1)
        return words

    def _beside(self) -> QWidget:
        """The input in a column of its own, below which what is recommended may stand."""
        if self.spec.kind != "bool":
            self.input.setFixedWidth(_INPUT)
        self._inside.addWidget(self.input, 0, Qt.AlignmentFlag.AlignLeading)
        holder = QWidget()
        holder.setLayout(self._inside)
        return holder

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_narrow(event.size().width() < _NARROW and self.spec.kind != "text")

    def _set_narrow(self, narrow: bool) -> None:
        """Where there is little room, what is recommended stands below the input instead of beside it."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        before, after = (self._line, self._inside) if narrow else (self._inside, self._line)
        before.removeWidget(self._side)
        after.addWidget(self._side)
        self._side.setFixedHeight(self._back.sizeHint().height())

    def _make_input(self) -> Input:
        spec = self.spec
        if spec.kind in ("int", "float"):
            number = NumberInput(spec.minimum, spec.maximum, whole=spec.kind == "int", step=spec.step, unit=spec.unit)
            number.edited.connect(self._edited)
            number.refused.connect(self._refuse)
            return number
        if spec.kind == "choice":
            choice = ChoiceInput(spec.choices)
            choice.edited.connect(self._edited)
            return choice
        if spec.kind == "bool":
            switch = Switch()
            switch.toggled.connect(self._edited)
            return switch
        text = TextInput()
        text.edited.connect(self._edited)
        return text

    def _edited(self, value: object) -> None:
        self._value = value
        self._show_side()
        self.changed.emit(self.spec.key, value)

    def _go_back(self) -> None:
        self.set_value(self.spec.recommended)
        self.input.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit(self.spec.key, self.spec.recommended)

    def value(self) -> object:
        """The value that is shown."""
        return self._value

    def set_value(self, value: object) -> None:
        """Show a value, without emitting."""
        self._value = value
        if isinstance(self.input, NumberInput):
            if isinstance(value, (int, float)):
                self._refuse("")
                self.input.set_number(value)
        elif isinstance(self.input, ChoiceInput):
            self.input.set_value(value)
        elif isinstance(self.input, Switch):
            self.input.set_on(bool(value))
        elif self.input.text() != (said := "" if value is None else str(value)):
            self.input.setText(said)
        self._show_side()

    def set_spec(self, spec: FieldSpec) -> None:
        """Take a new recommendation or note; the kind of input stays."""
        self.spec = spec
        self._show_side()

    def differs(self) -> bool:
        """Whether the value is not the recommended one."""
        return self.spec.recommended is not None and self._value != self.spec.recommended

    def set_problem(self, sentence: str, *, warns: bool = False) -> None:
        """Say under the row what is wrong with the value; empty when nothing is. What only `warns` is not red."""
        self._problem, self._only_warns = sentence, warns
        self._show_problem()

    def _refuse(self, reason: str) -> None:
        self._refused = reason
        self._show_problem()

    def _show_problem(self) -> None:
        sentence = self._refused or self._problem
        warns = self._only_warns and not self._refused
        self._error.setText(sentence)
        self._error.set_tone("warn" if warns else "bad")
        self._error.setVisible(bool(sentence))
        if isinstance(self.input, (NumberInput, TextInput)):
            self.input.set_wrong(bool(sentence) and not warns)
        self.input.setAccessibleDescription(f"{self.spec.sentence} {sentence}".strip())

    def problem(self) -> str:
        """The sentence under the row."""
        return self._error.text()

    def _show_side(self) -> None:
        spec = self.spec
        if spec.recommended is None:
            self._side.setCurrentIndex(2)
        elif self.differs():
            said = tr("Back to {value}", value=worded(spec, spec.recommended))
            self._back.setText(shortened(said, 16))
            self._back.set_tooltip(said if len(said) > 16 else "")
            self._side.setCurrentIndex(1)
        else:
            note = spec.recommended_note or tr("Recommended: {value}", value=worded(spec, spec.recommended))
            self._fits.setText(note)
            self._side.setCurrentIndex(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.input and event.type() == QEvent.Type.FocusIn:
            self.focused.emit(self.spec.key)
        return super().eventFilter(watched, event)
