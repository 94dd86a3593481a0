"""What the command line says and where: its answer on standard output, everything else on standard error."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

from studio.core.events import AnyEvent, Progressed, Warned
from studio.core.problem import StudioError

WIDTH = 100
QUIET_SECONDS = 15.0


@dataclass(frozen=True)
class Answer:
    """What a verb ends with: `fields` for programs, `sentences` for people. With an `error` it counts as told."""

    fields: dict[str, Any]
    sentences: tuple[str, ...] = ()
    error: StudioError | None = None
    printed: bool = False


@dataclass
class Console:
    """The two streams. `words` is redrawn in place on a terminal and spoken seldom elsewhere."""

    answers: TextIO
    words: TextIO
    _line: str = field(default="", init=False)
    _last: str = field(default="", init=False)
    _told: float = field(default=0.0, init=False)

    @property
    def redraws(self) -> bool:
        """Whether a person watches a line that can be drawn again."""
        return self.words.isatty()

    def say(self, sentence: str) -> None:
        """One line of words."""
        self.clear()
        self._write(self.words, sentence + "\n")

    def progress(self, sentence: str, *, important: bool = False) -> None:
        """How far it is: the same line again on a terminal, else a line now and then."""
        if self.redraws:
            shown = sentence[:WIDTH]
            self._write(self.words, "\r" + shown + " " * (len(self._line) - len(shown)))
            self._line = shown
            return
        now = time.monotonic()
        if sentence != self._last and (important or now - self._told >= QUIET_SECONDS):
            self._told, self._last = now, sentence
            self._write(self.words, sentence + "\n")

    def clear(self) -> None:
        """Wipe the line that is redrawn."""
        if self._line:
            self._write(self.words, "\r" + " " * len(self._line) + "\r")
            self._line = ""

    def job(self, event: AnyEvent) -> None:
        """What a short job says on its way."""
        if isinstance(event, Progressed) and event.words:
            share = f" ({event.done / event.total:.0%})" if event.total else ""
            self.progress(f"{event.words}{share}{left(event.seconds_left)}")
        elif isinstance(event, Warned):
            self.say(f"{event.sentence} {event.remedy}".strip())

    def line(self, text: str) -> None:
        """One line on standard output, at once."""
        self._write(self.answers, text + "\n")

    def answer(self, whole: dict[str, Any]) -> None:
        """The one JSON object on standard output."""
        self.line(json.dumps(measured(whole), ensure_ascii=False, allow_nan=False, default=str))

    def _write(self, stream: TextIO, text: str) -> None:
        stream.write(text)
        stream.flush()


def open_console() -> Console:
    """The process's own streams, in UTF-8; what can't be written is escaped rather than lost."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    return Console(sys.stdout, sys.stderr)


def let_go_of_output() -> None:
    """The reader of our output is gone: let what is still buffered go nowhere, so that Python ends in peace."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def measured(value: Any) -> Any:
    """The same value with null for every number that is none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): measured(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [measured(inner) for inner in value]
    return value


def left(seconds: float | None) -> str:
    """ "about 3 minutes left", as an ending of a progress line."""
    return f", about {duration(seconds)} left" if seconds is not None else ""


def duration(seconds: float) -> str:
    """Seconds in words, rounded up to what a person plans with."""
    if seconds < 90:
        count, unit = max(1, math.ceil(seconds)), "second"
    elif seconds < 5400:
        count, unit = math.ceil(seconds / 60), "minute"
    else:
        count, unit = math.ceil(seconds / 3600), "hour"
    return f"{count} {unit}{'s' if count != 1 else ''}"


def size(count: float) -> str:
    """Bytes in words."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count:.0f} bytes"


def figure(value: float | None) -> str:
    """A measured number for a sentence."""
    return "not measured" if value is None or not math.isfinite(value) else f"{value:,.3g}"
