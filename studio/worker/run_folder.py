"""A run's folder: events written by the worker, commands written by the studio, both append-only.

Either side can die and come back. A line counts once its newline is on the disk; a torn last line is ignored by
readers and cut off by the next writer. Knows nothing of what the events mean.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter

from studio.core.config import RunConfig
from studio.core.events import COMMAND, EVENT, AnyCommand, AnyEvent, Command, Event, Failed, Finished, Started
from studio.core.files import write_whole
from studio.core.paths import RunPaths

E = TypeVar("E", bound=BaseModel)


class LineReader(Generic[E]):
    """Follows an append-only file of JSON lines: each `read` gives what is new and whole since the last."""

    def __init__(self, path: Path, adapter: TypeAdapter[Any], offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self._adapter = adapter

    def read(self) -> list[E]:
        """New whole lines. Empty when there are none, or no file yet."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                block = file.read()
        except FileNotFoundError:
            return []
        end = block.rfind(b"\n") + 1
        self.offset += end
        return [self._adapter.validate_json(line) for line in block[:end].splitlines() if line.strip()]


class LineWriter:
    """Appends JSON lines, numbered from 0. Cuts off a torn last line first, so that no half line is ever joined."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = _mend(path)
        self._file = path.open("ab", buffering=0)

    def append(self, message: Event | Command) -> int:
        """Write one line in a single call; returns its number."""
        number = self._next
        line = message.model_copy(update={"n": number, "time": message.time or time.time()}).model_dump_json()
        self._file.write(line.encode() + b"\n")
        self._next += 1
        return number

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        os.fsync(self._file.fileno())

    def __enter__(self) -> LineWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _mend(path: Path) -> int:
    """Cut a torn last line; returns how many whole lines there are."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        block = file.read()
        end = block.rfind(b"\n") + 1
        if end < len(block):
            file.truncate(end)
            os.fsync(file.fileno())
    return block[:end].count(b"\n")


class RunFolder:
    """One run or job on the disk. `task.json` says what to do, `run.json` (of a run) holds the RunConfig."""

    def __init__(self, folder: Path) -> None:
        self.paths = RunPaths(Path(folder))

    @classmethod
    def create(
        cls, folder: Path, task: str, arguments: dict[str, Any] | None = None, config: RunConfig | None = None
    ) -> RunFolder:
        """Make a new folder for a task. Raises FileExistsError when there is one."""
        folder.mkdir(parents=True, exist_ok=False)
        run = cls(folder)
        if config is not None:
            write_whole(run.paths.config, config.to_json().encode())
        run.set_task(task, arguments or {})
        return run

    def set_task(self, task: str, arguments: dict[str, Any]) -> None:
        """Say what the next worker of this folder does."""
        write_whole(self.paths.task, json.dumps({"task": task, "arguments": arguments}, ensure_ascii=False).encode())

    def task(self) -> tuple[str, dict[str, Any]]:
        """The task's name and its arguments."""
        whole = json.loads(self.paths.task.read_bytes())
        return whole["task"], whole["arguments"]

    def config(self) -> RunConfig:
        """The run's RunConfig."""
        return RunConfig.from_json(self.paths.config.read_bytes())

    def event_reader(self, offset: int = 0) -> LineReader[AnyEvent]:
        """Follow the events from the first, or from where an earlier reader's `offset` stood."""
        return LineReader(self.paths.events, EVENT, offset)

    def command_reader(self) -> LineReader[AnyCommand]:
        """Follow the commands from the first."""
        return LineReader(self.paths.commands, COMMAND)

    def events(self) -> list[AnyEvent]:
        """All whole events so far."""
        return self.event_reader().read()

    def command(self, command: Command) -> None:
        """Tell the worker something. Safe while the worker reads; one writer at a time."""
        with LineWriter(self.paths.commands) as writer:
            writer.append(command)
            writer.sync()

    def last_started(self) -> Started | None:
        """The newest worker's Started event: who it is and when it began."""
        return next((event for event in reversed(self.events()) if isinstance(event, Started)), None)

    def ended(self) -> Finished | Failed | None:
        """How the newest worker ended, by its own word; None when it did not say."""
        for event in reversed(self.events()):
            if isinstance(event, Finished | Failed):
                return event
            if isinstance(event, Started):
                return None
        return None

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the run's log."""
        try:
            with self.paths.log.open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - 200 * lines))
                return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def follow(run: RunFolder, is_alive: Callable[[RunFolder], bool], poll: float = 0.2) -> Iterator[AnyEvent]:
    """Every event from the first until the worker has ended; `is_alive(run)` tells whether a worker still runs."""
    reader = run.event_reader()
    while True:
        alive = is_alive(run)
        yield from reader.read()
        if not alive:
            return
        time.sleep(poll)
