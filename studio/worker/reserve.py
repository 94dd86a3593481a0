"""Keeping a worker in reserve, so that a person who starts something does not wait for five seconds of imports."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from studio.worker.launching import launch

MODULE = "studio.worker.spare"


class Reserve:
    """At most one worker that waits (see `spare.py`). It ends with whoever keeps it, or when it is given up."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The worker that waits."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def fill(self) -> None:
        """Start a worker that waits, unless one does, or the last one ended by itself: then the next one would too
        (there may be no engine)."""
        if self._child is None:
            self._child = launch(MODULE, input=subprocess.PIPE)

    def take(self, folder: Path) -> int | None:
        """Give a folder to the worker that waits; its pid, or None where there is none. It may still be importing:
        it reads the name as soon as it can."""
        if self.pid is None:
            return None
        child, self._child = self._child, None
        assert child is not None and child.stdin is not None
        try:
            with child.stdin as pipe:
                pipe.write(json.dumps(str(folder.resolve())).encode() + b"\n")
        except OSError:
            return None
        return child.pid

    def give_up(self) -> None:
        """Let the worker that waits go; harmless when there is none."""
        child, self._child = self._child, None
        if child is not None and child.stdin is not None:
            child.stdin.close()
            child.terminate()
