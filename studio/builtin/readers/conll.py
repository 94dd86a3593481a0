"""CoNLL columns: one word per line with its tag last, sentences separated by blank lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from studio.api import Aside, NoSettings, Reader, ReadOptions, Record, Sniffed
from studio.builtin.readers.encodings import encoding_of, excerpt, lines_of, sample_of
from studio.builtin.readers.words import not_this_format

COMMENT = "-DOCSTART-"
_TAG = re.compile(r"O|[BIESLU]-\S+")
SURE_LINES = 0.9


class ConllReader(Reader[NoSettings]):
    """Reads word and tag columns; each sentence becomes one row with two lists."""

    id = "conll"
    title = "Words with tags (CoNLL)"
    term = "CoNLL columns"
    summary = "One word per line with its tag in the last column; a blank line ends a sentence."
    explanation = (
        "The usual form of texts with marked words: each line holds a word and, in its last column, O or the name of "
        "the mark it belongs to (B-name where it begins, I-name where it goes on). Each sentence becomes one row."
    )
    order = 35
    suffixes: ClassVar[tuple[str, ...]] = (".conll", ".bio", ".iob", ".conll2003")

    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        encoding = encoding_of(path, options.encoding)
        lines = [line.split() for line in sample_of(path, encoding) if line.strip() and not line.startswith(COMMENT)]
        good = sum(len(parts) >= 2 and bool(_TAG.fullmatch(parts[-1])) for parts in lines)
        if not lines or good < SURE_LINES * len(lines):
            raise not_this_format(path, "words with tags (CoNLL)")
        return Sniffed(self.id, encoding, columns=("words", "tags"))

    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        words: list[str] = []
        tags: list[str] = []
        began = 0
        for number, line in enumerate(lines_of(path, sniffed.encoding), start=1):
            parts = line.split()
            if not parts or parts[0] == COMMENT:
                if words:
                    yield _sentence(began, words, tags)
                    words, tags = [], []
            elif len(parts) < 2 or not _TAG.fullmatch(parts[-1]):
                yield Aside(number, "It holds no word with a tag.", excerpt(line))
            else:
                began = began if words else number
                words.append(parts[0])
                tags.append(parts[-1])
        if words:
            yield _sentence(began, words, tags)


def _sentence(number: int, words: list[str], tags: list[str]) -> Record:
    row = {"words": json.dumps(words, ensure_ascii=False), "tags": json.dumps(tags, ensure_ascii=False)}
    return Record(f"line {number}", row)
