"""Starting a worker and finding it again: a detached child that outlives the window.

A worker is known by its pid and its start time, so that a reused pid is never taken for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import psutil

from studio.core.events import AnyEvent, Failed, Finished
from studio.core.paths import program_root
from studio.worker.run_folder import RunFolder, follow

PID_FILE = "worker.pid"


def start(run: RunFolder, environment: Mapping[str, str] | None = None) -> int:
    """Start a detached worker on a folder; returns its pid at once.

    Output goes to the folder's log, never to a pipe of the window: a worker whose output is a pipe dies with it.
    """
    command = [sys.executable, "-P", "-s", "-m", "studio.worker", str(run.paths.folder)]
    with run.paths.log.open("ab") as log:
        child = subprocess.Popen[bytes](
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=run.paths.folder,
            env=_environment(environment),
            **_detached(),
        )
    _remember(run, child.pid)
    _reap(child)
    return child.pid


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """The worker's environment: offline, quiet, and able to import the studio."""
    paths = [str(program_root()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        # Threads that wait by spinning make a computer that is also used for other things ten times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
        **(extra or {}),
    }


def _detached() -> dict[str, Any]:
    if os.name == "nt":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS  # type: ignore[attr-defined]
        return {"creationflags": flags | subprocess.BELOW_NORMAL_PRIORITY_CLASS}  # type: ignore[attr-defined]
    return {"start_new_session": True}


def _reap(child: subprocess.Popen[bytes]) -> None:
    """Wait for the child in a thread of its own, so that it never stays behind as a zombie."""
    threading.Thread(target=child.wait, name=f"worker-{child.pid}", daemon=True).start()


def _remember(run: RunFolder, pid: int) -> None:
    """Note the child before it can speak, so that a start is never taken for a death."""
    try:
        began = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        began = time.time()
    (run.paths.folder / PID_FILE).write_text(f"{pid} {began!r}")


def is_alive(run: RunFolder) -> bool:
    """Whether the folder's newest worker runs."""
    return process_of(run) is not None


def process_of(run: RunFolder) -> psutil.Process | None:
    """The folder's running worker, by pid and start time; None when there is none."""
    try:
        pid, began = (run.paths.folder / PID_FILE).read_text().split()
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(began)) < 2.0
        alive = same and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return process if alive else None


def events_until_end(run: RunFolder, poll: float = 0.1) -> Iterator[AnyEvent]:
    """Follow a worker from its first event to its last; a death without a word comes as Failed."""
    last: AnyEvent | None = None
    for event in follow(run, is_alive, poll):
        last = event
        yield event
    if not isinstance(last, Finished | Failed):
        yield died(run)


def died(run: RunFolder) -> Failed:
    """What a worker that ended without a word is told as, with the tail of its log."""
    return Failed(
        id="worker-died",
        happened="The work ended without saying why; the computer may have run out of memory.",
        data="Everything up to the last save point is safe.",
        remedy="Resume to go on from the last save point.",
        detail=run.log_tail(),
    )


def wait(run: RunFolder, poll: float = 0.1) -> Finished | Failed:
    """Wait until the worker has ended; how it ended."""
    for event in events_until_end(run, poll):
        if isinstance(event, Finished | Failed):
            end = event
    return end
