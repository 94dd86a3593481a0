"""Before a run: what will happen, what it will cost, and what still stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.core.problem import Problem
from studio.core.schedule import check_interval, total_steps
from studio.core.train_settings import TrainSettings
from studio.ui import wording
from studio.ui.pages.whence import begin_name
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.gauges import MemoryBar
from studio.ui.widgets.labels import ElidedLabel, IconLabel, Label
from studio.ui.widgets.layout import clear, column, row
from studio.ui.widgets.number_steps import plain_number
from studio.ui.wording import count, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import State

_NAMES = {"data": "Data", "model": "Model", "method": "Method", "settings": "Settings", "train": "Train"}


class StartSummary(QWidget):
    """Two cards: the run in facts, and what one may expect of it. `go(page)` follows a link, `fix` applies one."""

    go = Signal(str)
    fix = Signal(dict, str)

    def __init__(self) -> None:
        super().__init__()
        self._facts = Card(tr("What will happen"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(14)
        self._grid.setColumnStretch(2, 1)
        self._rows: dict[str, tuple[Label, Label]] = {}
        self._facts.add(self._grid)
        for place, (key, icon, name) in enumerate(_ROWS):
            self._add_row(place, key, icon, tr(name))
        self._memory = MemoryBar(tr("Memory"))
        self._place = ElidedLabel("", "caption", middle=True)
        for icon, widget in (("cpu", self._memory), ("folder", self._place)):
            at = self._grid.rowCount()
            self._grid.addWidget(IconLabel(icon, "second", 18), at, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(widget, at, 1, 1, 2)
        self._facts.body.addStretch(1)
        self._problems = QVBoxLayout()
        self._problems.setSpacing(10)
        self._problem_card = Card(tr("Before it can start"))
        self._problem_card.add(self._problems)
        self._problem_card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._expect = Card(tr("Good to know"))
        self._expectations = QVBoxLayout()
        self._expectations.setSpacing(12)
        self._expect.add(self._expectations)
        self._expect.body.addStretch(1)
        right = column(self._problem_card, self._expect, spacing=CARD_GAP)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(CARD_GAP)
        line.addWidget(self._facts, 3)
        line.addLayout(right, 2)
        self._shown_problems: tuple[Problem, ...] | None = None
        self._shown_expectations: list[tuple[str, str]] = []

    def _add_row(self, place: int, key: str, icon: str, name: str) -> None:
        said, more = Label("", "medium", wrap=True), Label("", "caption", wrap=True)
        title = Label(name, "caption")
        title.setMinimumWidth(92)
        self._grid.addWidget(IconLabel(icon, "second", 18), place, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(title, place, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.addLayout(column(said, more, spacing=1), place, 2)
        self._rows[key] = said, more

    def show_state(self, state: State) -> None:
        """Show the run that the present settings would make."""
        for key, (said, more) in _told(state).items():
            first, second = self._rows[key]
            first.setText(said)
            second.setText(more)
            second.setVisible(bool(more))
        estimate, device = state.facts.estimate, state.facts.device
        self._memory.setVisible(estimate is not None)
        if estimate is not None:
            fit = None if estimate.fits else "bad"
            self._memory.set_memory(estimate.memory_bytes, device.memory_bytes if device else None, fit=fit)
        self._place.setText(tr("Kept in {folder}", folder=state.folder / "runs"))
        self._show_problems(tuple(each for each in state.problems if each.severity != "advises"))
        self._show_expectations(_expectations(state))

    def _show_problems(self, problems: tuple[Problem, ...]) -> None:
        if problems == self._shown_problems:
            return
        self._shown_problems = problems
        clear(self._problems)
        blocks = any(problem.severity == "blocks" for problem in problems)
        self._problem_card.set_title(tr("Before it can start") if blocks else tr("Worth a look"))
        self._problem_card.setVisible(bool(problems))
        for problem in problems:
            self._problems.addLayout(self._problem_line(problem))

    def _problem_line(self, problem: Problem) -> QHBoxLayout:
        icon, tone = (
            ("warning-octagon-fill", "bad") if problem.severity == "blocks" else ("warning-circle-fill", "warn")
        )
        words = Label(problem.sentence, "body", wrap=True)
        if problem.fix:
            link = LinkButton(problem.remedy or tr("Fix"), flush=True)
            link.clicked.connect(lambda: self.fix.emit(dict(problem.fix or {}), problem.remedy))
        else:
            page = tr(_NAMES.get(problem.step, problem.step.capitalize()))
            link = LinkButton(tr("Go to {page}", page=page), flush=True)
            link.clicked.connect(lambda: self.go.emit(problem.step))
        text = column(words, row(link, None), spacing=0)
        line = row(spacing=10)
        line.addWidget(IconLabel(icon, tone, 16), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(text, 1)
        return line

    def _show_expectations(self, told: list[tuple[str, str]]) -> None:
        if told == self._shown_expectations:
            return
        self._shown_expectations = told
        clear(self._expectations)
        for icon, sentence in told:
            line = row(spacing=10)
            line.addWidget(IconLabel(icon, "second", 16), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(Label(sentence, "second", wrap=True), 1)
            self._expectations.addLayout(line)


_ROWS = (
    ("examples", "rows", "Examples"),
    ("model", "cube", "Model"),
    ("method", "stack", "Method"),
    ("steps", "list-numbers", "Steps"),
    ("time", "clock", "Time"),
    ("disk", "hard-drives", "Disk"),
)


def _begin_words(train: TrainSettings) -> str:
    name = begin_name(train.begin)
    return tr("stands above {run}", run=name) if train.stacked else tr("goes on from {run}", run=name)


def _told(state: State) -> dict[str, tuple[str, str]]:
    """Each row's sentence and the quieter one below it."""
    facts, train = state.facts, state.config.train
    report, model, estimate = facts.report, facts.model, facts.estimate
    card = next((card for card in facts.cards if card.id == state.config.method.id), None)
    told: dict[str, tuple[str, str]] = {key: (tr("Not known yet"), "") for key, _icon, _name in _ROWS}
    if report is not None:
        learn = plural(report.train, "{n} to learn from", "{n} to learn from")
        told["examples"] = (
            learn,
            tr(
                "{check} to check with on the way, {test} sealed for the test",
                check=count(report.validation),
                test=count(report.test),
            ),
        )
        steps = total_steps(report.train, train)
        times = (
            tr("once through the data")
            if train.epochs == 1
            else tr("{n} times through the data", n=plain_number(train.epochs))
        )
        about = tr("at most, as set") if train.steps else times
        each = plural(train.batch_size, "each learns from {n} example", "each learns from {n} examples")
        told["steps"] = (plural(steps, "{n} step", "{n} steps"), f"{about}; {each}")
    if model is not None:
        size = tr("{size} weights", size=wording.parameters(model.parameters))
        told["model"] = (model.name, f"{size}; {_begin_words(train)}" if train.begin else size)
    if card is not None:
        told["method"] = (card.title, tr("{share} of the weights train", share=wording.percent(card.share)))
    if estimate is not None:
        where = facts.device.name if facts.device else ""
        told["time"] = (
            tr("About {time}", time=wording.duration(estimate.seconds)),
            tr("on {device}", device=where) if where else "",
        )
        told["disk"] = (
            tr("{size} with its save points", size=wording.size(estimate.disk_bytes, "up")),
            tr("{size} free", size=wording.size(facts.disk_free, "down")) if facts.disk_free else "",
        )
    return told


def _expectations(state: State) -> list[tuple[str, str]]:
    """What a person may count on during the run."""
    train, report = state.config.train, state.facts.report
    told = [("moon", tr("You may close the window or switch the project: training goes on, and is found again."))]
    if report is not None and report.train:
        every = check_interval(total_steps(report.train, train), train)
        told.append(
            (
                "floppy-disk",
                plural(every, "A save point at each check, every {n} step. A power cut costs no more than that.",
                       "A save point at each check, every {n} steps. A power cut costs no more than that."),
            )
        )  # fmt: skip
    if train.patience:
        told.append(
            (
                "flag-banner",
                plural(train.patience, "It ends early when {n} check brings nothing new, and keeps the best step.",
                       "It ends early when {n} checks in a row bring nothing new, and keeps the best step."),
            )
        )  # fmt: skip
    told.append(("wifi-slash", tr("Nothing leaves this computer.")))
    return told
