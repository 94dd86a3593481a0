"""Every way a verb can end badly, as the three parts a person reads. What we have no words for is our bug."""

from __future__ import annotations

import os
import sqlite3
import time
import traceback
from pathlib import Path

from studio.core.paths import user_folder
from studio.core.problem import StudioError
from studio.worker.failures import system_words

UNCHANGED = "What was saved before is unchanged."


class UsageError(Exception):
    """The command was not understood; `sentence` says which part, `remedy` how it is written."""

    def __init__(self, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy

    def told(self) -> StudioError:
        """As the error with the id "usage"."""
        return StudioError("usage", self.sentence, data="Nothing was done.", remedy=self.remedy)


def told(error: Exception, command: list[str]) -> StudioError:
    """The error in words: the world's fault in its own sentence, anything else as our bug, kept in a log."""
    if isinstance(error, StudioError):
        return error
    if isinstance(error, OSError) and (words := system_words(error)):
        id, happened, remedy = words
        place = f" ({error.filename})" if error.filename else ""
        return StudioError(id, happened.rstrip(".") + f"{place}.", data=UNCHANGED, remedy=remedy)
    if isinstance(error, OSError) and error.filename and error.strerror:
        return StudioError(
            "not-usable",
            f"{error.filename} can't be used: {error.strerror[:1].lower()}{error.strerror[1:]}.",
            data=UNCHANGED,
            remedy="Check the path and what lies there, then try again.",
        )
    if isinstance(error, sqlite3.Error) and (fault := _database_words(str(error))):
        return fault
    return _bug(error, command)


def _database_words(message: str) -> StudioError | None:
    if "full" in message:
        return StudioError(
            "disk-full", "The disk is full.", data=UNCHANGED, remedy="Free some space on this disk and try again."
        )
    if "readonly" in message or "unable to open" in message:
        return StudioError(
            "not-writable",
            "The project's folder may not be written to.",
            data=UNCHANGED,
            remedy="Copy the project to a folder of your own and use the copy.",
        )
    if "locked" in message:
        return StudioError(
            "project-busy",
            "Another program is writing to the project at this moment.",
            data=UNCHANGED,
            remedy="Try again in a moment.",
        )
    return None


def _bug(error: Exception, command: list[str]) -> StudioError:
    kept = _keep(error, command)
    return StudioError(
        "bug",
        "Something went wrong inside the program. This is our fault, not yours.",
        data=UNCHANGED,
        remedy=f"Try it again. If it happens twice, send us this report: {kept}." if kept else "Try it again.",
    )


def _keep(error: Exception, command: list[str]) -> Path | None:
    """Write the details to the person's log folder; None where that is not possible. What a person typed after an
    option stays out, so that the report holds no text of theirs."""
    words = [word.partition("=")[0] for word in command[1:] if word.startswith("--")]
    head = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join([*command[:1], *words])}\n"
    try:
        folder = user_folder() / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"command-line-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        path.write_text(head + "".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    return path
