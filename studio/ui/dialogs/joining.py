"""Making one run of several: which ones, how much of each, and in which way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.core.run import RunSummary
from studio.services.joining import FEWEST, Candidate
from studio.ui.dialogs.window import DialogWindow
from studio.ui.pages.whence import listed
from studio.ui.widgets.cards import SelectableCard
from studio.ui.widgets.inputs import NumberInput
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import clear, column, hairline, scrolling
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.switches import Switch
from studio.ui.wording import number, run_name, tr

if TYPE_CHECKING:
    from studio.ui.session import Session

_WAYS = (
    ("linear", "Add up", "linear", "What each run changed is added, as much of it as its share says."),
    (
        "ties",
        "The stronger side wins",
        "TIES",
        "Of each run only the larger half of its changes counts; where runs pull apart, the stronger side is taken.",
    ),
    (
        "dare",
        "Thin out by chance",
        "DARE",
        "Half of each run's changes are dropped by chance and the rest made stronger, so that they meet less often.",
    ),
)
_MOST_SHARE = 2.0


class JoinDialog(DialogWindow):
    """Offers the runs that have ended; those that differ from the chosen ones in kind say why they can't be taken."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Join runs"),
            parent,
            sentence=tr("What several runs learnt becomes one model, which is measured and shared like any run."),
            size=(640, 720),
        )
        self._session = session
        self._rows: dict[str, _Row] = {}
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        holder = QWidget()
        holder.setLayout(column(self._lines, None, margins=(0, 0, 12, 0)))
        self._choice = QWidget()
        meaning = tr("A share of 1 takes all that a run changed; 0.5 and 0.5 take the middle of two runs.")
        list_with_words = column(scrolling(holder), Label(meaning, "caption", wrap=True), spacing=8)
        self._choice.setLayout(
            column(list_with_words, Label(tr("In which way"), "strong"), self._make_ways(), spacing=12)
        )
        self._choice.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        self._choice.layout().setStretch(0, 1)  # type: ignore[union-attr]
        self._empty = EmptyState("git-merge", tr("Nothing to join yet"), "")
        self.add(self._choice, 1)
        self.add(self._empty, 1)
        self._choice.hide()
        self._empty.hide()
        self._why = Label("", "caption", wrap=True)
        self._why.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._foot.insertWidget(0, self._why, 1)
        self._foot.setStretch(1, 0)
        self.leave = self.add_button(tr("Cancel"))
        self.leave.clicked.connect(self.reject)
        self.start = self.add_button(tr("Join them"), primary=True, icon="git-merge")
        self.start.clicked.connect(self._join)
        session.run.candidates(self._take)

    def _make_ways(self) -> QWidget:
        group = QWidget()
        group.setAccessibleName(tr("In which way"))
        self.ways: dict[str, SelectableCard] = {}
        cards = QVBoxLayout(group)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(8)
        for way, title, term, sentence in _WAYS:
            card = SelectableCard(tr(title), padding=12, parent=group)
            card.set_name(tr(title), term)
            said = Label(tr(sentence), "caption", wrap=True)
            said.setContentsMargins(26, 0, 0, 0)
            card.add(said)
            card.setAccessibleDescription(tr(sentence))
            cards.addWidget(card)
            self.ways[way] = card
        self.ways["linear"].setChecked(True)
        return group

    def _take(self, found: tuple[Candidate, ...]) -> None:
        """Show the runs, or why there is nothing to choose."""
        able = [each for each in found if not each.refusal]
        fitting = any(sum(other.kind == each.kind for other in able) >= FEWEST for each in able)
        self._choice.setVisible(fitting)
        self._empty.setVisible(not fitting)
        self.start.setVisible(fitting)
        self.leave.setText(tr("Cancel") if fitting else tr("Close"))
        self._empty.set_words(tr("Nothing to join yet"), _lacking(found))
        state = self._session.state
        known = {run.id: run for run in state.facts.runs} if state else {}
        clear(self._lines)
        self._rows = {}
        for place, each in enumerate(found if fitting else ()):
            if place:
                self._lines.addWidget(hairline("gridline"))
            line = self._rows[each.run] = _Row(each, known.get(each.run))
            line.taken.toggled.connect(self._chosen)
            line.share.valueChanged.connect(lambda _share: self._check())
            self._lines.addWidget(line)
        self._chosen()
        if self._rows:
            next(iter(self._rows.values())).taken.setFocus()

    def _chosen(self) -> None:
        """Equal shares where nobody set one; runs of another kind than the chosen ones can't be taken."""
        taken = self._taken()
        first = taken[0].candidate if taken else None
        for line in self._rows.values():
            line.set_share(1.0 / max(FEWEST, len(taken)))
            line.show_reason(first)
        self._check()

    def _taken(self) -> list[_Row]:
        return [line for line in self._rows.values() if line.taken.isChecked()]

    def _check(self) -> None:
        taken = self._taken()
        wrong = next((line for line in taken if not line.fits()), None)
        why = tr("Choose two runs or more.") if len(taken) < FEWEST else ""
        if wrong is not None:
            why = tr("A share lies between 0 and {most}.", most=f"{_MOST_SHARE:g}")
        self.start.set_disabled_reason(why)
        self._why.setText(why if self._rows else "")

    def row(self, run: str) -> _Row:
        """One run's line."""
        return self._rows[run]

    def _join(self) -> None:
        way = next(way for way, card in self.ways.items() if card.isChecked())
        parts = {line.candidate.run: line.share.value() for line in self._taken()}
        self.accept()
        self._session.run.join(parts, way)  # type: ignore[arg-type]


