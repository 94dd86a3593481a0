"""One run on the page: its head or its failure, the curves, the numbers, the answers, the list and the log below."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from studio.core.config import RunConfig
from studio.core.events import AnyEvent, Failed, Started
from studio.core.run import ACTIVE, RunSummary
from studio.services import runs
from studio.services.projects import Project
from studio.ui import wording
from studio.ui.pages.train.answers import AnswersPanel
from studio.ui.pages.train.charts import RunCharts
from studio.ui.pages.train.course import Course
from studio.ui.pages.train.head import RunHead
from studio.ui.pages.train.log import LogCard
from studio.ui.pages.train.metrics import RunMetrics
from studio.ui.pages.train.runs import RunList
from studio.ui.pages.train.throttle import Throttle
from studio.ui.pages.trouble import Trouble
from studio.ui.pages.whence import titled
from studio.ui.theme import CARD_GAP, PAGE_MARGIN, SPACE_16
from studio.ui.widgets.buttons import LinkButton
from studio.ui.widgets.labels import ElidedLabel
from studio.ui.widgets.layout import row, scrolling, wide
from studio.ui.widgets.notices import ErrorCard, Notice
from studio.ui.wording import count, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

_ANSWERS_WIDTH = 296
_SMALL, _GROWS = QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Expanding
_WORDS_MS, _NUMBERS_MS, _LOG_MS = 200, 1000, 2000


class RunView(QWidget):
    """A run as it goes or went. `new_wanted` asks for a new run, `go` for another page."""

    new_wanted = Signal()
    go = Signal(str)

    def __init__(self, session: Session, charts: RunCharts) -> None:
        super().__init__()
        self._session, self.charts = session, charts
        self._state: State | None = None
        self._run: RunSummary | None = None
        self._new_reason = ""
        self._dirty = False
        self._shown_failure: tuple[object, ...] = ()
        self.course: Course | None = None
        self.head = RunHead()
        self.head.asked.connect(self._steer)
        self.failure = ErrorCard()
        self.failure.action.connect(self._steer)
        self.failure.details_clicked.connect(lambda: self._open(self.log))
        self.notice = Notice("", "warn")
        self.metrics = RunMetrics()
        self.runs = RunList()
        self.log = LogCard()
        self.answers = AnswersPanel()
        self.answers.setFixedWidth(_ANSWERS_WIDTH)
        self.answers.asked.connect(self._ask)
        self._name = ElidedLabel("", "quiet")
        self._runs_link = LinkButton("", "list-bullets", small=True)
        self._runs_link.clicked.connect(lambda: self._open(self.runs))
        self._log_link = LinkButton(tr("Log"), "article", small=True)
        self._log_link.clicked.connect(lambda: self._open(self.log))
        self._lay_out()
        self._say = Throttle(self, _WORDS_MS, self._show_words)
        self._count = Throttle(self, _NUMBERS_MS, self._show_numbers)
        self._log_timer = QTimer(self, interval=_LOG_MS)
        self._log_timer.timeout.connect(self._read_log)

    def _lay_out(self) -> None:
        left = QWidget()
        self._left = QVBoxLayout(left)
        self._left.setContentsMargins(PAGE_MARGIN, 20, 0, 12)
        self._left.setSpacing(CARD_GAP)
        self.charts.setMinimumHeight(330)
        self.charts.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        links = row(wide(self._name), self._runs_link, self._log_link, spacing=8)
        trouble = Trouble(self._session, "train")
        for widget in (trouble, self.head, self.failure, self.notice):
            self._left.addWidget(widget)
        self._left.addWidget(self.charts, 1)
        self._left.addWidget(self.metrics)
        self._left.addLayout(links)
        for widget in (self.runs, self.log):
            widget.hide()
            self._left.addWidget(widget)
        self._room = QSpacerItem(0, 0, _SMALL, _SMALL)
        self._left.addSpacerItem(self._room)
        self._area = scrolling(left)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, PAGE_MARGIN, 0)
        line.setSpacing(SPACE_16)
        line.addWidget(self._area, 1)
        side = QVBoxLayout()
        side.setContentsMargins(0, 20, 0, 16)
        side.addWidget(self.answers)
        line.addLayout(side)

    # ------------------------------------------------------------------------------------------------ showing

    def refresh(self, state: State, run: RunSummary, new_reason: str) -> None:
        """Show a run; `new_reason` says why no other could be started now."""
        self._state, self._run, self._new_reason = state, run, new_reason
        if self.course is None or self.course.run != run.id:
            self._load(run.id)
        elif state.read_only and run.step > self.course.step:
            # Another program writes this project: its events are not told here, but what it stored can be read.
            self._session.run.series(run.id, self._fill_later(self.course))
        self.course.steps = run.steps or self.course.steps  # type: ignore[union-attr]
        if run.state == "failed" and self.course is not None and self.course.failure is None:
            self._session.run.failure(run.id, self._failed_later(self.course))
        others = len(state.facts.runs) - 1
        self._name.setText(titled(run) + (f" · {run.note}" if run.note else ""))
        self._show_parts(run)
        self._runs_link.setText(plural(others, "{n} other run", "{n} other runs") if others else tr("This run"))
        self.runs.show_runs(state.facts.runs, run.id, state.read_only)
        self._show_words()
        self._count.wish()

    def _show_parts(self, run: RunSummary) -> None:
        """A joined run was not trained: it has no curves, no figures and no answers on the way."""
        for widget in (self.charts, self.metrics, self.answers):
            widget.setVisible(not run.parts)
        self._room.changeSize(0, 0, _SMALL, _GROWS if run.parts else _SMALL)
        self._left.invalidate()

    def _load(self, run: str) -> None:
        course = self.course = Course(run)
        self.charts.show_course(course)
        self.head.forget()
        desk = self._session.run
        desk.series(run, self._fill_later(course))
        desk.samples(run, self._answers_later(course))
        self._session.with_project(_config_of, run, then=self._config_later(course), page="train")
        if self.log.isVisible():
            self._read_log()

    def _fill_later(self, course: Course) -> Any:
        def fill(series: dict[str, list[tuple[int, float]]]) -> None:
            course.fill(series)
            if course is self.course:
                self.charts.show_course(course)
                self._show_all()

        return fill

    def _answers_later(self, course: Course) -> Any:
        def fill(samples: list[tuple[int, str, str]]) -> None:
            course.fill_answers(samples)
            if course is self.course:
                self._show_all()

        return fill

    def _config_later(self, course: Course) -> Any:
        def fill(config: RunConfig) -> None:
            course.config = config
            if course is self.course:
                self._show_all()

        return fill

    def _failed_later(self, course: Course) -> Any:
        def fill(failure: Failed | None) -> None:
            course.failure = failure
            if course is self.course and failure is not None:
                self._show_all()

        return fill

    def take(self, run: str, events: Iterable[AnyEvent]) -> None:
        """New events of a run, if it is the one that is shown."""
        course = self.course
        if course is None or run != course.run:
            return
        new = list(events)
        course.take(new)
        if any(isinstance(event, Started) for event in new):
            self.head.forget()
        if not self.isVisible():
            self._dirty = True
            return
        self.charts.grow()
        self._say.wish()
        self._count.wish()

    def catch_up(self) -> None:
        """Draw what came in while the page was not to be seen."""
        if self._dirty and self.course is not None:
            self._dirty = False
            self.charts.grow()
            self._show_all()

    def _show_all(self) -> None:
        self._show_words()
        self._show_numbers()

    def _show_words(self) -> None:
        run, course, state = self._run, self.course, self._state
        if run is None or course is None or state is None or course.run != run.id:
            return
        failed = run.state == "failed" and course.failure is not None
        self.head.setVisible(not failed)
        self.failure.setVisible(failed)
        if course.failure is not None and failed:
            self._show_failure(run, course, course.failure, state.read_only)
        else:
            self.head.show_run(run, course, state.read_only, self._new_reason)
        warned = course.warnings[-1] if course.warnings and run.state in ACTIVE else None
        self.notice.setVisible(warned is not None)
        if warned is not None:
            self.notice.set(tr(warned.sentence), "warn", detail=tr(warned.remedy) if warned.remedy else "")
        self.charts.show_run(run)
        self.answers.show_course(course, run)

    def _show_numbers(self) -> None:
        if self._run is not None and self.course is not None and self._state is not None:
            self.metrics.show_course(self._run, self.course, self._state.facts.device)

    def _show_failure(self, run: RunSummary, course: Course, failure: Failed, read_only: str) -> None:
        saved = course.saved_step
        shown = (failure, saved, read_only)
        if shown == self._shown_failure:
            # Filling the card again would take the focus from the button that is about to be pressed.
            return
        self._shown_failure = shown
        late = tr("Continue from the last save point") if run.step else tr("Try again")
        go_on = tr("Continue from step {step}", step=count(saved)) if saved else late
        buttons = (("resume", go_on), ("settings", tr("Change settings")), ("new", tr("New run…")))
        if failure.fix:
            # Going on as before would end the same way.
            buttons = (("fix", tr("Change it and start anew…")), *buttons[1:])
        self.failure.show_error(
            tr("The run stopped at step {step}", step=count(failure.step or run.step)),
            tr(failure.happened),
            tr(failure.data),
            tr(failure.remedy),
            buttons=() if read_only else buttons,
            moment=wording.clock(datetime.fromtimestamp(failure.time)) if failure.time else "",
            details=True,
        )

    # ------------------------------------------------------------------------------------------------- acting

    def _steer(self, what: str) -> None:
        run = self._run
        if run is None:
            return
        if what == "fix" and self.course is not None and self.course.failure is not None:
            self._session.edit(dict(self.course.failure.fix), tr("Changed after a failure"))
        if what == "begin":
            self._session.run.begin_with(run.id, page="train", then=lambda _changes: self.new_wanted.emit())
        elif what in ("new", "fix"):
            self.new_wanted.emit()
        elif what == "settings":
            self.go.emit("settings")
        else:
            {"pause": self._session.run.pause, "resume": self._session.run.resume, "stop": self._session.run.stop}[
                what
            ](run.id)

    def _ask(self, prompt: str) -> None:
        if self._run is not None:
            self._session.run.sample(self._run.id, prompt)

    def _open(self, card: QWidget) -> None:
        """Show a card below, or put it away again."""
        card.setVisible(card.isHidden())
        if card is self.log:
            self._log_timer.start() if not card.isHidden() else self._log_timer.stop()
            if not card.isHidden():
                self._read_log()
        if not card.isHidden():
            QTimer.singleShot(0, card, lambda: self._area.ensureWidgetVisible(card))

    def _read_log(self) -> None:
        if self._run is not None and self.isVisible():
            self._session.run.log(self._run.id, self.log.show_log)


def _config_of(project: Project, run: str) -> RunConfig:
    return runs.folder(project, run).config()
