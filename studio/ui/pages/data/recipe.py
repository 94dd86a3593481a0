"""The recipe card: the cleaning steps in their order with what each did, switched, moved, set, added and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.core.config import Step
from studio.plugins import cleaners
from studio.services.facts import PrepareReport, StepCount
from studio.ui.pages.data.step_form import StepPopover
from studio.ui.pages.data.step_row import StepRow
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import clear, row
from studio.ui.wording import count, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import State


def title_of(step_id: str) -> str:
    """The name of a step; a plugin that is gone is named by its id."""
    known = cleaners()
    return tr(known[step_id].title) if step_id in known else step_id


def outcome(step: Step, counted: StepCount | None) -> str:
    """What a step did, in two words: 618 changed, −9, nothing to do, off."""
    if not step.on:
        return tr("off")
    if counted is None:
        return ""
    gone = counted.rows_in - counted.rows_out
    if gone:
        return f"−{count(gone)}"
    return tr("{n} changed", n=count(counted.changed)) if counted.changed else tr("nothing to do")


def with_step(recipe: Sequence[Step], place: int, step: Step | None) -> tuple[Step, ...]:
    """The recipe with the step at `place` replaced, or removed where `step` is None."""
    return (*recipe[:place], *(() if step is None else (step,)), *recipe[place + 1 :])


def moved(recipe: Sequence[Step], start: int, end: int) -> tuple[Step, ...]:
    """The recipe with one step put at another place."""
    steps = list(recipe)
    steps.insert(end, steps.pop(start))
    return tuple(steps)


class RecipeCard(Card):
    """The steps. `recipe_changed(recipe, label)` when the person edits; `show_asked(place)` to see what a step did."""

    recipe_changed = Signal(object, str)
    show_asked = Signal(str)
    undo_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._undo = LinkButton(tr("Undo"), "arrow-counter-clockwise")
        super().__init__(tr("Recipe"), side=self._undo, parent=parent)
        self._undo.clicked.connect(self.undo_asked)
        self._recipe: tuple[Step, ...] = ()
        self._report: PrepareReport | None = None
        self._writable = True
        self._rows: list[StepRow] = []
        self._read = Label("", "body")
        self._read_count = Label("", "caption", tabular=True)
        head = row(IconLabel("lock-simple", "second", 15), self._read, None, self._read_count, spacing=9)
        head.setContentsMargins(0, 0, 46, 2)
        self.add(head)
        self._steps = QVBoxLayout()
        self._steps.setSpacing(0)
        self.add(self._steps)
        self._add = LinkButton(tr("Add a step"), "plus")
        self._add.clicked.connect(self._offer_steps)
        self.add(row(self._add, None))

    def show_state(self, state: State) -> None:
        """Show the project's recipe and what it did."""
        report, data = state.facts.report, state.config.data
        files = len(state.facts.datasets)
        self._read.setText(plural(files, "Read {n} file", "Read {n} files"))
        read = sum(dataset.rows_kept for dataset in state.facts.datasets)
        self._read_count.setText(count(read))
        aside = f"{count(read)} → {count(report.rows)}" if report else ""
        self.set_title(tr("Recipe"), aside)
        self._undo.set_disabled_reason("" if state.can_undo else tr("There is nothing to undo."))
        self._undo.set_tooltip(tr("Undo: {what}", what=state.can_undo) if state.can_undo else "")
        self._writable = not state.read_only
        self._show_steps(data.recipe, report)

    def _show_steps(self, recipe: tuple[Step, ...], report: PrepareReport | None) -> None:
        if [step.id for step in recipe] != [line.step.id for line in self._rows]:
            clear(self._steps)
            self._rows = [self._make_row(step, place) for place, step in enumerate(recipe)]
            for line in self._rows:
                self._steps.addWidget(line)
        self._recipe, self._report = recipe, report
        counts = report.steps if report and len(report.steps) == len(recipe) else (None,) * len(recipe)
        for place, (line, step, counted) in enumerate(zip(self._rows, recipe, counts, strict=True)):
            line.show_step(step, place, outcome(step, counted))
        self._add.setVisible(bool(self._missing()) and self._writable)

    def _make_row(self, step: Step, place: int) -> StepRow:
        line = StepRow(step, place, title_of(step.id))
        line.switched.connect(self._switch)
        line.moved_to.connect(self._move)
        line.opened.connect(self._open)
        line.removed.connect(self._remove)
        return line

    def rows(self) -> list[StepRow]:
        """The rows as they are shown."""
        return self._rows

    def _change(self, recipe: tuple[Step, ...], label: str) -> None:
        if recipe != self._recipe:
            self.recipe_changed.emit(recipe, label)

    def _switch(self, place: int, on: bool) -> None:
        step = self._recipe[place]
        label = tr("Switch on “{step}”") if on else tr("Switch off “{step}”")
        self._change(
            with_step(self._recipe, place, step.model_copy(update={"on": on})), label.format(step=title_of(step.id))
        )

    def _move(self, start: int, end: int) -> None:
        end = min(max(0, end), len(self._recipe) - 1)
        if start != end:
            self._change(moved(self._recipe, start, end), tr("Move “{step}”", step=title_of(self._recipe[start].id)))
            self._rows[end].setFocus()

    def _remove(self, place: int) -> None:
        self._change(with_step(self._recipe, place, None), tr("Remove “{step}”", step=title_of(self._recipe[place].id)))

    def _open(self, place: int) -> None:
        step = self._recipe[place]
        popover = StepPopover(step, place, len(self._recipe), self)
        popover.set_taken.connect(lambda new: self._change(with_step(self._recipe, place, new), _set_label(new)))
        popover.move_asked.connect(lambda way: self._move(place, place + way))
        popover.remove_asked.connect(lambda: self._remove(place))
        popover.show_asked.connect(lambda: self.show_asked.emit(step.id))
        popover.open_at(self._rows[place])

    def _missing(self) -> list[str]:
        present = {step.id for step in self._recipe}
        return [cleaner.id for cleaner in cleaners() if cleaner.id not in present]

    def _offer_steps(self) -> None:
        menu = QMenu(self)
        for step_id in self._missing():
            action = menu.addAction(title_of(step_id))
            action.setToolTip(tr(cleaners()[step_id].summary))
            action.triggered.connect(lambda _checked=False, step_id=step_id: self._append(step_id))
        menu.setToolTipsVisible(True)
        menu.exec(self._add.mapToGlobal(self._add.rect().bottomLeft()))
        menu.deleteLater()

    def _append(self, step_id: str) -> None:
        self._change((*self._recipe, Step(id=step_id)), tr("Add “{step}”", step=title_of(step_id)))


def _set_label(step: Step) -> str:
    return tr("Change “{step}”", step=title_of(step.id))
