"""The project's runs as a list: look at one, write a note, delete it, bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.run import ACTIVE, RunSummary
from studio.plugins import methods
from studio.ui import wording
from studio.ui.pages.whence import listed, whence
from studio.ui.widgets.buttons import Button, IconButton, LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.inputs import TextInput
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import clear, column, hairline, row, wide
from studio.ui.wording import count, number, run_name, tr

_SIGNS = {
    "planned": ("calendar-blank", "second"),
    "waiting": ("hourglass-medium", "accent"),
    "running": ("play-circle-fill", "accent"),
    "paused": ("pause-circle-fill", "second"),
    "stopped": ("stop-circle-fill", "second"),
    "finished": ("check-circle-fill", "good"),
    "failed": ("x-circle-fill", "bad"),
}
_STATES = {
    "planned": "To be started elsewhere",
    "waiting": "Starting",
    "running": "Running",
    "paused": "Paused",
    "stopped": "Stopped",
    "finished": "Finished",
    "failed": "Could not finish",
}


class RunList(Card):
    """Every run of the project, the newest first. `chosen`, `deleted` and `restored` carry the run's id; `deleted` also
    whether the person was told that others went on from it. `join_wanted` asks to make one run of several."""

    chosen = Signal(str)
    deleted = Signal(str, bool)
    join_wanted = Signal()
    restored = Signal(str)
    noted = Signal(str, str)

    def __init__(self) -> None:
        self.join = LinkButton(tr("Join runs…"), "git-merge", small=True)
        super().__init__(tr("Runs of this project"), self.join)
        self.join.clicked.connect(self.join_wanted)
        self._rows: dict[str, _RunRow] = {}
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        self._trash = QVBoxLayout()
        self._trash.setSpacing(2)
        self.add(self._lines)
        self.add(self._trash)
        self._in_trash: tuple[str, ...] | None = None

    def show_runs(self, runs: Sequence[RunSummary], shown: str, read_only: str) -> None:
        """Show the runs, `shown` as the one on the page."""
        if list(self._rows) != [run.id for run in runs]:
            clear(self._lines)
            self._rows = {}
            for place, run in enumerate(runs):
                if place:
                    self._lines.addWidget(hairline("gridline"))
                self._rows[run.id] = self._row_of(run)
                self._lines.addWidget(self._rows[run.id])
        self.join.set_disabled_reason(read_only)
        for run in runs:
            later = [run_name(other.id) for other in runs if other.begin == run.id]
            self._rows[run.id].show_run(run, run.id == shown, read_only, later)

    def _row_of(self, run: RunSummary) -> _RunRow:
        made = _RunRow(run.id)
        made.show_button.clicked.connect(lambda: self.chosen.emit(run.id))
        made.deleted.connect(lambda even_so: self.deleted.emit(run.id, even_so))
        made.noted.connect(lambda text: self.noted.emit(run.id, text))
        return made

    def show_trash(self, runs: Sequence[str]) -> None:
        """The deleted runs that can still be brought back."""
        if tuple(runs) == self._in_trash:
            return
        self._in_trash = tuple(runs)
        clear(self._trash)
        if runs:
            self._trash.addWidget(hairline("gridline"))
        for run in runs:
            back = LinkButton(tr("Bring {run} back", run=run_name(run)), "arrow-counter-clockwise")
            back.clicked.connect(lambda _on=False, run=run: self.restored.emit(run))
            said = Label(tr("{run} is in the trash.", run=run_name(run)), "second")
            self._trash.addLayout(row(IconLabel("trash", "second"), said, back, None))

    def holds(self) -> bool:
        """Whether there is a run here, or one that could be brought back."""
        return bool(self._rows or self._in_trash)

    def row(self, run: str) -> _RunRow:
        """One run's row."""
        return self._rows[run]


