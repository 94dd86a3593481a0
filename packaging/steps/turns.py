"""One set-up at a time: a lock that the system lets go of when its holders end, however they end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from steps.places import NOTES
from steps.stages import say

PATIENCE_S = 0.3


@contextmanager
def my_turn(name: str) -> Iterator[int]:
    """Wait until no other command of this checkout is setting up, and keep others waiting meanwhile.

    Gives the lock's file descriptor: a child that inherits it keeps the lock should this process be killed.
    """
    NOTES.mkdir(exist_ok=True)
    with (NOTES / f"{name}.lock").open("a+b") as file:
        if not _take(file):
            say("Another command is setting up this folder; this one goes on when it has finished.")
            while not _take(file):
                time.sleep(PATIENCE_S)
        yield file.fileno()


def _take(file: IO[bytes]) -> bool:
    """Closing the file gives it back."""
    file.seek(0)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
