"""The values of a JSON list one after another, from a file of any size, in flat memory.

A scanner in the regular-expression engine finds where each value ends; each is parsed on its own.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from studio.builtin.readers.encodings import BLOCK, error_handling

VALUE_LIMIT = 1 << 26
"""Longest single value in bytes. A file whose brackets never close is refused at this size."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|([\[{])|([\]}])', re.DOTALL)
_FLAT_OBJECT = re.compile(rb'\{(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+\}', re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb'[^\s,\]}\[{"]++')
_PAIRS = {ord("["): ord("]"), ord("{"): ord("}")}


class BrokenJson(Exception):
    """The structure breaks off. `line` counts from 1; `what` ends a sentence that begins with the place."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class Value(NamedTuple):
    """One value as written, and the line it begins on."""

    line: int
    source: bytes


class _Window:
    """A part of the file in memory as UTF-8, from where reading stands onward. Knows the line it stands in."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._blocks = _utf8_blocks(path, encoding)
        self.buffer = b""
        self.place = 0
        self.line = 1

    def more(self) -> bool:
        """Read on; False at the end of the file. What lies behind `place` is forgotten.

        As much is read as is waiting already, so that a long value is not scanned over and over.
        """
        rest = self.buffer[self.place :]
        blocks = [rest]
        read = 0
        while read < max(1, len(rest)) and (block := next(self._blocks, b"")):
            blocks.append(block)
            read += len(block)
        self.buffer, self.place = b"".join(blocks), 0
        return read > 0

    def pass_to(self, end: int) -> None:
        """Move on to a place in the buffer."""
        self.line += self.buffer.count(b"\n", self.place, end)
        self.place = end

    def peek(self) -> int:
        """The next byte that is not white space, or -1 at the end of the file."""
        while True:
            match = _SPACE.match(self.buffer, self.place)
            assert match is not None
            self.pass_to(match.end())
            if self.place < len(self.buffer):
                return self.buffer[self.place]
            if not self.more():
                return -1


def _utf8_blocks(path: Path, encoding: str) -> Iterator[bytes]:
    """The file's text as UTF-8, block by block, without a byte-order mark."""
    decoder = codecs.getincrementaldecoder(encoding)(error_handling(encoding))
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield decoder.decode(block).encode("utf-8", errors="replace") or b" "
    yield decoder.decode(b"", final=True).encode("utf-8", errors="replace")


def first_byte(path: Path, encoding: str) -> int:
    """The first byte that is not white space; -1 when there is none."""
    return _Window(path, encoding).peek()


def values_of(path: Path, encoding: str) -> Iterator[Value]:
    """The values of the list that is the file's outermost value, or, without a list, values written one after another.

    Raises BrokenJson where the list's own structure is wrong; a value in it may still be broken in itself.
    """
    window = _Window(path, encoding)
    if window.peek() != ord("["):
        while window.peek() >= 0:
            yield _value(window)
        return
    window.pass_to(window.place + 1)
    if window.peek() != ord("]"):
        yield _value(window)
    while (byte := window.peek()) == ord(","):
        window.pass_to(window.place + 1)
        yield _value(window)
    if byte != ord("]"):
        raise BrokenJson(
            window.line, "the list is not closed." if byte < 0 else "a comma is missing before this value."
        )
    window.pass_to(window.place + 1)
    if window.peek() >= 0:
        raise BrokenJson(window.line, "something follows after the end of the list.")


def _value(window: _Window) -> Value:
    """The next value, brackets balanced."""
    byte = window.peek()
    line = window.line
    if byte < 0:
        raise BrokenJson(line, "the file ends where a value should stand.")
    while True:
        end = _end_of_value(window)
        if end is not None:
            break
        if len(window.buffer) > VALUE_LIMIT:
            raise BrokenJson(line, f"a value begins that is larger than {VALUE_LIMIT // 2**20} MB or never ends.")
        if not window.more():
            if byte in b'[{"':
                raise BrokenJson(line, "a value begins that never ends; a bracket or quotation mark is missing.")
            end = len(window.buffer)
            break
    if end == window.place:
        raise BrokenJson(line, "a value is missing.")
    source = window.buffer[window.place : end]
    window.pass_to(end)
    return Value(line, source)


def _end_of_value(window: _Window) -> int | None:
    """Where the value at the window's place ends; None when that can't be seen yet."""
    buffer, start = window.buffer, window.place
    if buffer[start] not in b'[{"':
        match = _SCALAR.match(buffer, start)
        end = match.end() if match else start
        return end if end < len(buffer) else None
    if flat := _FLAT_OBJECT.match(buffer, start):
        return flat.end()
    expected: list[int] = []
    for token in _TOKEN.finditer(buffer, start):
        byte = buffer[token.start()]
        if byte == ord('"'):
            if not token.group(1):
                return None
        elif closing := _PAIRS.get(byte):
            expected.append(closing)
        elif not expected or expected.pop() != byte:
            raise BrokenJson(_line_at(window, token.start()), "a bracket is closed that was not opened.")
        if not expected:
            return token.end()
    return None


def _line_at(window: _Window, place: int) -> int:
    return window.line + window.buffer.count(b"\n", window.place, place)
