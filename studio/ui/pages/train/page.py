"""The Train page: before a run its summary, during and after it the run itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.core.events import AnyEvent
from studio.core.run import ACTIVE, RunSummary
from studio.ui.pages.train.before import StartSummary
from studio.ui.pages.train.charts import RunCharts
from studio.ui.pages.train.head import kept_step
from studio.ui.pages.train.runs import RunList
from studio.ui.pages.train.view import RunView
from studio.ui.pages.trouble import Trouble
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.page import PageHead, page_body
from studio.ui.wording import count, run_name, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State


class TrainPage(QWidget):
    """Starts, pauses, stops, resumes, and shows what a run does."""

    set_explain = Signal(object)
    go = Signal(str)
    page_id = "train"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._state: State | None = None
        self._planning = False
        self._known: tuple[str, ...] = ()
        self._starting = False
        self._trash: list[str] = []
        self._view: RunView | None = None
        self._before = self._make_before()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._before)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self._listen_to(self._runs)
        session.events.connect(self._take)
        session.failed.connect(self._not_started)

    @cached_property
    def _charts(self) -> RunCharts:
        return RunCharts()

    @property
    def view(self) -> RunView:
        """The run itself, made when there first is one to show: the page is there sooner."""
        if self._view is None:
            self._view = RunView(self._session, self._charts)
            self._view.new_wanted.connect(self.plan)
            self._view.go.connect(self.go)
            self._view.runs.show_trash(self._trash)
            self._listen_to(self._view.runs)
            self._stack.addWidget(self._view)
        return self._view

    def make_parts(self) -> Iterator[QWidget]:
        """Make what nobody has looked at yet."""
        yield self._charts
        yield self.view

    def _listen_to(self, runs: RunList) -> None:
        runs.chosen.connect(self._choose)
        runs.deleted.connect(self._delete)
        runs.restored.connect(self._restore)
        runs.join_wanted.connect(self._join)
        runs.noted.connect(self._session.run.note)

    def _make_before(self) -> QWidget:
        page = QWidget()
        self._back = LinkButton("", "arrow-left")
        self._back.clicked.connect(self._leave_plan)
        self._head = PageHead(tr("Train"), side=self._back)
        self.summary = StartSummary()
        self.summary.go.connect(self.go)
        self.summary.fix.connect(self._session.edit)
        self._runs = RunList()
        self._empty = EmptyState(
            "graduation-cap",
            tr("Nothing to train with yet"),
            tr(
                "Training needs examples to learn from and a model to start with. Then this page says what a run will "
                "take, and starts it."
            ),
            tr("Next thing to do"),
        )
        self._empty.action.connect(lambda: self.go.emit(self._lacking()))
        body = page_body(page)
        for widget in (self._head, Trouble(self._session, self.page_id), self.summary, self._runs):
            body.addWidget(widget)
        body.addWidget(self._empty, 1)
        body.addStretch(0)
        return page

    def _lacking(self) -> str:
        """The page on which the first thing is missing without which a run can't even be described; or nothing."""
        facts = self._state.facts if self._state else None
        if facts is None or not facts.datasets:
            return "data"
        return "" if facts.model is not None else "model"

    def refresh(self, state: State) -> None:
        """Show the run, or what a new one would be."""
        self._state = state
        self.set_explain.emit(None)
        self._notice_new_run(state)
        run = state.facts.run
        planning = run is None or self._planning
        self._stack.setCurrentWidget(self._before if planning else self.view)
        if planning:
            self._show_plan(state)
        elif run is not None:
            self.view.refresh(state, run, self._blocked() or self._other_at_work())

    def _notice_new_run(self, state: State) -> None:
        """A run that was just started, here or elsewhere, takes the place of the plan."""
        ids = tuple(run.id for run in state.facts.runs)
        if set(ids) - set(self._known) and (self._known or self._starting):
            self._planning = self._starting = False
        if ids != self._known:
            self._session.run.deleted(self._show_trash)
        self._known = ids

    def _show_plan(self, state: State) -> None:
        run = state.facts.run
        self._head.set_sentence(
            tr("Look once at what will happen, then start.")
            if not self._blocked()
            else tr("A few things are missing before training can start.")
        )
        self._back.setVisible(run is not None)
        if run is not None:
            self._back.setText(tr("Back to {run}", run=run_name(run.id)))
        lacking = self._lacking()
        self._empty.setVisible(bool(lacking))
        self._empty.action_button.setText(tr("Bring in examples") if lacking == "data" else tr("Choose a model"))
        self.summary.setVisible(not lacking)
        self.summary.show_state(state)
        self._runs.show_runs(state.facts.runs, "", state.read_only)
        self._runs.setVisible(self._runs.holds())

    def _show_trash(self, runs: list[str]) -> None:
        self._trash = runs
        self._runs.show_trash(runs)
        if self._view is not None:
            self._view.runs.show_trash(runs)
        self._runs.setVisible(self._runs.holds())

    def plan(self) -> None:
        """Show what a new run would be, in place of the one that is shown."""
        self._planning = True
        self._again()

    def _leave_plan(self) -> None:
        self._planning = False
        self._again()

    def _choose(self, run: str) -> None:
        self._planning = False
        self._session.run.select(run)
        self._again()

    def _delete(self, run: str, even_so: bool) -> None:
        self._session.run.delete(run, even_so=even_so)

    def _join(self) -> None:
        """Ask which runs are to become one."""
        from studio.ui.dialogs.joining import JoinDialog

        JoinDialog(self._session, self.window()).show()

    def _restore(self, run: str) -> None:
        self._session.run.restore(run)

    def _again(self) -> None:
        # The window shows this page and its primary button anew on every change.
        self._session.changed.emit()

    def _not_started(self, page: str, _error: object) -> None:
        if page == self.page_id and self._starting:
            self._starting = False
            self._again()

    def _take(self, run: str, events: list[AnyEvent]) -> None:
        if self._view is not None:
            self._view.take(run, events)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._view is not None:
            self._view.catch_up()

    def _blocked(self) -> str:
        """Why no run can start now; empty where one can."""
        state = self._state
        if state is None:
            return tr("No project is open.")
        if state.read_only:
            return tr("This project is open elsewhere; a run can be started there.")
        blocking = next((problem for problem in state.problems if problem.severity == "blocks"), None)
        if blocking is not None:
            return blocking.sentence
        if state.facts.report is None:
            return tr("The examples are being prepared.")
        return ""

    def _other_at_work(self) -> str:
        runs = self._state.facts.runs if self._state else ()
        busy = next((run for run in runs if run.state in ACTIVE), None)
        return tr("{run} is still at work; let it end or stop it first.", run=run_name(busy.id)) if busy else ""

    def primary(self) -> tuple[str, bool, str]:
        """Start training before a run; on to Evaluate after one."""
        run = self._state.facts.run if self._state else None
        if run is None or self._planning:
            reason = self._blocked() or self._other_at_work()
            reason = reason or (tr("The run is being started.") if self._starting else "")
            return tr("Start training"), not reason, reason
        return tr("Next: Evaluate"), run.state in ("finished", "stopped"), self._not_yet(run)

    def _not_yet(self, run: RunSummary) -> str:
        if run.state in ("finished", "stopped"):
            return ""
        if run.state == "failed":
            return tr("The run waits for your choice. Closing the window is safe.")
        if not run.step:
            return tr("Evaluate opens when the run has ended.")
        step = count(kept_step(run, self.view.course)) if self.view.course else count(run.step)
        return tr("Evaluate opens when the run ends, or stop now and take step {step}", step=step)

    def activate_primary(self) -> None:
        """Start the run, or go on to Evaluate."""
        text, enabled, _reason = self.primary()
        if not enabled:
            return
        if text == tr("Start training"):
            self._starting = True
            self._session.run.start()
            self._again()
        else:
            self.go.emit("evaluate")
