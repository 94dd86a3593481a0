"""Who works in a folder, and whether they still do.

A worker on this computer is known by its pid and its start time, so that a reused pid is never taken for it. One on
another computer, which a scheduler or torchrun started there, can't be looked at: it renews the time of its file every
few seconds instead, which everybody sees who sees the folder.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from studio.core.files import write_whole
from studio.worker.run_folder import RunFolder

PID_FILE = "worker.pid"
BEAT = 10.0
LOST_AFTER = 180.0
"""Seconds without a beat after which a worker elsewhere counts as dead; clocks of two computers may differ a little."""


def remember(run: RunFolder, pid: int) -> None:
    """Note who works in a folder from now on."""
    try:
        began = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        began = time.time()
    write_whole(_file(run), f"{pid} {began!r} {socket.gethostname()}".encode())


def begun(run: RunFolder) -> bool:
    """Whether a worker was ever started in a folder; one made for a scheduler waits for its first."""
    spoken = run.paths.events.exists() and run.paths.events.stat().st_size > 0
    return spoken or _file(run).exists()


def is_alive(run: RunFolder) -> bool:
    """Whether the folder's newest worker runs, here or elsewhere."""
    try:
        _, _, host = _read(run)
        if host not in ("", socket.gethostname()):
            return time.time() - _file(run).stat().st_mtime < LOST_AFTER
    except (OSError, ValueError):
        return False
    return process_of(run) is not None


def process_of(run: RunFolder) -> psutil.Process | None:
    """The folder's worker that runs on this computer; None when there is none."""
    try:
        pid, began, _ = _read(run)
        process = psutil.Process(pid)
        same = abs(process.create_time() - began) < 2.0
        alive = same and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return process if alive else None


class Pulse:
    """Tells others that this process works in a folder, until it has done so."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        if not self._is_noted():
            # On a full disk the work itself says so, in words.
            with suppress(OSError):
                remember(self._run, os.getpid())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        with suppress(OSError):
            # Nobody elsewhere needs to wait for a beat that won't come.
            os.utime(_file(self._run), (0, 0))

    def _is_noted(self) -> bool:
        """Whether whoever started this process has noted it already."""
        try:
            pid, _, host = _read(self._run)
        except (OSError, ValueError):
            return False
        return pid == os.getpid() and host in ("", socket.gethostname())

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(OSError):
                os.utime(_file(self._run))


def _file(run: RunFolder) -> Path:
    return run.paths.folder / PID_FILE


def _read(run: RunFolder) -> tuple[int, float, str]:
    """(pid, when it began, on which computer); none is named in files of earlier versions."""
    pid, began, *host = _file(run).read_text(encoding="utf-8").split()
    return int(pid), float(began), host[0] if host else ""
