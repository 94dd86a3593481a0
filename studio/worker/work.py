"""What a task holds in its hands: its arguments, a voice for events, an ear for commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.core.config import RunConfig
from studio.core.events import AnyCommand, AnyEvent, Progressed, Started, Stop, Warned
from studio.worker.run_folder import LineWriter, RunFolder

TELL_EVERY = 0.1


class Stopped(Exception):
    """The person stopped the work. Raised by `Work.progress` and `Work.check` in tasks without their own loop."""


class Work:
    """One task being done in its folder. The only writer of its events."""

    def __init__(self, run: RunFolder, task: str, arguments: dict[str, Any], writer: LineWriter) -> None:
        self.run = run
        self.task = task
        self.arguments = arguments
        self._writer = writer
        self._commands = run.command_reader()
        self._unheard = _meant_for(run, self._commands.read())
        self._began = time.monotonic()
        self._told = 0.0

    @property
    def folder(self) -> Path:
        """The folder of the run or job."""
        return self.run.paths.folder

    def config(self) -> RunConfig:
        """The run's RunConfig."""
        return self.run.config()

    def say(self, event: AnyEvent) -> None:
        """Append one event. Events that a crash must not lose are made durable by `sync`."""
        self._writer.append(event)

    def sync(self) -> None:
        """Make all events so far survive a power cut."""
        self._writer.sync()

    def started(self, *, step: int = 0, steps: int = 0, device: str = "", **facts: Any) -> None:
        """Say that the work goes on from here (a resumed run says it again)."""
        self.say(started_event(self.task, step=step, steps=steps, device=device, facts=facts))

    def warn(self, id: str, sentence: str, remedy: str = "") -> None:
        """Tell something the person should know."""
        self.say(Warned(id=id, sentence=sentence, remedy=remedy))

    def commands(self) -> list[AnyCommand]:
        """What the studio said since the last call; at first also what it said while this worker was starting."""
        unheard, self._unheard = self._unheard, []
        return [*unheard, *self._commands.read()]

    def check(self) -> None:
        """Raise Stopped when the person stopped the work. What else was said waits for `commands`."""
        self._unheard = self.commands()
        if any(isinstance(command, Stop) for command in self._unheard):
            raise Stopped

    def progress(self, done: float, total: float = 0.0, words: str = "") -> None:
        """Say how far the work is, at most ten times a second, and stop when told to."""
        now = time.monotonic()
        if now - self._told < TELL_EVERY and done < total:
            return
        self._told = now
        self.check()
        left = (now - self._began) / done * (total - done) if done and total else None
        self.say(Progressed(done=done, total=total, words=words, seconds_left=left))


def _meant_for(run: RunFolder, commands: list[AnyCommand]) -> list[AnyCommand]:
    """Those of a folder's commands that were given after its present task was set; older ones had another worker."""
    set_at = run.paths.task.stat().st_mtime if run.paths.task.exists() else 0.0
    return [command for command in commands if command.time >= set_at]


def started_event(task: str, *, step: int, steps: int, device: str, facts: dict[str, Any]) -> Started:
    """The Started event of this very process."""
    import os

    import psutil

    process = psutil.Process(os.getpid())
    return Started(
        pid=process.pid,
        process_started=process.create_time(),
        task=task,
        step=step,
        steps=steps,
        device=device,
        facts=facts,
    )


Task = Callable[[Work], dict[str, Any]]
"""A task does its work and returns its result, which stands in the Finished event."""
