"""The top bar's moving parts: the run in progress, memory, and what Offline means."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from studio.core.device import Device
from studio.core.events import AnyEvent, Stepped
from studio.core.run import RunSummary
from studio.ui.session import Session, State
from studio.ui.widgets.bars import TopBar
from studio.ui.widgets.labels import Label
from studio.ui.widgets.popover import Popover
from studio.ui.wording import count, memory_of, run_name, time_left, tr

_PILLS = {"waiting": "running", "running": "running", "paused": "paused", "failed": "failed"}


class Status(QObject):
    """Keeps the top bar in step with the session."""

    def __init__(self, bar: TopBar, session: Session) -> None:
        super().__init__(bar)
        self._bar, self._session = bar, session
        self._left: dict[str, float | None] = {}
        session.meters.connect(self.show_meters)
        session.events.connect(self._take_events)
        bar.offline_clicked.connect(self._explain_offline)

    def show_meters(self, devices: Sequence[Device]) -> None:
        """Memory in use: of the first card, and of the computer."""
        card = next((device for device in devices if device.kind == "cuda"), None)
        processor = next((device for device in devices if device.kind == "cpu"), None)
        for name, device in ((tr("Card"), card), (tr("Memory"), processor)):
            if device is None or not device.memory_bytes:
                self._bar.set_meter(name, None)
            else:
                used = device.memory_bytes - device.free_bytes
                self._bar.set_meter(name, used / device.memory_bytes, memory_of(used, device.memory_bytes))

    def _take_events(self, run: str, events: list[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, Stepped):
                self._left[run] = event.metrics.get("seconds_left")
        if self._session.state:
            self.show_run(self._session.state)

    def show_run(self, state: State | None) -> None:
        """The pill: shown while a run is under way, paused, or has failed."""
        run = next((one for one in state.facts.runs if one.state in _PILLS), None) if state else None
        newest = state.facts.runs[0] if state and state.facts.runs else None
        # A failed run is news only while nothing newer has been tried.
        if run is None or (run.state == "failed" and run is not newest):
            self._bar.set_run()
            return
        share = run.step / run.steps if run.steps else 0.0
        self._bar.set_run(self._words(run), share, _PILLS[run.state])

    def _words(self, run: RunSummary) -> str:
        if run.state == "failed":
            return tr("{run} · needs you", run=run_name(run.id))
        if run.state == "paused":
            return tr("{run} · paused", run=run_name(run.id))
        left = self._left.get(run.id)
        if left is not None:
            return f"{run_name(run.id)} · {time_left(left)}"
        if run.steps and run.step:
            return tr(
                "{run} · step {step} of {steps}", run=run_name(run.id), step=count(run.step), steps=count(run.steps)
            )
        return tr("{run} · starting", run=run_name(run.id))

    def _explain_offline(self) -> None:
        popover = Popover(tr("Nothing leaves this computer"), self._bar, width=330)
        for words in (
            tr("This version of the studio makes no connection at all: no account, no updates, nothing is counted."),
            tr("Models, examples and everything trained stay in your folders."),
        ):
            popover.body.addWidget(Label(words, "second", wrap=True))
        popover.open_at(self._bar.offline)
