"""White space: trimmed at the ends, runs of it made single, lines ended alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from studio.api import Cleaner, Dropped, Kept, Settings, setting
from studio.builtin.conversations import with_each_text

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SPACES = re.compile(r"[^\S\n]+")
_INNER_SPACES = re.compile(r"(?<=\S)[^\S\n]+(?=\S)")
_TRAILING = re.compile(r"[^\S\n]+(?=\n|$)")
_LEADING = re.compile(r"(?<=\n)[^\S\n]+")
_MANY_BLANK_LINES = re.compile(r"\n{3,}")
_UNTIDY = re.compile(r"[^\S \n]|  | \n|\n |\n{3}|\A[\s\u200b\u2060\ufeff\xad]|[\s\u200b\u2060\ufeff\xad]\Z")
"""What this step could change; most texts hold none of it and are passed on at once."""
_INVISIBLE = "\u200b\u2060\ufeff\u00ad"


class TrimSettings(Settings):
    """How far white space is put in order."""

    spaces: bool = setting(
        True,
        "Make runs of spaces single",
        help="Several spaces or tabs inside a line become one. Paragraphs stay as they are.",
        level="basic",
    )
    indentation: bool = setting(
        False,
        "Keep the space at the beginning of lines",
        term="indentation",
        help="For program code, tables and poems, where the beginning of a line means something.",
        level="basic",
    )


class Trim(Cleaner[TrimSettings]):
    """Puts white space in order; drops nothing."""

    id = "trim"
    title = "Tidy white space"
    summary = "Trims both ends, makes runs of spaces single, and ends all lines alike."
    explanation = (
        "Texts from web pages and old systems carry spaces, tabs and line ends that mean nothing. A model would "
        "learn them as if they did. Paragraphs are kept; more than one blank line becomes one."
    )
    order = 20
    Settings = TrimSettings

    def clean(
        self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: TrimSettings
    ) -> Iterator[Kept | Dropped]:
        tidy = _tidier(settings)
        used = [(column, role) for column, role in roles.items() if role]
        for row in rows:
            for column, role in used:
                cell = row.get(column, "")
                if cell:
                    row[column] = with_each_text(cell, role, tidy)
            yield Kept(row)


def _tidier(settings: TrimSettings) -> Callable[[str], str]:
    def tidy(text: str) -> str:
        if not _UNTIDY.search(text):
            return text
        text = _LINE_ENDS.sub("\n", text)
        if settings.spaces and not settings.indentation:
            text = _SPACES.sub(" ", text).replace(" \n", "\n").replace("\n ", "\n")
        elif settings.spaces:
            text = _TRAILING.sub("", _INNER_SPACES.sub(" ", text))
        else:
            text = _TRAILING.sub("", text)
            text = text if settings.indentation else _LEADING.sub("", text)
        text = _MANY_BLANK_LINES.sub("\n\n", text)
        return text.strip("\n").rstrip() if settings.indentation else _stripped(text)

    return tidy


def _stripped(text: str) -> str:
    """Without white space, or signs that can't be seen, at the ends."""
    before = None
    while before != text:
        before = text
        text = text.strip().strip(_INVISIBLE)
    return text
