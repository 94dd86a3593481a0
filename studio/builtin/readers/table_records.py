"""Records of a delimited file, with line numbers, that survive sloppy quotation marks.

A cell in quotation marks may span lines. When its closing mark is missing, a plain CSV parser swallows what follows,
without an error. Here the lines of a record are remembered until it is known to be right; if it is not, its first line
is mended or set aside and the lines after it are read again.
"""

from __future__ import annotations

import csv
import sys
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from studio.api import Aside
from studio.builtin.readers.encodings import LINE_LIMIT, excerpt, too_long, too_long_reason

SPAN_LINES = 50_000
SPAN_CHARACTERS = LINE_LIMIT
NARROW_LINES = 64
PATIENCE = 8
EVIDENCE_LINES = 200
UNCLOSED = "A quotation mark is opened here and never closed."
MISPLACED = "A quotation mark stands in the wrong place."


class Dialect(NamedTuple):
    """How cells are separated and quoted. `escape` is a character that makes the next one plain."""

    delimiter: str
    quoted: bool = True
    skip_spaces: bool = False
    escape: str | None = None

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The csv module's reader for this dialect; strict, so that a misplaced mark is an error."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            skipinitialspace=self.skip_spaces,
            escapechar=self.escape,
            strict=True,
        )


class Cells(NamedTuple):
    """A record and the line it begins on, counted from 1."""

    line: int
    cells: list[str]


class _Runaway(Exception):
    """A record spans more than any real one would."""


class _Feed:
    """Hands lines to the parser and remembers those of the record that is not finished yet."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.first = 1
        self.span = SPAN_LINES
        self._size = 0
        self.ended = False
        self.unclosed = False
        self._failures = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= self.span or self._size > SPAN_CHARACTERS:
            raise _Runaway
        if self._again:
            line = self._again.popleft()
        else:
            line = next(self._lines, "")
            if not line:
                self.ended = True
                raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        return line

    def finish(self) -> int:
        """The record is right: forget its lines; returns the line it began on."""
        first = self.first
        self.first += len(self.taken)
        self.taken.clear()
        self._size = 0
        return first

    def give_back(self) -> tuple[int, str]:
        """The record is wrong: its first line with its number; the others will be read again.

        After several failures records may span less, so that a file full of stray marks is not read over and over.
        """
        number, line = self.first, self.taken[0]
        self._again.extendleft(reversed(self.taken[1:]))
        self.taken.clear()
        self._size = 0
        self.first += 1
        self.ended = False
        self._failures += 1
        if self._failures >= PATIENCE:
            self.span = NARROW_LINES
        return number, line


def records(lines: Iterator[str], dialect: Dialect, *, width: int = 0, whole: bool = True) -> Iterator[Cells | Aside]:
    """Every record in order; blank lines are passed over. `width` is the number of cells that a record should have
    (0: as many as the first). `whole` is False for a sample, which may end inside a record."""
    csv.field_size_limit(min(sys.maxsize, 2 * LINE_LIMIT))
    feed = _Feed(lines)
    while True:
        try:
            for cells in dialect.reader(feed):
                if len(feed.taken) > 1 and width and len(cells) != width:
                    break
                width = width or len(cells)
                yield from _right(feed, cells, width)
            else:
                return
        except (csv.Error, _Runaway):
            if feed.ended and not whole:
                return
        yield from _wrong(feed, dialect, width)


def _right(feed: _Feed, cells: list[str], width: int) -> Iterator[Cells | Aside]:
    """A record that was read to its end; nothing for a blank line.

    After a line whose cell was not closed, the line that closes it may look like a row; it is none.
    """
    last = feed.taken[-1]
    closes = feed.unclosed and len(feed.taken) == 1 and last.count('"') % 2
    number = feed.finish()
    if too_long(last):
        yield Aside(number, too_long_reason(), excerpt(last))
    elif closes:
        yield Aside(number, MISPLACED, excerpt(last))
        feed.unclosed = False
    elif cells:
        yield Cells(number, cells)
        feed.unclosed = feed.unclosed and len(cells) != width


def _wrong(feed: _Feed, dialect: Dialect, width: int) -> Iterator[Cells | Aside]:
    """A record that can't be right. Its first line is mended or set aside. The lines that it swallowed are read again
    where they look like rows; where they do not, they belong to it and are set aside with it."""
    taken = feed.taken
    if len(taken) > 1 and not _look_like_rows(taken[1:], dialect, width):
        number = feed.first
        reason = f"This line belongs to a broken row that begins in line {number:,}."
        for place, line in enumerate(taken):
            yield Aside(number + place, reason if place else UNCLOSED, excerpt(line))
        feed.finish()
        return
    swallowed = len(taken) > 1
    number, line = feed.give_back()
    if too_long(line):
        yield Aside(number, too_long_reason(), excerpt(line))
    elif mended := _mended(line, dialect):
        yield Cells(number, mended)
    else:
        feed.unclosed = swallowed or line.count('"') % 2 == 1
        yield Aside(number, UNCLOSED if feed.unclosed else MISPLACED, excerpt(line))


def _look_like_rows(lines: list[str], dialect: Dialect, width: int) -> bool:
    """Whether most of these lines are rows by themselves."""
    looked_at = [line for line in lines[:EVIDENCE_LINES] if not line.isspace()]
    return 2 * sum(_is_row(line, dialect, width) for line in looked_at) >= len(looked_at)


def _is_row(line: str, dialect: Dialect, width: int) -> bool:
    try:
        cells = next(dialect.reader(iter([line])), [])
    except csv.Error:
        cells = _mended(line, dialect) or []
    return len(cells) == width > 0


def _mended(line: str, dialect: Dialect) -> list[str] | None:
    """The cells of one line whose inner quotation marks are not doubled, or None when a cell stays open.

    A mark closes a cell only where a delimiter or the end follows: `"He said "yes" to me",5` has two cells.
    """
    line = line.rstrip("\r\n")
    cells: list[str] = []
    place = 0
    while True:
        if line.startswith('"', place):
            end = _closing(line, place + 1, dialect.delimiter)
            if end is None:
                return None
            cells.append(line[place + 1 : end].replace('""', '"'))
            place = line.find(dialect.delimiter, end)
        else:
            end = line.find(dialect.delimiter, place)
            cells.append(line[place:] if end < 0 else line[place:end])
            place = end
        if place < 0:
            return cells
        place += len(dialect.delimiter)


def _closing(line: str, start: int, delimiter: str) -> int | None:
    """Where the mark stands that closes a cell begun before `start`: the first one before a delimiter or the end."""
    end = line.find('"', start)
    while end >= 0:
        rest = line[end + 1 :].lstrip(" ") if len(line) - end < 64 else line[end + 1 : end + 64].lstrip(" ")
        if not rest or rest.startswith(delimiter):
            return end
        end = line.find('"', end + (2 if line.startswith('""', end) else 1))
    return None
