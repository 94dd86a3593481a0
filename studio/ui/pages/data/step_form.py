"""A step's settings in a small panel, drawn from what its cleaner declares."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.core.config import Step
from studio.core.settings import SettingField
from studio.plugins import cleaners
from studio.ui.widgets.buttons import Button, LinkButton
from studio.ui.widgets.inputs import ChoiceInput, NumberInput, TextInput
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, hairline, row
from studio.ui.widgets.popover import Popover
from studio.ui.widgets.switches import Switch
from studio.ui.wording import tr


class StepPopover(Popover):
    """What a step does, its settings, and what can be done with it."""

    set_taken = Signal(object)
    move_asked = Signal(int)
    remove_asked = Signal()
    show_asked = Signal()

    def __init__(self, step: Step, place: int, steps: int, parent: QWidget) -> None:
        known = cleaners()
        cleaner = known[step.id] if step.id in known else None  # noqa: SIM401 - a registry has no get
        super().__init__(tr(cleaner.title) if cleaner else step.id, parent, width=372)
        self._step = step
        if cleaner:
            self.body.addWidget(Label(tr(cleaner.explanation or cleaner.summary), "second", wrap=True))
            for field in cleaner.form():
                self._add_field(field)
        else:
            self.body.addWidget(Label(tr("The plugin for this step is not here; the step is left out."), wrap=True))
        self.body.addSpacing(4)
        self.body.addWidget(hairline("gridline"))
        self._add_actions(place, steps)

    def _add_actions(self, place: int, steps: int) -> None:
        up, down = LinkButton(tr("Move up"), "arrow-up"), LinkButton(tr("Move down"), "arrow-down")
        up.set_disabled_reason(tr("It is the first step.") if place == 0 else "")
        down.set_disabled_reason(tr("It is the last step.") if place == steps - 1 else "")
        remove = LinkButton(tr("Remove"), "trash")
        show = Button(tr("See what it did"), "magnifying-glass")
        for button, signal, value in ((up, self.move_asked, -1), (down, self.move_asked, 1)):
            button.clicked.connect(lambda _checked=False, signal=signal, value=value: self._leave(signal, value))
        remove.clicked.connect(lambda: self._leave(self.remove_asked))
        show.clicked.connect(lambda: self._leave(self.show_asked))
        self.body.addLayout(row(up, down, None, remove, spacing=4))
        self.body.addLayout(row(show, None))

    def _leave(self, signal: Any, *values: int) -> None:
        self.close()
        signal.emit(*values)

    def _add_field(self, field: SettingField) -> None:
        value = self._step.settings.get(field.key, field.default)
        made = _input(field, value)
        made.setAccessibleName(f"{tr(field.title)} ({field.term})" if field.term else tr(field.title))
        made.setAccessibleDescription(tr(field.help))
        signal = made.toggled if isinstance(made, Switch) else made.edited
        signal.connect(lambda new, key=field.key: self._take(key, new))
        words = column(Label(tr(field.title), "medium", wrap=True), spacing=1)
        if field.help:
            words.addWidget(Label(tr(field.help), "caption", wrap=True))
        line = row(spacing=12, margins=(0, 4, 0, 4))
        line.addLayout(words, 1)
        line.addWidget(made)
        self.body.addLayout(line)

    def _take(self, key: str, value: object) -> None:
        self._step = Step.model_validate({**self._step.model_dump(), key: value})
        self.set_taken.emit(self._step)


def _input(field: SettingField, value: Any) -> NumberInput | ChoiceInput | TextInput | Switch:
    if field.kind in ("integer", "number"):
        number = NumberInput(field.minimum, field.maximum, whole=field.kind == "integer", unit=tr(field.unit))
        number.set_number(float(value or 0))
        number.setKeyboardTracking(False)
        # Room for the unit beside the longest number that is likely.
        room = number.fontMetrics().horizontalAdvance(f"100000 {tr(field.unit)}") + 56
        number.setFixedWidth(max(136, min(180, room)))
        return number
    if field.kind == "choice":
        choice = ChoiceInput([(each, tr(words)) for each, words in field.choices])
        choice.set_value(value)
        return choice
    if field.kind == "boolean":
        return Switch(bool(value))
    text = TextInput()
    text.setText(str(value or ""))
    return text
