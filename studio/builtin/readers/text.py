"""Plain text: one example per paragraph, or one per line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from studio.api import Aside, NoSettings, Reader, ReadOptions, Record, Sniffed
from studio.builtin.readers.encodings import encoding_of, excerpt, lines_of, sample_of, too_long, too_long_reason
from studio.builtin.readers.words import not_this_format

PAGE = 4000
"""Characters that a page holds at most, unless a single paragraph is longer."""

PARAGRAPH_LIMIT = 1 << 20
"""Characters after which a paragraph without an end becomes a row of its own."""


class ParagraphsReader(Reader[NoSettings]):
    """Reads text in paragraphs separated by blank lines; a text without any is read line by line."""

    id = "text"
    title = "Text in paragraphs"
    summary = "Paragraphs separated by blank lines; each becomes one row."
    explanation = (
        "Running text, such as a book or a collection of notes. A blank line ends a paragraph, and each paragraph "
        "becomes one row in a column called text. Where there are no blank lines, each line becomes one."
    )
    order = 40
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text", ".md")

    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        return _sniffed(self.id, path, options)

    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        lines = lines_of(path, sniffed.encoding)
        return _paragraphs(lines) if _has_blank_lines(path, sniffed.encoding) else _single_lines(lines)


class PagesReader(Reader[NoSettings]):
    """Reads running text in pages: paragraphs in their order, as many as make a page."""

    id = "pages"
    title = "Running text, in pages"
    summary = "Paragraphs are kept together in pages of a few thousand characters; each page becomes one row."
    explanation = (
        "For books, reports and collections that the model is to read as a whole. Paragraphs stay in their order and "
        "are gathered into pages of about four thousand characters, never cut inside a paragraph, so that each row "
        "is a connected piece of text."
    )
    order = 45
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text", ".md")

    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        return _sniffed(self.id, path, options)

    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        gap = "\n\n" if _has_blank_lines(path, sniffed.encoding) else "\n"
        lines = lines_of(path, sniffed.encoding)
        page: list[Record] = []
        for entry in _paragraphs(lines) if gap == "\n\n" else _single_lines(lines):
            if not isinstance(entry, Record):
                yield entry
                continue
            if page and sum(len(part.row["text"]) for part in page) + len(entry.row["text"]) > PAGE:
                yield Record(page[0].origin, {"text": gap.join(part.row["text"] for part in page)})
                page = []
            page.append(entry)
        if page:
            yield Record(page[0].origin, {"text": gap.join(part.row["text"] for part in page)})


class LinesReader(Reader[NoSettings]):
    """Reads text with one example per line."""

    id = "lines"
    title = "Text, one row per line"
    summary = "Each line becomes one row."
    explanation = (
        "For lists of sentences: each line becomes one row in a column called text. Blank lines are passed over."
    )
    order = 50
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".text")

    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        return _sniffed(self.id, path, options)

    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        return _single_lines(lines_of(path, sniffed.encoding))


def _sniffed(format: str, path: Path, options: ReadOptions) -> Sniffed:
    encoding = encoding_of(path, options.encoding)
    if not any(line.strip() for line in sample_of(path, encoding)) and path.stat().st_size < 1 << 16:
        raise not_this_format(path, "text; it holds blank space only")
    return Sniffed(format, encoding, columns=("text",))


def _has_blank_lines(path: Path, encoding: str) -> bool:
    """Whether blank lines stand between the lines of text at the beginning of the file."""
    sample = [bool(line.strip()) for line in sample_of(path, encoding)]
    if True not in sample:
        return True
    first, last = sample.index(True), len(sample) - sample[::-1].index(True)
    return not all(sample[first:last])


def _single_lines(lines: Iterator[str]) -> Iterator[Record | Aside]:
    for number, line in enumerate(lines, start=1):
        if too_long(line):
            yield Aside(number, too_long_reason(), excerpt(line))
        elif (text := line.rstrip("\r\n")) and not text.isspace():
            yield Record(f"line {number}", {"text": text})


def _paragraphs(lines: Iterator[str]) -> Iterator[Record | Aside]:
    paragraph: list[str] = []
    began = size = 0
    for number, line in enumerate(lines, start=1):
        if too_long(line):
            yield Aside(number, too_long_reason(), excerpt(line))
            continue
        blank = not line or line.isspace()
        if paragraph and (blank or size > PARAGRAPH_LIMIT):
            yield _joined(began, paragraph)
            paragraph, size = [], 0
        if not blank:
            began = began if paragraph else number
            paragraph.append(line)
            size += len(line)
    if paragraph:
        yield _joined(began, paragraph)


def _joined(number: int, lines: list[str]) -> Record:
    return Record(f"line {number}", {"text": "".join(lines).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")})
