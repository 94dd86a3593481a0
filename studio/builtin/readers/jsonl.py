"""One JSON record per line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import orjson

from studio.api import Aside, NoSettings, Reader, ReadOptions, Record, Sniffed
from studio.builtin.readers.encodings import encoding_of, excerpt, lines_of, sample_of, too_long, too_long_reason
from studio.builtin.readers.values import NotARecord, as_row, parsed, place_in
from studio.builtin.readers.words import not_this_format


class JsonLinesReader(Reader[NoSettings]):
    """Reads JSON lines. A broken line is set aside with its number; the lines after it are not touched by it."""

    id = "jsonl"
    title = "JSON, one record per line"
    term = "JSONL"
    summary = "Each line is one record in JSON."
    explanation = (
        "The usual form of training data: each line holds one example with named values. A line that is not whole "
        "JSON is set aside with its number and the reason."
    )
    order = 10
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", ".json", ".txt")

    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        encoding = encoding_of(path, options.encoding)
        lines = [line for line in sample_of(path, encoding) if line.strip()]
        rows = [found.row for line in lines[:200] if isinstance(found := _row(1, line), Record)]
        if not rows or not _line_by_line(lines, path.suffix.lower()):
            raise not_this_format(path, "JSON with one record per line")
        return Sniffed(self.id, encoding, columns=tuple(dict.fromkeys(name for row in rows for name in row)))

    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        for number, line in enumerate(lines_of(path, sniffed.encoding), start=1):
            if not line.isspace():
                yield _row(number, line)


def _line_by_line(lines: list[str], suffix: str) -> bool:
    """Whether lines are records: a file called .json (or .txt) is one only if its first two are whole objects."""
    if suffix in (".jsonl", ".ndjson"):
        return True
    whole = [isinstance(_row(1, line), Record) and line.lstrip().startswith("{") for line in lines[:2]]
    return len(whole) == 2 and all(whole)


def _row(number: int, line: str) -> Record | Aside:
    if too_long(line):
        return Aside(number, too_long_reason(), excerpt(line))
    try:
        return Record(f"line {number}", as_row(parsed(line.rstrip("\r\n")), line))
    except orjson.JSONDecodeError as error:
        return Aside(number, place_in(error), excerpt(line))
    except NotARecord as error:
        return Aside(number, str(error), excerpt(line))
    except (ValueError, RecursionError):
        return Aside(number, "It is nested too deeply or holds a value that no program reads alike.", excerpt(line))
