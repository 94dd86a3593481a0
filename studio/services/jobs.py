"""Short work in a child process: a job folder in the project, one task, its events until the end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from studio.core.events import AnyEvent, Failed, Finished, Stop
from studio.core.problem import StudioError
from studio.worker import client
from studio.worker.run_folder import RunFolder

KEPT = 20
RESERVE_BYTES = 3_000_000_000
"""Memory that must be free before a worker is kept waiting; it takes about half a billion itself."""


def start(jobs: Path, task: str, arguments: dict[str, Any]) -> RunFolder:
    """Start a task in a new folder below `jobs`. Older, ended jobs beyond the newest few are removed."""
    _tidy(jobs)
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{task}"
    number = 1
    while (jobs / f"{stem}-{number}").exists():
        number += 1
    run = RunFolder.create(jobs / f"{stem}-{number}", task, arguments)
    client.start(run)
    return run


def keep_ready(wanted: bool) -> None:
    """Keep a worker in reserve that has loaded what models need, while one is wanted and there is memory for it."""
    if wanted and psutil.virtual_memory().available > RESERVE_BYTES:
        client.RESERVE.fill()
    else:
        client.RESERVE.give_up()


def stop(run: RunFolder) -> None:
    """Ask the worker of a job to end."""
    run.command(Stop())


def wait(run: RunFolder, tell: Callable[[AnyEvent], None] | None = None) -> dict[str, Any]:
    """Wait for a job and return its result. Raises the StudioError that it failed with."""
    end: AnyEvent | None = None
    for event in client.events_until_end(run, poll=0.05):
        if tell:
            tell(event)
        end = event
    return result_of(end)


def result_of(end: AnyEvent | None) -> dict[str, Any]:
    """A finished job's result; raises StudioError when it failed or was stopped."""
    if isinstance(end, Failed):
        raise StudioError(end.id, end.happened, data=end.data, remedy=end.remedy)
    if not isinstance(end, Finished) or end.reason == "stopped":
        raise stopped()
    return end.result


def stopped() -> StudioError:
    """What a job that the person stopped ends with."""
    return StudioError("stopped", "Stopped.", data="Nothing was changed.", remedy="Start it again when you like.")


def _tidy(jobs: Path) -> None:
    jobs.mkdir(parents=True, exist_ok=True)
    old = sorted((path for path in jobs.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for folder in old[:-KEPT]:
        if not client.is_alive(RunFolder(folder)):
            shutil.rmtree(folder, ignore_errors=True)
