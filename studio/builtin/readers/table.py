"""Tables as text: comma, semicolon, tab or whatever else separates the cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from studio.api import Aside, NoSettings, Reader, ReadOptions, Record, Sniffed
from studio.builtin.readers.encodings import encoding_of, excerpt, lines_of, sample_of
from studio.builtin.readers.table_records import Cells, Dialect, records
from studio.builtin.readers.words import not_this_format

DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x01", "\x1f")
ONE_COLUMN = "\x1f"
"""The delimiter of a file with a single column: a character that does not occur in text."""
COLUMN_LIMIT = 1000
_CLEAR = 0.9

_KNOWN_HEADERS = frozenset(
    (
        *("id", "text", "label", "question", "answer", "prompt", "completion", "instruction", "input", "output"),
        *("response", "context", "category", "title", "name", "date", "type", "source", "messages", "system"),
        *("frage", "antwort", "pregunta", "respuesta", "réponse", "domanda", "risposta", "вопрос", "ответ", "问题"),
    )
)
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


class CsvReader(Reader[NoSettings]):
    """Reads delimited text. Rows with a wrong number of cells and broken quotation marks are set aside by line."""

    id = "csv"
    title = "Table as text"
    term = "CSV, TSV"
    summary = "One row per line, cells separated by commas, semicolons or tabs."
    explanation = (
        "What spreadsheets save as CSV or tab-separated text. The separator, the encoding and whether the first line "
        "holds names are found out and can be changed. A row with too many or too few cells is set aside with its "
        "line number; nothing is guessed."
    )
    order = 30
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".tab", ".psv", ".txt")

    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        encoding = encoding_of(path, options.encoding)
        told, lines = _told(sample_of(path, encoding))
        dialect = _dialect(lines, options.delimiter or told)
        rows = [found.cells for found in records(iter(lines), dialect, whole=False) if isinstance(found, Cells)]
        if not rows:
            raise not_this_format(path, "a table")
        if path.suffix.lower() == ".txt" and not (options.delimiter or _is_table(dialect, rows)):
            raise not_this_format(path, "a table")
        if len(rows[0]) > COLUMN_LIMIT:
            raise not_this_format(path, f"a table of at most {COLUMN_LIMIT:,} columns")
        header = _has_header(rows) if options.header is None else options.header
        columns = _names(rows[0]) if header else tuple(f"column {n}" for n in range(1, len(rows[0]) + 1))
        return Sniffed(self.id, encoding, dialect.delimiter, header, columns)

    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        told, sample = _told(sample_of(path, sniffed.encoding))
        dialect = _dialect(sample, sniffed.delimiter)
        width, columns = len(sniffed.columns), sniffed.columns
        before = bool(told) + sniffed.header
        for entry in records(lines_of(path, sniffed.encoding), dialect, width=width):
            if isinstance(entry, Aside):
                yield entry
            elif before:
                before -= 1
            elif len(entry.cells) == width or (len(entry.cells) > width and not any(entry.cells[width:])):
                yield Record(f"line {entry.line}", dict(zip(columns, entry.cells, strict=False)))
            else:
                text = excerpt(sniffed.delimiter.join(entry.cells))
                yield Aside(entry.line, _miscounted(len(entry.cells), width), text)


def _told(lines: list[str]) -> tuple[str, list[str]]:
    """The separator that a first line `sep=;` tells (Excel writes and reads it), and the lines after it."""
    if lines and (told := _SEPARATOR_LINE.fullmatch(lines[0])):
        return told.group(1), lines[1:]
    return "", lines


def _miscounted(cells: int, width: int) -> str:
    noun = "cell" if cells == 1 else "cells"
    return f"This row has {cells} {noun}, the table has {width} columns."


def _dialect(lines: list[str], delimiter: str) -> Dialect:
    """The dialect in which most rows of the sample have as many cells as the first; plain CSV wins ties, and where
    nothing fits well."""
    start = lines[0] if lines else ""
    best, best_share, best_width = Dialect(delimiter or ","), -1.0, 0
    for candidate in [delimiter] if delimiter else [each for each in DELIMITERS if each in start]:
        for style in _styles(candidate):
            share, width = _score(lines, style)
            if style != Dialect(candidate) and share < _CLEAR:
                continue
            if share > best_share + 0.005 or (share > best_share - 0.005 and width > best_width):
                best, best_share, best_width = style, share, width
    names = [cell.strip('" \r\n').lower() for cell in start.split(best.delimiter)]
    named = len(names) > 1 and not _KNOWN_HEADERS.isdisjoint(names)
    return best if delimiter or best_share >= 0.5 or named else Dialect(ONE_COLUMN)


def _styles(delimiter: str) -> Iterator[Dialect]:
    yield Dialect(delimiter)
    yield Dialect(delimiter, skip_spaces=True)
    yield Dialect(delimiter, escape="\\")
    yield Dialect(delimiter, quoted=False)


def _score(lines: list[str], dialect: Dialect) -> tuple[float, int]:
    """(share of records with as many cells as the first, number of cells). A run of broken lines counts once."""
    good = bad = width = broken = 0
    for found in records(iter(lines), dialect, whole=False):
        if isinstance(found, Cells):
            width = width or len(found.cells)
            good += len(found.cells) == width
            bad += len(found.cells) != width
        else:
            bad += found.line != broken + 1
            broken = found.line
    return (good / (good + bad) if good else 0.0), width


def _is_table(dialect: Dialect, rows: list[list[str]]) -> bool:
    """Whether a .txt file is a table: tabs (or another rare separator), the same number in at least three lines."""
    regular = len(rows) >= 3 and all(len(row) == len(rows[0]) for row in rows)
    return regular and len(rows[0]) > 1 and dialect.delimiter not in (",", ONE_COLUMN)


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row holds names: short, all different, no numbers or sentences, not met again below."""
    first = [cell.strip() for cell in rows[0]]
    named = [cell for cell in first if cell]
    if any(cell.lower() in _KNOWN_HEADERS for cell in named):
        return True
    if not named or len(set(first)) < len(first) or len(named) < len(first) - 1:
        return False
    if any(len(cell) > 60 or cell[-1] in ".?!:" or re.match(r"[-+(€$£]?\d", cell) for cell in named):
        return False
    below = [[cell.strip() for cell in row] for row in rows[1:200]]
    return not any(cell and cell in row[place : place + 1] for row in below for place, cell in enumerate(first))


def _names(cells: list[str]) -> tuple[str, ...]:
    """Column names that are there and differ from each other."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        plain = " ".join(cell.split()) or f"column {place}"
        name, again = plain, 2
        while name in names:
            name, again = f"{plain} ({again})", again + 1
        names.append(name)
    return tuple(names)