class _Row(QWidget):
    """A run: taken or not, what it is, and its share."""

    def __init__(self, candidate: Candidate, run: RunSummary | None) -> None:
        super().__init__()
        self.candidate = candidate
        name = run_name(candidate.run)
        self.taken = Switch(name=tr("Take {run}", run=name))
        self.share = NumberInput(0.0, _MOST_SHARE, step=0.05)
        self.share.setAccessibleName(tr("Share of {run}", run=name))
        self.share.setFixedWidth(110)
        self._touched = False
        self.share.edited.connect(self._touch)
        self.taken.toggled.connect(self.share.setEnabled)
        self.share.setEnabled(False)
        loss = run.validation.loss if run else None
        told = [candidate.method, *([tr("validation {loss}", loss=number(loss))] if loss is not None else [])]
        told += [run.note] if run and run.note else []
        self._what = " · ".join(told)
        self._said = ElidedLabel(self._what, "caption")
        line = QGridLayout(self)
        line.setContentsMargins(0, 8, 0, 8)
        line.setHorizontalSpacing(12)
        line.setColumnStretch(1, 1)
        line.addWidget(self.taken, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addLayout(column(Label(name, "medium"), self._said, spacing=1), 0, 1)
        self._share_word = Label(tr("Share"), "caption")
        line.addWidget(self._share_word, 0, 2, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.share, 0, 3, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _touch(self, _share: object) -> None:
        self._touched = True

    def set_share(self, share: float) -> None:
        """An equal share, as long as the person has not set one."""
        if not self._touched:
            self.share.set_number(round(share, 2))

    def fits(self) -> bool:
        """Whether the share is within its bounds."""
        return 0.0 <= self.share.value() <= _MOST_SHARE

    def show_reason(self, first: Candidate | None) -> None:
        """Say why this run can't be taken beside the first chosen one, where it can't."""
        reason = self.candidate.refusal
        if not reason and first is not None and first.kind != self.candidate.kind:
            reason = tr(
                "It differs from {run} in {what}.",
                run=run_name(first.run),
                what=listed(list(_other(first, self.candidate))),
            )
        self._said.setText(reason or self._what)
        self.taken.setEnabled(not reason)
        for widget in (self._share_word, self.share):
            widget.setVisible(not reason)
        self.taken.setAccessibleDescription(reason or self._what)


def _other(one: Candidate, other: Candidate) -> Iterable[str]:
    """What two runs differ in, in words."""
    names = (tr("its model"), tr("its goal"), tr("its method"))
    return (name for name, mine, its in zip(names, one.kind, other.kind, strict=True) if mine != its)


def _lacking(found: tuple[Candidate, ...]) -> str:
    """Why there are no two runs to choose."""
    able = [run_name(each.run) for each in found if not each.refusal]
    needed = tr("Two runs are needed that trained the same model for the same goal in the same way.")
    if not found:
        return tr("No run has ended yet. {needed}", needed=needed)
    if not able:
        each = found[0]
        return f"{run_name(each.run)}: {each.refusal} {needed}"
    if len(able) == 1:
        return tr("Only {run} can be joined so far. {needed}", run=able[0], needed=needed)
    return tr("{runs} differ in their model, goal or method. {needed}", runs=listed(able), needed=needed)
