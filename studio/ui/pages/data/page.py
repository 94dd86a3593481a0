"""The Data page itself: its head, the three views, the cards at the side, and what happens to files and cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.core.config import SplitSettings, Step
from studio.core.problem import StudioError
from studio.plugins import objectives
from studio.ui.pages.data.empty import EmptyData
from studio.ui.pages.data.files import fact_of, news_of
from studio.ui.pages.data.findings import FindingsCard, findings
from studio.ui.pages.data.importing import QuietWork, WorkCard
from studio.ui.pages.data.learns import LearnsPane
from studio.ui.pages.data.learnt import LearntCard, short_title
from studio.ui.pages.data.pasting import paste_cells
from studio.ui.pages.data.recipe import RecipeCard
from studio.ui.pages.data.recipe_result import RecipeResultPane
from studio.ui.pages.data.rows import RowsPane
from studio.ui.pages.data.split import SplitPart
from studio.ui.pages.data.teaching import TeachingCard
from studio.ui.pages.errors import fill
from studio.ui.pages.files import choose_data_files
from studio.ui.theme import PAGE_MARGIN, tokens
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.explain import Explanation
from studio.ui.widgets.labels import ElidedLabel, Label
from studio.ui.widgets.layout import column, row, scrolling
from studio.ui.widgets.notices import ErrorCard
from studio.ui.widgets.paint import antialiased, box
from studio.ui.widgets.switches import Segmented
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

SIDE_WIDTH = 316
IMPORT, PREPARE = "import", "prepare"


class _Sheet(QFrame):
    """The card that holds the three views; it clips them at its rounded border."""

    def paintEvent(self, event: Any) -> None:
        t = tokens()
        box(antialiased(self), self.rect(), 10, t.card, t.border)


class DataPage(QWidget):
    """The page of the Data step."""

    page_id = "data"
    set_explain = Signal(object)
    go = Signal(str)
    told = Signal(str)
    dropped = Signal(list)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._state: State | None = None
        self._import_runs = False
        self._importing = False
        self.views = Segmented(
            [("rows", tr("Rows")), ("recipe", tr("Recipe result")), ("learns", tr("See what it learns"))],
            name=tr("What is shown"),
        )
        self.add_button = Button(tr("Add files…"), "plus")
        self.fact = ElidedLabel("", "second")
        self.error = ErrorCard()
        self.error.hide()
        self.reading = WorkCard(tr("Reading files"))
        self.preparing = QuietWork(tr("Preparing"))
        self.empty = EmptyData()
        self.rows = RowsPane(session)
        self.learnt = LearntCard()
        self.findings = FindingsCard()
        self.recipe = RecipeCard()
        self.split = SplitPart()
        self._lay_out()
        self._connect()

    # What is made when it is first looked at: the page itself is there sooner

    @cached_property
    def recipe_result(self) -> RecipeResultPane:
        """The view of what each step of the recipe did."""
        made = RecipeResultPane(self._session)
        self.panes.addWidget(made)
        return made

    @cached_property
    def learns(self) -> LearnsPane:
        """The view of what the model learns."""
        made = LearnsPane(self._session)
        made.model_wanted.connect(lambda: self.go.emit("model"))
        self.panes.addWidget(made)
        beside = self.teaching
        self.panes.currentChanged.connect(lambda _place: beside.setVisible(self.panes.currentWidget() is made))
        return made

    @cached_property
    def teaching(self) -> TeachingCard:
        """The card beside what the model learns."""
        made = TeachingCard()
        made.hide()
        made.fix_asked.connect(lambda fix, words: self._session.edit(dict(fix), words))
        self._cards.insertWidget(3, made)
        return made

    def make_parts(self) -> Iterator[QWidget]:
        """Make the parts that nobody has looked at yet, one at each step."""
        for part in ("recipe_result", "teaching", "learns"):
            yield getattr(self, part)

    def _lay_out(self) -> None:
        head = row(Label(tr("Data"), "title"), 8, self.views, None, self.add_button, spacing=12)
        self.panes = QStackedWidget()
        self.panes.addWidget(self.rows)
        sheet = _Sheet()
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.panes)
        self.recipe.add(self.split)
        side = QWidget()
        self._cards = column(self.learnt, self.findings, self.recipe, None, spacing=12, margins=(0, 0, 2, 0))
        side.setLayout(self._cards)
        self._side = scrolling(side)
        self._side.setFixedWidth(SIDE_WIDTH)
        full = QWidget()
        body = QHBoxLayout(full)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(16)
        body.addWidget(sheet, 1)
        body.addWidget(self._side)
        self._body = QStackedWidget()
        self._empty_scroll = scrolling(self.empty)
        self._body.addWidget(self._empty_scroll)
        self._body.addWidget(full)
        self.first_reading = WorkCard(tr("Reading files"))
        alone = QWidget()
        self.first_reading.setFixedWidth(440)
        alone.setLayout(column(None, row(None, self.first_reading, None), None, None))
        self._body.addWidget(alone)
        below = row(spacing=16)
        below.addWidget(self.fact, 1)
        below.addWidget(self.preparing)
        top = column(head, below, spacing=2)
        outer = column(top, self.error, self.reading, spacing=12, margins=(PAGE_MARGIN, 16, PAGE_MARGIN, 14))
        outer.addWidget(self._body, 1)
        self.setLayout(outer)

    def _connect(self) -> None:
        session = self._session
        session.busy.connect(self._busy)
        session.failed.connect(self._failed)
        self.views.changed.connect(self.show_view)
        self.add_button.clicked.connect(self.choose_files)
        self.empty.choose_asked.connect(self.choose_files)
        self.empty.paste_asked.connect(self.paste)
        self.empty.sample_asked.connect(session.try_sample)
        self.empty.dropped.connect(self.dropped)
        for card in (self.reading, self.first_reading):
            card.stop_asked.connect(lambda: session.data.stop_job(IMPORT))
        self.preparing.stop_asked.connect(lambda: session.data.stop_job(PREPARE))
        self.learnt.picked.connect(self._learn)
        self.recipe.recipe_changed.connect(self._take_recipe)
        self.recipe.undo_asked.connect(session.undo)
        self.recipe.show_asked.connect(lambda step: self.show_place(f"step:{step}"))
        self.split.split_changed.connect(self._take_split)
        self.findings.show_asked.connect(self.show_place)
        self.findings.fix_asked.connect(lambda fix, words: session.edit(dict(fix), words))
        self.findings.why_asked.connect(self._explain)
        self.error.action.connect(self._act)

    # What the window asks of every page

    def refresh(self, state: State) -> None:
        """Show the project as it is."""
        before, self._state = self._state, state
        if before is not None and (words := news_of(before, state)):
            self.told.emit(words)
        full = bool(state.facts.datasets)
        self._show_body()
        self.views.setVisible(full)
        self.add_button.setVisible(full)
        reason = _held(state)
        self.add_button.set_disabled_reason(reason)
        self._show_fact(state)
        self.empty.drop.action_button.set_disabled_reason(reason)
        self.empty.show_goal(state.config.goal)
        if full:
            self.learnt.show_state(state)
            self.findings.show_findings(findings(state), waiting=state.facts.report is None)
            self.recipe.show_state(state)
            self.split.show_state(state)
            self._show_pane(state)

    def primary(self) -> tuple[str, bool, str]:
        """The Next button."""
        state = self._state
        if state is None or not state.facts.datasets:
            return tr("Next: Model"), False, tr("Next needs at least one file with examples.")
        blocking = next((p for p in state.problems if p.step == "data" and p.severity == "blocks"), None)
        return tr("Next: Model"), blocking is None, blocking.sentence if blocking else ""

    def activate_primary(self) -> None:
        """Go on to the Model page."""
        self.go.emit("model")

    # Views

    def show_view(self, view: str) -> None:
        """Show rows, recipe result, or what it learns."""
        self.views.set_current(view)
        pane = self.learns if view == "learns" else self.recipe_result if view == "recipe" else self.rows
        self.panes.setCurrentWidget(pane)
        self.findings.setVisible(view != "learns")
        self.recipe.setVisible(view != "learns")
        if self._state:
            self._show_fact(self._state)
            self._show_pane(self._state)

    def _show_fact(self, state: State) -> None:
        learns = tr("Exactly as the model gets them. Each box is a token, a piece of a word.")
        shows_tokens = self.views.current() == "learns" and bool(state.facts.datasets)
        self.fact.setText(learns if shows_tokens else fact_of(state))

    def _show_pane(self, state: State) -> None:
        """Only the view that can be seen takes the state: the others fetch nothing."""
        pane = self.panes.currentWidget()
        if isinstance(pane, (RowsPane, RecipeResultPane, LearnsPane)):
            pane.show_state(state)
        if isinstance(pane, LearnsPane):
            self.teaching.show_state(state)

    def show_place(self, place: str) -> None:
        """Show what a finding or a step points at."""
        kind, _, rest = place.partition(":")
        if kind in ("aside", "roles"):
            self.show_view("rows")
            self.rows.show_aside() if kind == "aside" else self.rows.offer_roles()
        elif kind == "learn":
            self.show_view("learns")
            self.learns.show_only(rest or "all")
        else:
            self.show_view("recipe")
            self.recipe_result.show_step(rest, "" if kind == "step" else kind)

    # Files and cells

    def choose_files(self) -> None:
        """Ask for files and bring them in."""
        if paths := choose_data_files(self):
            self.take_files(paths)

    def take_files(self, paths: Sequence[str | Path]) -> None:
        """Bring files in."""
        self.error.hide()
        self._session.data.import_files([Path(path) for path in paths])

    def paste(self) -> None:
        """Bring in the cells or lines on the clipboard."""
        state = self._state
        if state is None or state.read_only:
            return
        self.error.hide()
        text = QGuiApplication.clipboard().text()
        self._session.call(
            paste_cells, Path(state.folder), text, then=lambda path: self.take_files([path]), page="data"
        )

    # What the cards ask

    def _learn(self, objective: str) -> None:
        self._session.data.learn(objective, tr("Learn: {what}", what=short_title(objectives()[objective])))

    def _take_recipe(self, recipe: tuple[Step, ...], label: str) -> None:
        self._session.edit({"data.recipe": [step.model_dump(mode="json") for step in recipe]}, label)

    def _take_split(self, split: SplitSettings, label: str) -> None:
        self._session.edit({"data.split": split.model_dump(mode="json")}, label)

    def _explain(self, title: str, why: str) -> None:
        self.set_explain.emit(Explanation(title, paragraphs=(why,)))

    # What the session says

    def _busy(self, kind: str, progress: Any) -> None:
        if kind == PREPARE:
            self._importing = False
            self.preparing.show_progress(progress)
        elif kind == IMPORT:
            for card in (self.reading, self.first_reading):
                card.show_progress(progress)
            self._import_runs = progress is not None
            self._importing = True
            self._show_body()

    def _show_body(self) -> None:
        """Rows where there are some; while the first file is read its progress stands alone in their place."""
        full = self._state is not None and bool(self._state.facts.datasets)
        self._body.setCurrentIndex(1 if full else 2 if self._import_runs else 0)
        self.reading.setVisible(full and self._import_runs)

    def _failed(self, page: str, error: object) -> None:
        if page == self.page_id and isinstance(error, StudioError) and error.id != "stopped":
            again = ("choose", tr("Choose files…")) if self._importing else ("prepare", tr("Prepare again"))
            buttons = [again, ("close", tr("Close"))]
            fill(self.error, error, buttons, title=tr("A file was not brought in") if self._importing else "")
            self.error.show()

    def _act(self, action: str) -> None:
        self.error.hide()
        if action == "choose":
            self.choose_files()
        elif action == "prepare":
            self._session.data.prepare_again()

    def sizeHint(self) -> QSize:
        return QSize(1024, 660)


def _held(state: State) -> str:
    return tr("The project is open elsewhere and can only be looked at.") if state.read_only else ""