class _RunRow(QFrame):
    """One run: state, name, figures, a note that can be written, and its buttons."""

    noted = Signal(str)
    deleted = Signal(bool)

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run
        name = run_name(run)
        self._sign = IconLabel("check-circle-fill", "good", 18)
        self._name = Label(name, "medium")
        self._here = Label(tr("shown above"), "quiet")
        self._state = ElidedLabel("", "caption")
        self._figures = Label("", "caption", tabular=True)
        self.note = TextInput(tr("Write a note"))
        self.note.setAccessibleName(tr("Note on {run}", run=name))
        self.note.setMaximumWidth(220)
        self.note.editingFinished.connect(self._keep_note)
        self._kept = ""
        self.show_button = LinkButton(tr("Show"))
        self.show_button.setAccessibleName(tr("Show {run}", run=name))
        self.delete_button = IconButton("trash", tr("Delete {run}", run=name))
        self.delete_button.clicked.connect(self._delete)
        self._later: list[str] = []
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addLayout(column(row(self._name, self._here, None), wide(self._state), spacing=1), 1)
        line.addWidget(self._figures)
        line.addWidget(self.note)
        line.addWidget(self.show_button)
        line.addWidget(self.delete_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 0, 8)
        outer.setSpacing(8)
        outer.addLayout(line)
        outer.addWidget(self._make_question())

    def _make_question(self) -> QWidget:
        """Asked in place before a run goes from which others went on."""
        self._ask = Label("", "second", wrap=True)
        self.even_so = Button(tr("Delete it even so"), "trash", small=True)
        self.keep = Button(tr("Keep it"), small=True)
        self.even_so.clicked.connect(lambda: self._answer(True))
        self.keep.clicked.connect(lambda: self._answer(False))
        self._question = QWidget()
        self._question.setLayout(row(IconLabel("warning-circle-fill", "warn", 18), self._ask, self.even_so, self.keep))
        self._question.layout().setStretch(1, 1)  # type: ignore[union-attr]
        self._question.hide()
        return self._question

    def _delete(self) -> None:
        if not self._later:
            self.deleted.emit(False)
            return
        later = listed(self._later)
        self._ask.setText(
            tr(
                "{later} went on from this run and keeps what it needs of it. It can be brought back from the trash.",
                later=later,
            )
            if len(self._later) == 1
            else tr(
                "{later} went on from this run and keep what they need of it. It can be brought back from the trash.",
                later=later,
            )
        )
        self._question.show()
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def _answer(self, even_so: bool) -> None:
        self._question.hide()
        self.delete_button.setFocus(Qt.FocusReason.OtherFocusReason)
        if even_so:
            self.deleted.emit(True)

    def show_run(self, run: RunSummary, shown: bool, read_only: str, later: list[str]) -> None:
        """Show what is known of the run; `later` are those that went on from it."""
        self._later = later
        self._sign.set_icon(*_SIGNS[run.state])
        self._here.setVisible(shown)
        self.show_button.setVisible(not shown)
        told = [tr(_STATES[run.state]), *([whence(run)] if whence(run) else []), *_steps(run)]
        if run.started:
            told.append(wording.when(datetime.fromtimestamp(run.started), datetime.now()))
        self._state.setText(" · ".join([*told, _method_name(run.method)]))
        loss = run.validation.loss
        self._figures.setText(tr("validation {loss}", loss=number(loss)) if loss is not None else "")
        if run.note != self._kept and not self.note.hasFocus():
            self._kept = run.note
            self.note.setText(run.note)
            self.note.setCursorPosition(0)
        self.note.setEnabled(not read_only)
        active = tr("It is still at work. Stop it first.") if run.state in ACTIVE else ""
        self.delete_button.set_disabled_reason(read_only or active)

    def _keep_note(self) -> None:
        said = self.note.text().strip()
        if said != self._kept:
            self._kept = said
            self.noted.emit(said)


def _method_name(id: str) -> str:
    """What a method is called; its id where it is not here."""
    method = next((method for method in methods() if method.id == id), None)
    return (method.term or method.title) if method else id


def _steps(run: RunSummary) -> list[str]:
    if run.parts:
        return []
    if not run.steps:
        return [tr("no step taken")]
    return [tr("step {step} of {steps}", step=count(run.step), steps=count(run.steps))]
