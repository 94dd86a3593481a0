"""The Evaluate page: the verdict, the measures, and the talk with both models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QWidget

from studio.core.run import RunSummary
from studio.plugins import objectives
from studio.services.facts import Evaluation
from studio.services.questions import questions
from studio.ui.pages.data.kinds import kind_of_objective
from studio.ui.pages.evaluate import words
from studio.ui.pages.evaluate.chat import WHO, SideBySide
from studio.ui.pages.evaluate.mistakes import MistakesCard
from studio.ui.pages.evaluate.result import MeasuresCard, VerdictCard
from studio.ui.pages.trouble import Trouble
from studio.ui.pages.whence import whence
from studio.ui.theme import CARD_GAP
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.layout import column, row
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.page import PageHead, page_body
from studio.ui.widgets.switches import Segmented
from studio.ui.wording import count, run_name, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

# Both models stay in memory so long after the page was left, so that a look elsewhere costs no waiting.
_KEEP_MODELS_MS = 60_000


class EvaluatePage(QWidget):
    """Measures before and after on the sealed test, and lets one talk to both."""

    set_explain = Signal(object)
    go = Signal(str)
    page_id = "evaluate"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._state: State | None = None
        self._progress: Any = None
        self._asked_for: str = ""
        self._talking_to = ""
        self._goes_wrong = False
        self._again = Button(tr("Measure again"), "arrows-clockwise")
        self._again.clicked.connect(self._measure)
        self._head = PageHead(tr("Evaluate"), side=self._again)
        self.verdict = VerdictCard()
        self.verdict.stop_wanted.connect(lambda: session.data.stop_job("evaluate"))
        self.measures = MeasuresCard()
        self.measures.go.connect(self.go)
        self.mistakes = MistakesCard()
        self.looks = Segmented([("wrong", tr("Where it goes wrong")), ("try", tr("Try it"))], name=tr("What is shown"))
        self.looks.changed.connect(lambda look: self._views.setCurrentIndex(int(look == "wrong")))
        self.chat = SideBySide()
        self.chat.asked.connect(self._ask)
        self.chat.interrupted.connect(session.run.interrupt)
        self._empty = EmptyState(
            "scales",
            tr("Nothing to evaluate yet"),
            tr(
                "When a run has ended, this page asks the model before and after about examples that neither has seen, "
                "says whether training helped, and lets you try both."
            ),
            tr("Go to Train"),
        )
        self._empty.action.connect(lambda: self.go.emit("train"))
        self._lay_out()
        self._leave_timer = QTimer(self, singleShot=True, interval=_KEEP_MODELS_MS)
        self._leave_timer.timeout.connect(self._leave)
        session.busy.connect(self._busy)
        session.said.connect(self.chat.take)
        session.failed.connect(self._failed)

    def _lay_out(self) -> None:
        self._below = QWidget()
        line = QHBoxLayout(self._below)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(CARD_GAP)
        self.chat.setMinimumHeight(360)
        self._views = QStackedWidget()
        for view in (self.chat, self.mistakes):
            self._views.addWidget(view)
        line.addLayout(column(row(self.looks, None), self._views, spacing=8), 1)
        self.measures.setFixedWidth(380)
        line.addWidget(self.measures)
        self._below.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        body = page_body(self)
        for widget in (self._head, Trouble(self._session, self.page_id, job="evaluate"), self.verdict):
            body.addWidget(widget)
        body.addWidget(self._below, 1)
        body.addWidget(self._empty, 1)

    # ------------------------------------------------------------------------------------------------ showing

    def refresh(self, state: State) -> None:
        """Show what is known of the run that can be measured."""
        self._state = state
        self.set_explain.emit(None)
        run = self._run()
        for widget in (self.verdict, self._below):
            widget.setVisible(run is not None)
        self._empty.setVisible(run is None)
        if run is None:
            self._head.set_sentence("")
            self._again.hide()
            return
        self._show_run(state, run)
        if run.id != self._asked_for:
            self._asked_for = run.id
            self.chat.show_questions(())
            self._session.with_project(questions, run.id, then=self._questions_later(run.id), page=self.page_id)
        if self._talking_to and run.id != self._talking_to:
            self._leave()
            self.chat.forget()

    def _show_run(self, state: State, run: RunSummary) -> None:
        evaluation = self._evaluation()
        step = tr("step {n}", n=count(run.best_step if run.best_step is not None else run.step))
        title = run_name(run.id) if run.parts else f"{run_name(run.id)}, {step}"
        against = _against(run, title)
        self._head.set_sentence(f"{against} {words.asked_of(evaluation)}" if evaluation else against)
        self.chat.set_names(state.facts.model.name if state.facts.model else tr("base model"), title)
        measuring = self._progress is not None
        self._again.setVisible(evaluation is not None and not measuring)
        self._again.set_disabled_reason(self._closed())
        self.measures.setVisible(evaluation is not None and not measuring)
        objective = next((each for each in objectives() if each.id == run.objective), None)
        self.chat.set_kind(kind_of_objective(objective) if objective else "answers")
        self._show_mistakes(None if measuring else evaluation)
        if measuring:
            self._show_progress()
        elif evaluation is not None:
            self.verdict.show_evaluation(evaluation)
            self.measures.show_evaluation(evaluation, objective.metrics[0] if objective and objective.metrics else "")
        else:
            self.verdict.show_waiting(state.facts.report.test if state.facts.report else 0)

    def _show_mistakes(self, evaluation: Evaluation | None) -> None:
        """Where it goes wrong stands first as soon as it is known; without anything of the sort the try-out is all."""
        any_wrong = MistakesCard.has_any(evaluation)
        appeared = any_wrong and not self._goes_wrong
        self._goes_wrong = any_wrong
        self.looks.setVisible(any_wrong)
        if any_wrong and evaluation is not None:
            self.mistakes.show_evaluation(evaluation)
        if not any_wrong:
            self.show_try()
        elif appeared:
            self.looks.set_current("wrong")
            self._views.setCurrentIndex(1)

    def show_try(self) -> None:
        """Show the place where the models can be tried."""
        self.looks.set_current("try")
        self._views.setCurrentIndex(0)

    def _show_progress(self) -> None:
        told = self._progress
        share = min(1.0, told.done / told.total) if told.total else None
        self.verdict.show_progress(tr(told.words) if told.words else "", share, told.seconds_left)

    def _run(self) -> RunSummary | None:
        """The run that is shown, if it has weights to measure; else the newest that has."""
        facts = self._state.facts if self._state else None
        if facts is None:
            return None
        wanted = [facts.run, *facts.runs] if facts.run else facts.runs
        return next((run for run in wanted if run.has_weights), None)

    def _evaluation(self) -> Evaluation | None:
        run, facts = self._run(), self._state.facts if self._state else None
        if run is None or facts is None:
            return None
        return next((each for each in facts.evaluations if each.run == run.id and each.split == "test"), None)

    def _closed(self) -> str:
        """Why nothing can be measured now; empty where it can."""
        if self._state is None or self._run() is None:
            return tr("This page opens when a run has ended.")
        if self._state.read_only:
            return tr("This project is open elsewhere; it can be measured there.")
        report = self._state.facts.report
        if report is not None and not report.test:
            return tr("There are no sealed test examples to measure with.")
        return ""

    # ------------------------------------------------------------------------------------------------- acting

    def _measure(self) -> None:
        run = self._run()
        if run is not None and not self._closed():
            self._session.run.evaluate(run.id)

    def _busy(self, kind: str, progress: Any) -> None:
        if kind == "playground":
            self._playing(progress)
        if kind != "evaluate":
            return
        was, self._progress = self._progress, progress
        if (was is None) != (progress is None):
            # The window shows this page and its primary button anew on every change.
            self._session.changed.emit()
        elif progress is not None:
            self._show_progress()

    def _failed(self, page: str, _error: object) -> None:
        if page == self.page_id:
            self.chat.break_off(tr("No answer came."))

    def _questions_later(self, run: str) -> Any:
        def take(found: tuple[str, ...]) -> None:
            if run == self._asked_for:
                self.chat.show_questions(found)

        return take

    def _ask(self, prompt: str) -> None:
        run = self._run()
        if run is None:
            return
        if self._talking_to != run.id:
            self._talking_to = run.id
            self.chat.say(tr("Loading both models; this takes a few seconds."))
            self._session.run.open_playground(run.id)
        # The desk does one thing after another: when this comes back, the playground's worker has been started.
        self._session.call(_nothing, then=lambda _: self._send(prompt), page=self.page_id)

    def _send(self, prompt: str) -> None:
        for who in WHO:
            self.chat.expect(who, self._session.run.ask(who, prompt, self.chat.history(who)))

    def _playing(self, progress: Any) -> None:
        if progress is None:
            self._talking_to = ""
            self.chat.break_off(tr("The models were put away."))
            self.chat.say("")
        elif not self.chat.answering():
            self.chat.say("")

    def _leave(self) -> None:
        if self._talking_to:
            self._session.run.close_playground()
            self._talking_to = ""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._leave_timer.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._leave_timer.start()

    def primary(self) -> tuple[str, bool, str]:
        """Measure; once that is done, on to Share."""
        if self._progress is not None:
            return tr("Measure on the sealed test"), False, tr("The test is being measured.")
        if self._evaluation() is not None:
            return tr("Next: Share"), True, ""
        reason = self._closed()
        return tr("Measure on the sealed test"), not reason, reason

    def activate_primary(self) -> None:
        """Measure, or go on to Share."""
        if not self.primary()[1]:
            return
        if self._evaluation() is not None:
            self.go.emit("share")
        else:
            self._measure()


def _against(run: RunSummary, title: str) -> str:
    """What is compared. Before is always the model as it came, so that all runs are held against the same."""
    if said := whence(run):
        return tr("{run} ({whence}), against the model as it came, before any training.", run=title, whence=said)
    return tr("{run}, against the model before training.", run=title)


def _nothing() -> None:
    """Takes its turn at the desk."""
