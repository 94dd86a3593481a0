"""What plugins from outside have answered, remembered over program starts, so that a window opens without asking anew.

One line for each answer, under a hash of the question; a question names the state of the plugins' files, so what they
said before a change is never found again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

LARGEST = 4_000_000


class Answers:
    """Answers by question, in a file that grows; a damaged line is as good as none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, dict[str, Any]] | None = None

    def to(self, question: dict[str, Any], ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer, asked for only when it is not known. What is not whole (a broken plugin) is not kept on disk."""
        known = self._known if self._known is not None else self._read()
        key = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
        if key not in known:
            known[key] = ask()
            if not known[key].get("broken") and not known[key].get("hung"):
                self._append(key, known[key])
        return known[key]

    def forget(self) -> None:
        """Look at the file again the next time."""
        self._known = None

    def _read(self) -> dict[str, dict[str, Any]]:
        self._known = {}
        try:
            lines = self._file.read_bytes().splitlines() if self._file.stat().st_size < LARGEST else []
            if not lines:
                self._file.unlink()
        except OSError:
            return self._known
        for line in lines:
            try:
                key, answer = json.loads(line)
                self._known[key] = answer
            except (ValueError, TypeError):
                continue
        return self._known

    def _append(self, key: str, answer: dict[str, Any]) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab") as file:
                file.write(json.dumps([key, answer]).encode() + b"\n")
        except OSError:
            # A folder that may not be written to costs a moment at each start, no more.
            pass
