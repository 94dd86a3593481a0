"""Asking the child that has loaded the plugins from outside, so that their code never runs in the window.

The child is started when there is something to ask, ends itself when nothing is asked for a moment, and is started
again; a source that makes it die or hang is left out the next time.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
from typing import IO, Any

from studio.core.paths import program_root
from studio.core.problem import StudioError

PATIENCE_SECONDS = 20.0
ATTEMPTS = 8
_CHILD = "studio.plugins.child"


class Asking:
    """One conversation with describing children, one after the other. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._left_out: list[str] = []
        atexit.register(self.close)

    def describe(self) -> dict[str, Any]:
        """Every plugin's description and the sources that are broken, `hung` among them by their stamps."""
        with self._lock:
            self._end()
            return {**self._begun(), "hung": list(self._left_out)}

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """An answer. Raises StudioError when the plugin fails."""
        with self._lock:
            for _ in range(2):
                # A child that has just ended of itself is met once.
                answer = self._asked(question)
                if answer is not None:
                    break
        if answer is None or "failed" in answer:
            raise plugin_failed(question["id"], (answer or {}).get("failed", "it ended without an answer"))
        return answer

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _asked(self, question: dict[str, Any]) -> dict[str, Any] | None:
        if self._child is None or self._child.poll() is not None:
            self._begun()
        assert self._child is not None and self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(question) + "\n")
            self._child.stdin.flush()
        except OSError:
            self._end()
            return None
        answer = self._line()
        if answer is None:
            self._end()
        return answer

    def _begun(self) -> dict[str, Any]:
        """Start a child and hear its descriptions. Raises StudioError when no child comes that far."""
        for _ in range(ATTEMPTS):
            self._start()
            loading = ""
            while (told := self._line()) is not None:
                if "plugins" in told:
                    return told
                loading = told["loading"]
            self._end()
            if not loading:
                break
            self._left_out.append(loading)
        raise plugin_failed("the plugins", "the process that describes them does not start")

    def _start(self) -> None:
        self._end()
        paths = [str(program_root()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", _CHILD, *self._left_out],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._lines = queue.Queue()
        assert self._child.stdout is not None
        threading.Thread(target=_hear, args=(self._child.stdout, self._lines), name="plugins", daemon=True).start()

    def _line(self) -> dict[str, Any] | None:
        """What the child says next; None when it ended, or said nothing for too long."""
        try:
            line = self._lines.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            return None
        return json.loads(line) if line else None

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass


def _hear(voice: IO[str], lines: queue.Queue[str]) -> None:
    try:
        for line in voice:
            lines.put(line)
    except ValueError:
        # The pipe was closed while this thread waited on it.
        pass
    lines.put("")


def plugin_failed(id: str, reason: str) -> StudioError:
    """The error for a plugin from outside that does not answer."""
    return StudioError(
        "plugin-failed",
        f"The plugin {id} failed: {reason}.",
        data="Your project is unchanged, and everything else goes on working.",
        remedy="Choose something else, or remove the plugin and start the program again.",
    )
