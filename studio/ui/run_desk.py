"""The session's part that has to do with runs: starting, steering, following, measuring, exporting, chatting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from studio.api import Joining
from studio.core.events import AnyEvent, Evaluated, Failed, Finished, Paused, Resumed, Sampled, Started
from studio.core.problem import StudioError
from studio.core.run import RunSummary
from studio.services import beginnings, joining, projects, results, runs
from studio.services.projects import Project
from studio.ui.open_project import OpenProject, Then

FOLLOW_MS = 250
_LABELS = {
    (False, False): "Begin with the model as it came",
    (True, False): "Go on from what was learnt",
    (True, True): "Learn above what was learnt",
}
News = tuple[Project, dict[str, list[AnyEvent]], tuple[RunSummary, ...]]


class RunDesk(QObject):
    """Runs of the open project. `shown` is the run that the pages show; empty means the newest."""

    def __init__(self, session: OpenProject) -> None:
        super().__init__()
        self._session = session
        self.shown = ""
        self._asks = 0
        self._following = False
        self._timer = QTimer(self, interval=FOLLOW_MS)
        self._timer.timeout.connect(self.follow)

    def begin(self) -> None:
        """Follow the runs of the project that was just opened."""
        self.shown = ""
        self._timer.start()
        self.follow()

    def end(self) -> None:
        """Stop following; the workers go on."""
        self._timer.stop()
        self._following = False

    # ----------------------------------------------------------------------------------------------- following

    def follow(self) -> None:
        """Take in what the workers said since the last time."""
        project = self._session.project
        if project is None or self._following:
            return
        self._following = True
        self._session.call(_news, project, then=self._take, failed=self._not_followed)

    def _not_followed(self, error: StudioError) -> None:
        self._following = False
        self._session.tell_failure("train", error)

    def _take(self, news: News) -> None:
        self._following = False
        project, events, summaries = news
        session = self._session
        if session.project is None or session.facts is None:
            return
        if project is not session.project:
            if project.paths.folder == session.project.paths.folder:
                session.project = project
                session.gather()
            else:
                return
        if events or summaries != session.facts.runs:
            run = next((one for one in summaries if one.id == self.shown), summaries[0] if summaries else None)
            session.set_runs(session.facts.model_copy(update={"runs": summaries, "run": run}))
        for id, new in events.items():
            session.tell_events(id, new)
        ends = (Finished, Failed, Started, Paused, Resumed, Evaluated)
        if any(isinstance(event, ends) for new in events.values() for event in new):
            session.gather()

    # ------------------------------------------------------------------------------------------------ steering

    def start(self) -> None:
        """Start training with the present config."""
        config = self._session.config
        if config is not None:
            self._session.with_project(runs.start, config, then=self._started, page="train")

    def _started(self, id: str) -> None:
        self.shown = id
        self.follow()
        self._session.gather()

    def begin_with(self, begin: str, stacked: bool = False, page: str = "method", then: Then | None = None) -> None:
        """Let new runs begin with a run or a folder with additions (empty: the model as it came)."""

        def take(changes: dict[str, Any]) -> None:
            self._session.edit(changes, _LABELS[bool(begin), stacked])
            if then:
                then(changes)

        self._session.with_project(beginnings.choose, begin, stacked, then=take, page=page)

    def candidates(self, then: Then) -> None:
        """The runs that have ended, and which of them can be joined."""
        self._session.with_project(joining.candidates, then=then, page="train")

    def join(self, parts: dict[str, float], way: Joining) -> None:
        """Make one run of several."""
        self._session.with_project(joining.join, parts, way, then=self._started, page="train")

    def pause(self, id: str) -> None:
        """Ask a run to wait."""
        self._session.with_project(runs.pause, id, page="train")

    def resume(self, id: str) -> None:
        """Go on with a paused, stopped or failed run."""
        self._session.with_project(runs.resume, id, then=lambda _: self.follow(), page="train")

    def stop(self, id: str) -> None:
        """End a run, keeping its best weights."""
        self._session.with_project(runs.stop, id, page="train")

    def evaluate_now(self, id: str) -> None:
        """Measure validation now."""
        self._session.with_project(runs.evaluate_now, id, page="train")

    def sample(self, id: str, prompt: str) -> None:
        """Ask a running model a question."""
        self._session.with_project(runs.sample, id, prompt, page="train")

    def select(self, id: str) -> None:
        """Show another run."""
        self.shown = id
        self._session.gather()

    def delete(self, id: str, *, even_so: bool = False) -> None:
        """Move a run to the trash; `even_so` where others went on from it."""

        def work(project: Project) -> None:
            runs.delete(project, id, even_so=even_so)

        self._session.with_project(work, then=lambda _: self._session.gather(), page="train")

    def restore(self, id: str) -> None:
        """Bring a deleted run back."""
        self._session.with_project(runs.restore, id, then=lambda _: self._session.gather(), page="train")

    def note(self, id: str, text: str) -> None:
        """Write a note on a run."""
        self._session.with_project(runs.note, id, text, then=lambda _: self._session.gather(), page="train")

    # ------------------------------------------------------------------------------------------------- looking

    def series(self, id: str, then: Then) -> None:
        """Every measured curve of a run."""
        self._session.with_project(runs.series, id, then=then, page="train")

    def samples(self, id: str, then: Then) -> None:
        """The answers a run gave on its way: (step, question, answer)."""
        self._session.with_project(runs.samples, id, then=then, page="train")

    def log(self, id: str, then: Then) -> None:
        """The end of a run's log."""
        self._session.with_project(runs.log, id, then=then, page="train")

    def failure(self, id: str, then: Then) -> None:
        """How a failed run failed."""
        self._session.with_project(runs.failure, id, then=then, page="train")

    def deleted(self, then: Then) -> None:
        """Runs in the trash."""
        self._session.with_project(runs.deleted, then=then)

    def empty_trash(self) -> None:
        """Remove deleted runs for good."""
        self._session.with_project(runs.empty_trash)

    # ------------------------------------------------------------------------------------------------- results

    def evaluate(self, id: str, split: str = "test") -> None:
        """Measure a run before and after on a split."""
        project = self._session.project
        if project:
            begin = lambda: results.evaluate(project, id, split)  # noqa: E731 - one of three alike, read together
            self._session.jobs.start("evaluate", begin, lambda result: self._keep(results.take_evaluation, result))

    def export(self, id: str, to: str, out: Path | None = None) -> None:
        """Export a run; into the project when no folder is given."""
        project = self._session.project
        if project:
            begin = lambda: results.export(project, id, to, out)  # noqa: E731
            self._session.jobs.start("export", begin, lambda result: self._keep(results.take_export, id, to, result))

    def _keep(self, take: Callable[..., None], *args: Any) -> None:
        self._session.with_project(take, *args, then=lambda _: self._session.gather())

    # ------------------------------------------------------------------------------------------- the playground

    def open_playground(self, id: str) -> None:
        """Load the base and the tuned model for a chat; `busy("playground", …)` tells how far."""
        project = self._session.project
        if project and not self._session.jobs.running("playground"):
            self._session.jobs.start("playground", lambda: results.playground(project, id), lambda _: None)

    def ask(self, who: str, prompt: str, history: Sequence[dict[str, str]] = ()) -> str:
        """Ask "base" or "tuned"; answers arrive by the session's `said`. Returns the question's id."""
        worker = self._session.jobs.running("playground")
        self._asks += 1
        id = f"ask-{self._asks}"
        if worker:
            self._session.call(results.ask, worker, who, prompt, id, tuple(history), page="evaluate")
        return id

    def interrupt(self) -> None:
        """Break off the answers being written."""
        worker = self._session.jobs.running("playground")
        if worker:
            self._session.call(results.interrupt, worker)

    def close_playground(self) -> None:
        """Let the models go."""
        self._session.jobs.stop("playground")

    def take_answer(self, kind: str, event: Sampled) -> None:
        """Hand a playground answer on."""
        if kind == "playground":
            self._session.tell_answer(event)


def _news(project: Project) -> News:
    """At the desk: copy new events; take the pen when whoever held it has let go."""
    if not project.writable and project.holder:
        project = _take_pen(project)
    return project, runs.sync(project) if project.writable else {}, runs.summaries(project)


def _take_pen(project: Project) -> Project:
    again = projects.open_project(project.paths.folder)
    if again.writable:
        project.close()
        return again
    again.close()
    return project
