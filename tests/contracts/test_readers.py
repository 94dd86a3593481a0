"""Every reader that ships keeps the contract, on files of its kind and on files that are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio import plugins
from studio.api import Reader
from studio.testing import check_plugin, check_reader, check_reader_declines

READERS = [pytest.param(reader, id=reader.id) for reader in plugins.readers()]

WHOLE = {
    "csv": ("a.csv", 'question,answer\n"Who, me?",Yes\nWhere?,"Here\nand there"\nbroken\n', 2, 1),
    "jsonl": ("a.jsonl", '{"q": "Who?", "n": 1}\n{"q": \n\n{"q": null, "deep": {"a": [1]}}\n', 2, 1),
    "json": ("a.json", '{"version": 1, "data": [{"q": "Who?"}, {"q": "Where?", "a": true}]}', 2, 0),
    "text": ("a.txt", "First line\nsame paragraph\n\n\nSecond paragraph\n", 2, 0),
    "pages": ("a.txt", "A short text.\n\n" + "A long paragraph. " * 230 + "\n\nThe end.\n", 3, 0),
    "conll": ("a.conll", "Take\tO\n5\tB-dose\nmg\tI-dose\n\nbroken\n" + "Daily\tO\n" * 9, 2, 1),
    "lines": ("a.txt", "First line\nSecond line\n\nThird line", 3, 0),
}
FOREIGN = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\n\n\n",
    b'"',
    b"[",
    b'{"a":',
    b"[[[[[" * 5000,
    b"\xff" * 4000,
    bytes(range(256)) * 40,
    b'a,b\n"' + b"x," * 3000,
    b"\r\r\r\n",
    b"\x00,\x00\n\x00,\x00",
    b'{"a": 1e999, "b": -0, "c": "\\ud800"}\n',
)


@pytest.mark.parametrize("reader", READERS)
def test_it_explains_itself(reader: Reader[Any]) -> None:
    check_plugin(reader)
    assert all(suffix.startswith(".") for suffix in reader.suffixes)


@pytest.mark.parametrize("reader", READERS)
def test_it_accounts_for_every_row_of_a_file_of_its_kind(reader: Reader[Any], tmp_path: Path) -> None:
    name, content, rows, aside = WHOLE[reader.id]
    file = tmp_path / name
    file.write_text(content, "utf-8")
    check_reader(reader, file, rows, aside)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("content", FOREIGN, ids=lambda content: repr(content[:12]))
@pytest.mark.parametrize("reader", READERS)
def test_it_declines_what_it_can_not_read_in_words(reader: Reader[Any], content: bytes, tmp_path: Path) -> None:
    file = tmp_path / f"strange{reader.suffixes[0]}"
    file.write_bytes(content)
    check_reader_declines(reader, file)
