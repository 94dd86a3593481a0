"""Following the children that do short work for the window: imports, previews, measuring, exports, chats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.core.events import AnyEvent, Failed, Finished, Progressed, Sampled, Stop
from studio.core.problem import StudioError
from studio.services.facts import Fact
from studio.services.jobs import result_of
from studio.ui.desk import Desk
from studio.worker import client
from studio.worker.run_folder import LineReader, RunFolder

POLL_MS = 120


class Progress(Fact):
    """How far a job is. `total` 0 means unknown; `seconds_left` None until known."""

    words: str = ""
    done: float = 0.0
    total: float = 0.0
    seconds_left: float | None = None
    stoppable: bool = True


class _Job:
    """A started job: its folder, its events as far as read, and what to do at its end."""

    def __init__(self, kind: str, run: RunFolder, then: Callable[[dict[str, Any]], None]) -> None:
        self.kind = kind
        self.run = run
        self.then = then
        self.reader: LineReader[AnyEvent] = run.event_reader()

    def read(self) -> list[AnyEvent]:
        """New events; a worker that died without a word ends in Failed. Done at the desk."""
        alive = client.is_alive(self.run)
        events: list[AnyEvent] = list(self.reader.read())
        if not alive and not any(isinstance(event, Finished | Failed) for event in events):
            events.append(client.died(self.run))
        return events


class Jobs(QObject):
    """At most one job of each kind; a new one of a kind takes the place of the old, which is stopped."""

    busy = Signal(str, object)
    failed = Signal(str, object)
    said = Signal(str, object)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._jobs: dict[str, _Job] = {}
        self._starting: dict[str, int] = {}
        self._shown: set[str] = set()
        self._reading = False
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    def start(self, kind: str, begin: Callable[[], RunFolder], then: Callable[[dict[str, Any]], None]) -> None:
        """Start a job at the desk: `begin` starts its worker, `then(result)` takes its result."""
        self.stop(kind)
        turn = self._starting.get(kind, 0) + 1
        self._starting[kind] = turn
        self._tell(kind, Progress(words=""))
        self._desk.call(begin, lambda run: self._begun(kind, turn, run, then), lambda error: self._broke(kind, error))

    def _begun(self, kind: str, turn: int, run: RunFolder, then: Callable[[dict[str, Any]], None]) -> None:
        if self._starting.get(kind) != turn:
            self._desk.call(lambda: _stop(run))
            return
        self._jobs[kind] = _Job(kind, run, then)
        self._timer.start()

    def running(self, kind: str) -> RunFolder | None:
        """The folder of a running job of a kind."""
        job = self._jobs.get(kind)
        return job.run if job else None

    def stop(self, kind: str) -> None:
        """Stop a job of a kind and forget it; harmless when there is none."""
        self._starting[kind] = self._starting.get(kind, 0) + 1
        job = self._jobs.pop(kind, None)
        if job:
            self._desk.call(lambda: _stop(job.run))
        if kind in self._shown:
            # Also where the worker has not begun yet: what was shown as under way must be seen to end.
            self._tell(kind, None)

    def _tell(self, kind: str, progress: Progress | None) -> None:
        (self._shown.discard if progress is None else self._shown.add)(kind)
        self.busy.emit(kind, progress)

    def stop_all(self) -> None:
        """Stop every job; when a project closes."""
        for kind in list(self._jobs):
            self.stop(kind)
        self._timer.stop()

    def _poll(self) -> None:
        if self._reading or not self._jobs:
            return
        jobs = list(self._jobs.values())
        self._reading = True
        self._desk.call(lambda: [(job, job.read()) for job in jobs], self._take, self._unreadable)

    def _unreadable(self, error: StudioError) -> None:
        self._reading = False
        self.failed.emit("", error)

    def _take(self, news: list[tuple[_Job, list[AnyEvent]]]) -> None:
        self._reading = False
        for job, events in news:
            if self._jobs.get(job.kind) is job:
                for event in events:
                    self._take_event(job, event)
        if not self._jobs:
            self._timer.stop()

    def _take_event(self, job: _Job, event: AnyEvent) -> None:
        match event:
            case Progressed():
                progress = Progress(
                    words=event.words, done=event.done, total=event.total, seconds_left=event.seconds_left
                )
                self._tell(job.kind, progress)
            case Sampled():
                self.said.emit(job.kind, event)
            case Finished() | Failed():
                self._end(job, event)
            case _:
                pass

    def _end(self, job: _Job, event: AnyEvent) -> None:
        self._jobs.pop(job.kind, None)
        self._tell(job.kind, None)
        try:
            result = result_of(event)
        except StudioError as error:
            if error.id != "stopped":
                self.failed.emit(job.kind, error)
            return
        job.then(result)

    def _broke(self, kind: str, error: StudioError) -> None:
        self._tell(kind, None)
        self.failed.emit(kind, error)


def _stop(run: RunFolder) -> None:
    if client.is_alive(run):
        run.command(Stop())
