"""The split: how many examples train, validate and wait sealed for the end; its shares can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.core.config import SplitSettings
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.gauges import Part, SplitBar
from studio.ui.widgets.inputs import NumberInput
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, hairline, row
from studio.ui.widgets.popover import Popover
from studio.ui.wording import percent, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import State


class SplitPart(QWidget):
    """Training, validation and the sealed test as one bar, with the leak check's sentence below."""

    split_changed = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._change = LinkButton(tr("Change…"))
        self._change.setAccessibleName(tr("Change the split"))
        self._change.clicked.connect(self._open)
        self._split = SplitSettings()
        self._expert = False
        self.bar = SplitBar()
        self._leaks = Label("", "caption", wrap=True)
        head = row(Label(tr("Split"), "strong"), None, self._change, margins=(0, 0, -6, 0))
        self.setLayout(column(hairline(), head, self.bar, self._leaks, spacing=7))

    def show_state(self, state: State) -> None:
        """Show the split as it was made, or as it will be made."""
        self._split, self._expert = state.config.data.split, state.expert
        report = state.facts.report
        self.bar.setVisible(report is not None)
        if report is None:
            words = tr(
                "{validation} will be kept for validation and {test} for the sealed test.",
                validation=percent(self._split.validation),
                test=percent(self._split.test),
            )
            self._leaks.setText(words)
            return
        self.bar.set_parts(
            (
                Part(report.train, tr("train"), "train"),
                Part(report.validation, tr("validate"), "valid"),
                Part(report.test, tr("sealed test"), "control"),
            )
        )
        self._leaks.setText(leak_sentence(report.leaks))

    def _open(self) -> None:
        popover = SplitPopover(self._split, self._expert, self)
        popover.taken.connect(lambda split: self.split_changed.emit(split, tr("Change the split")))
        popover.open_at(self._change)


def leak_sentence(leaks: int) -> str:
    """What the leak check found."""
    if not leaks:
        return tr("Checked: no test row is in training.")
    return plural(
        leaks,
        "Checked: {n} row of the test was also in training and was moved to one side.",
        "Checked: {n} rows of the test were also in training and were moved to one side.",
    )


class SplitPopover(Popover):
    """The shares of the split, in per cent."""

    taken = Signal(object)

    def __init__(self, split: SplitSettings, expert: bool, parent: QWidget) -> None:
        super().__init__(tr("Split"), parent, width=340)
        self._split = split
        words = tr(
            "Validation tells during training when to stop. The test is sealed and only used at the end, to ask "
            "whether training helped."
        )
        self.body.addWidget(Label(words, "second", wrap=True))
        self.validation = self._share(tr("Validation"), split.validation, "validation")
        self.test = self._share(tr("Sealed test"), split.test, "test")
        if expert:
            seed = NumberInput(0, 2**31 - 1, whole=True, step=1)
            seed.set_number(split.seed)
            seed.edited.connect(lambda value: self._take("seed", value))
            self._line(tr("Seed of chance"), tr("The same number gives the same split."), seed)

    def _share(self, name: str, value: float, key: str) -> NumberInput:
        made = NumberInput(0, 50, whole=True, step=1, unit="%")
        made.set_number(round(value * 100))
        made.setKeyboardTracking(False)
        made.edited.connect(lambda new: self._take(key, float(new) / 100))
        self._line(name, "", made)
        return made

    def _line(self, name: str, sentence: str, made: NumberInput) -> None:
        made.setAccessibleName(name)
        words = column(Label(name, "medium"), spacing=1)
        if sentence:
            words.addWidget(Label(sentence, "caption", wrap=True))
        line = row(spacing=12, margins=(0, 2, 0, 2))
        line.addLayout(words, 1)
        line.addWidget(made)
        self.body.addLayout(line)

    def _take(self, key: str, value: float) -> None:
        self._split = self._split.model_copy(update={key: value})
        self.taken.emit(self._split)
