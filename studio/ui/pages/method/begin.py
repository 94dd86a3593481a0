"""What the next run begins with: the model as it came, an earlier run, or additions from a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.core.run import RunSummary
from studio.plugins import methods
from studio.ui.pages.files import choose_folder
from studio.ui.pages.whence import begin_name
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.cards import Card
from studio.ui.widgets.inputs import ChoiceInput
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.switches import Segmented
from studio.ui.wording import run_name, tr

if TYPE_CHECKING:
    from studio.ui.session import State

_WIDTH = 280


class BeginCard(Card):
    """The choice in one line, and how it is meant. `chosen(begin, stacked)` when the person decides."""

    chosen = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__("")
        self.choice = ChoiceInput()
        self.choice.setFixedWidth(_WIDTH)
        self.choice.setAccessibleName(tr("What a new run begins with"))
        self.choice.edited.connect(lambda begin: self.chosen.emit(str(begin or ""), False))
        self.folder = IconButton("folder-open", tr("Take additions from a folder…"))
        self.folder.clicked.connect(self._ask_folder)
        self.way = Segmented(
            [("on", tr("Train it further")), ("above", tr("Learn above it"))], name=tr("What happens to what it learnt")
        )
        self.way.changed.connect(lambda _way: self._tell())
        self._meaning = Label("", "caption", wrap=True)
        self._begin, self._stacked = "", False
        self._way_line = QWidget()
        self._way_line.setLayout(row(self.way, None))
        words = column(self._way_line, self._meaning, spacing=6)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(IconLabel("flag", "second", 18), 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(Label(tr("A new run begins with"), "medium"), 0, Qt.AlignmentFlag.AlignVCenter)
        line.addLayout(row(self.choice, self.folder, spacing=4))
        line.addLayout(words, 1)
        line.setAlignment(words, Qt.AlignmentFlag.AlignVCenter)
        self.add(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_state(self, state: State) -> None:
        """Show what is chosen, and offer what could be."""
        train, begin = state.config.train, state.facts.begin
        self._begin, self._stacked = train.begin, train.stacked
        offered = [("", tr("The model as it came")), *((run.id, _run_words(run)) for run in _offered(state))]
        if train.begin and train.begin not in [value for value, _words in offered]:
            offered.append((train.begin, begin_name(train.begin)))
        self.choice.set_choices(offered)
        self.choice.set_value(train.begin)
        self.choice.setEnabled(not state.read_only)
        self.folder.set_disabled_reason(state.read_only)
        self.way.set_current("above" if train.stacked else "on")
        can_stack = begin is not None and _stands_beneath(begin.adapter)
        self.way.set_choice_enabled(
            "above", "" if can_stack or train.stacked else tr("Only above small additions (LoRA).")
        )
        self.way.setEnabled(not state.read_only)
        self._way_line.setVisible(bool(train.begin))
        self._meaning.setText(_meaning(train.begin, train.stacked))

    def _ask_folder(self) -> None:
        folder = choose_folder(self, tr("Where do the additions lie?"))
        if folder is not None:
            self.chosen.emit(str(folder), False)

    def _tell(self) -> None:
        if self._begin:
            self.chosen.emit(self._begin, self.way.current() == "above")


def _offered(state: State) -> list[RunSummary]:
    """The runs that a new one can go on from."""
    able = {method.id for method in methods() if method.goes_on}
    return [run for run in state.facts.runs if run.has_weights and run.method in able]


def _run_words(run: RunSummary) -> str:
    known = {method.id: method.term or method.title for method in methods()}
    return f"{run_name(run.id)} · {run.note or known.get(run.method, run.method)}"


def _stands_beneath(adapter: object) -> bool:
    return any(method.stacks and method.recognise(adapter) is not None for method in methods())  # type: ignore[arg-type]


def _meaning(begin: str, stacked: bool) -> str:
    if not begin:
        return tr("It starts from what the model's makers taught it, and learns only your examples.")
    name = begin_name(begin)
    if stacked:
        return tr(
            "What {run} learnt stays as it is, and new additions learn above it. Both are kept together. Evaluate "
            "compares with the model as it came.",
            run=name,
        )
    return tr(
        "What {run} learnt is trained further, with its method and its size. {run} itself stays as it is. Evaluate "
        "compares with the model as it came.",
        run=name,
    )
