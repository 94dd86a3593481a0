"""JSON files: a list of records, or an object that holds one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import orjson

from studio.api import Aside, NoSettings, Reader, ReadOptions, Record, Sniffed, StudioError
from studio.builtin.readers.encodings import encoding_of, error_handling, excerpt
from studio.builtin.readers.json_values import BrokenJson, first_byte, values_of
from studio.builtin.readers.values import NotARecord, as_row, as_text, parsed, place_in
from studio.builtin.readers.words import broken_json, not_this_format

OBJECT_LIMIT = 1 << 28
"""Largest file, in bytes, whose outermost value may be an object: it is read as a whole. Lists may be of any size."""
_LOOK = 200


class JsonReader(Reader[NoSettings]):
    """Reads JSON: a list of records as a stream; an object is searched for the largest list of records in it."""

    id = "json"
    title = "JSON"
    summary = "A list of records, or an object with such a list inside."
    explanation = (
        "A file that holds one list of records with named values. Where the list lies inside something else, the "
        "largest one found is taken. A record that is broken in itself is set aside; where the whole structure "
        "breaks off, the line is told."
    )
    order = 20
    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        encoding = encoding_of(path, options.encoding)
        if first_byte(path, encoding) not in (ord("["), ord("{")):
            raise not_this_format(path, "JSON with a list of records")
        found = self.read(path, Sniffed(self.id, encoding))
        rows = [entry.row for entry in islice(found, _LOOK) if isinstance(entry, Record)]
        return Sniffed(self.id, encoding, columns=tuple(dict.fromkeys(name for row in rows for name in row)))

    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        try:
            if first_byte(path, sniffed.encoding) == ord("[") or _several(path, sniffed.encoding):
                yield from _streamed(path, sniffed.encoding)
            else:
                yield from _from_object(path, sniffed.encoding)
        except BrokenJson as error:
            raise broken_json(path, error.line, error.what) from error


def _streamed(path: Path, encoding: str) -> Iterator[Record | Aside]:
    for number, (line, source) in enumerate(values_of(path, encoding), start=1):
        try:
            yield Record(f"record {number}", as_row(parsed(source), source))
        except orjson.JSONDecodeError as error:
            yield Aside(line, place_in(error), excerpt(source[:800].decode("utf-8", errors="replace")))
        except NotARecord as error:
            yield Aside(line, str(error), excerpt(source[:800].decode("utf-8", errors="replace")))
        except (ValueError, RecursionError):
            yield Aside(line, "It is nested too deeply or holds a value that no program reads alike.", "")


def _several(path: Path, encoding: str) -> bool:
    """Whether several objects stand one after another without a list around them."""
    try:
        return [source[:1] for _, source in islice(values_of(path, encoding), 2)] == [b"{", b"{"]
    except BrokenJson:
        return False


def _from_object(path: Path, encoding: str) -> Iterator[Record | Aside]:
    if path.stat().st_size > OBJECT_LIMIT:
        raise StudioError(
            "json-object-too-large",
            f"{path.name[:60]} is one JSON object of more than {OBJECT_LIMIT // 2**20} MB.",
            data="The file is unchanged; nothing was imported.",
            remedy="Save its list of records as a file of its own, best with one record per line (JSONL).",
        )
    text = path.read_bytes().decode(encoding, errors=error_handling(encoding))
    try:
        whole = parsed(text)
    except orjson.JSONDecodeError as error:
        raise BrokenJson(error.lineno, _lowered(place_in(error))) from error
    except (ValueError, RecursionError) as error:
        raise BrokenJson(1, "something is nested too deeply.") from error
    for number, value in enumerate(_records_in(whole), start=1):
        try:
            yield Record(f"record {number}", as_row(value))
        except NotARecord as error:
            yield Aside(number, str(error), excerpt(as_text(value)))


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _records_in(whole: dict[str, Any]) -> list[Any]:
    """The records of an object: its largest list of objects, a table written by columns or by row keys, or itself."""
    largest = _largest_list(whole)
    if largest:
        return largest
    values = list(whole.values())
    if values and all(isinstance(value, list) for value in values) and len({len(value) for value in values}) == 1:
        return [dict(zip(whole, cells, strict=True)) for cells in zip(*values, strict=True)]
    if len(values) > 1 and all(isinstance(value, dict) for value in values):
        return _from_keyed(whole)
    return [whole]


def _from_keyed(whole: dict[str, dict[str, Any]]) -> list[Any]:
    """Tables as pandas writes them: {column: {row: value}}; or records under names: {name: record}."""
    keys = [tuple(value) for value in whole.values()]
    if len(set(keys)) == 1 and all(key.isdigit() for key in keys[0]):
        return [{column: whole[column][row] for column in whole} for row in keys[0]]
    return list(whole.values())


def _largest_list(value: Any) -> list[Any]:
    """The longest list of objects anywhere outside other lists, the outermost first among equals."""
    best: list[Any] = []
    level = [value]
    while level:
        lists = [inner for each in level for inner in each.values() if isinstance(inner, list)]
        for inner in lists:
            if inner and isinstance(inner[0], dict) and len(inner) > len(best):
                best = inner
        level = [inner for each in level for inner in each.values() if isinstance(inner, dict)]
    return best
