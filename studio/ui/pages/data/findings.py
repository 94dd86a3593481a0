"""What is to be said of the data: a pure function of the state, and the card that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.problem import Problem
from studio.services.facts import PrepareReport, StepCount
from studio.ui.messages import place_of
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import clear, row
from studio.ui.wording import count, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import State


@dataclass(frozen=True)
class Finding:
    """One line: `show` names the place that shows it ("dropped:trim", "aside", "learn:cut"), `fix` is one click."""

    id: str
    icon: str
    tone: str
    sentence: str
    show: str = ""
    fix: Mapping[str, Any] | None = None
    fix_word: str = ""
    why: str = ""
    asks: bool = False
    show_word: str = ""


_STEPS = {
    "drop-duplicates": ("copy", "{n} exact duplicate left out", "{n} exact duplicates left out"),
    "drop-empty": ("selection", "{n} row without an answer left out", "{n} empty rows left out"),
    "limit-length": ("ruler", "{n} row too long, left out", "{n} rows too long, left out"),
}
_CHANGES = {
    "repair": ("bandaids", "{n} row repaired", "{n} rows repaired"),
}


def findings(state: State) -> tuple[Finding, ...]:
    """What needs a look first, then what was taken care of."""
    asked = [_of_problem(problem) for problem in state.problems if problem.step == "data"]
    told = [*_aside(state), *(_of_report(state.facts.report) if state.facts.report else ())]
    known = {finding.id for finding in asked}
    return (*asked, *(finding for finding in told if finding.id not in known))


def _of_problem(problem: Problem) -> Finding:
    place, word = place_of(problem)
    tone = "bad" if problem.severity == "blocks" else "warn" if problem.severity == "warns" else "second"
    if place == "roles":
        tone = "warn"  # A choice that waits is nothing broken.
    icon = {"bad": "warning-octagon", "warn": "warning-circle", "second": "info"}[tone]
    return Finding(
        problem.id,
        icon,
        tone,
        problem.sentence,
        place,
        problem.fix,
        tr("Fix") if problem.fix else "",
        problem.remedy,
        asks=True,
        show_word=word,
    )


def _aside(state: State) -> list[Finding]:
    lines = sum(dataset.rows_aside for dataset in state.facts.datasets)
    if not lines:
        return []
    words = plural(lines, "{n} line could not be read", "{n} lines could not be read")
    return [Finding("rows-aside", "tray", "warn", words, "aside", why=tr("They are set aside, with the reason."))]


def _of_report(report: PrepareReport) -> list[Finding]:
    found = []
    if report.tokens_cut:
        words = plural(report.tokens_cut, "{n} token cut off by the limit", "{n} tokens cut off by the limit")
        found.append(Finding("cut-off", "scissors", "warn", words, "learn:cut", asks=True))
    if report.teach_nothing:
        words = plural(report.teach_nothing, "{n} example teaches nothing", "{n} examples teach nothing")
        found.append(Finding("teach-nothing", "prohibit", "warn", words, "learn:teach-nothing", asks=True))
    found += [line for step in report.steps if step.on and (line := _of_step(step))]
    if report.leaks:
        words = plural(report.leaks, "{n} test row kept out of training", "{n} test rows kept out of training")
    else:
        words = tr("No test rows in training")
    found.append(Finding("leaks", "check-circle", "good", words, why=_LEAKS))
    return found


_LEAKS = (
    "The test examples are sealed: they are only used at the end, to ask whether training helped. Rows that say the "
    "same stay on one side, so that the model is never asked what it was shown."
)


def _of_step(step: StepCount) -> Finding | None:
    gone = step.rows_in - step.rows_out
    if gone and step.id in _STEPS:
        icon, one, many = _STEPS[step.id]
        return Finding(step.id, icon, "second", plural(gone, one, many), f"dropped:{step.id}")
    if step.changed and step.id in _CHANGES:
        icon, one, many = _CHANGES[step.id]
        return Finding(step.id, icon, "second", plural(step.changed, one, many), f"changed:{step.id}")
    return None


class FindingsCard(Card):
    """The findings, each with "Show" and "Fix"."""

    show_asked = Signal(str)
    fix_asked = Signal(object, str)
    why_asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Findings"), side=Label("", "quiet"), parent=parent)
        self._shown: tuple[Finding, ...] | None = None
        self._list = QVBoxLayout()
        self._list.setSpacing(1)
        self.add(self._list)

    def show_findings(self, found: tuple[Finding, ...], waiting: bool = False) -> None:
        """Show these lines; rebuilt only when they differ."""
        if found == self._shown and not waiting:
            return
        self._shown = found
        clear(self._list)
        for finding in found:
            self._list.addWidget(self._line(finding))
        if not found:
            words = tr("Looking at your rows…") if waiting else tr("Nothing to report yet.")
            self._list.addWidget(Label(words, "second", wrap=True))
        look = sum(finding.asks for finding in found)
        side = self._side
        if isinstance(side, Label):
            side.setText(tr("{n} to look at", n=count(look)) if look else tr("all clear") if found else "")
            side.set_tone("warn" if look else "good")

    def _line(self, finding: Finding) -> QWidget:
        line = QWidget()
        words = Label(finding.sentence, "body", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        layout = row(IconLabel(finding.icon, finding.tone, 17), spacing=10)
        layout.addWidget(words, 1, Qt.AlignmentFlag.AlignVCenter)
        for button in self._links(finding):
            layout.addWidget(button)
        layout.setContentsMargins(0, 0, -6, 0)
        line.setLayout(layout)
        line.setMinimumHeight(27)
        return line

    def _links(self, finding: Finding) -> list[LinkButton]:
        made = []
        if finding.show:
            show = LinkButton(finding.show_word or tr("Show"))
            show.clicked.connect(lambda: self.show_asked.emit(finding.show))
            made.append(show)
        if finding.fix is not None:
            fix = LinkButton(finding.fix_word or tr("Fix"))
            fix.set_tooltip(finding.why)
            fix.clicked.connect(lambda: self.fix_asked.emit(finding.fix, finding.sentence))
            made.append(fix)
        elif finding.why and not finding.show:
            why = LinkButton(tr("Why"))
            why.clicked.connect(lambda: self.why_asked.emit(finding.sentence, finding.why))
            made.append(why)
        for link in made:
            link.setAccessibleDescription(finding.sentence)
        return made
