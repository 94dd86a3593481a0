"""A lock that the system drops when its holder dies, with the holder's name beside it."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import IO

if os.name == "nt":
    import msvcrt
else:
    import fcntl


class FolderLock:
    """An exclusive lock on a file. `held` tells whether this process has it; `holder()` says who does otherwise."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.held = False
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Try to take the lock without waiting. A folder that can't be written raises OSError."""
        if self.held:
            return True
        self._file = self.path.open("a+b")
        self.held = _try_lock(self._file)
        if self.held:
            self._write_holder()
        else:
            self._file.close()
        return self.held

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._file and self.held:
            self._file.close()
        self.held = False

    def holder(self) -> str:
        """Who holds it: process number and computer, as they wrote it; empty when unknown."""
        try:
            with self.path.open("rb") as file:
                return file.read().decode(errors="replace")[1:].strip()
        except OSError:
            return ""

    def _write_holder(self) -> None:
        """The first byte is what is locked (Windows locks ranges); the name stands behind it."""
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"#{os.getpid()} on {socket.gethostname()}".encode())
        self._file.flush()

    def __enter__(self) -> FolderLock:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if os.name == "nt":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
