"""Plain text becomes rows by paragraph or by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.builtin.readers import text
from tests.data.making import imported, rows_of, write


def texts(tmp_path: Path, content: str, **chosen: str) -> list[str]:
    return [row["text"] for row in rows_of(write(tmp_path / "a.txt", content), tmp_path / "data", **chosen)]


def test_paragraphs_are_separated_by_blank_lines(tmp_path: Path) -> None:
    content = "\n\nOne line\nand another\n  \n\n\nSecond\r\nparagraph\r\n\r\nThird"
    assert texts(tmp_path, content) == ["One line\nand another", "Second\nparagraph", "Third"]


def test_a_text_without_blank_lines_is_read_by_line(tmp_path: Path) -> None:
    assert texts(tmp_path, "One\nTwo\nThree\n") == ["One", "Two", "Three"]


def test_the_person_may_choose_lines(tmp_path: Path) -> None:
    assert texts(tmp_path, "One\nTwo\n\nThree\n", format="lines") == ["One", "Two", "Three"]


def test_rows_know_their_line(tmp_path: Path) -> None:
    from studio.data.pages import Pages

    done = imported(write(tmp_path / "a.txt", "One\n\n\nTwo\nmore\n"), tmp_path / "data")
    assert [row["_origin"] for row in Pages(done.path).rows(0, 9)] == ["line 1", "line 4"]


def test_a_paragraph_without_an_end_is_cut_into_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "PARAGRAPH_LIMIT", 100)
    content = "start\n\n" + "a line of text\n" * 50
    rows = texts(tmp_path, content)
    assert len(rows) > 5
    assert "\n".join(rows[1:]) == ("a line of text\n" * 50).rstrip("\n")


@pytest.mark.parametrize(
    ("content", "format"),
    [
        ("Just words\nin lines\n", "text"),
        ('{"q": "one"}\n{"q": "two"}\n', "jsonl"),
        ("q\ta\tb\n1\t2\t3\n4\t5\t6\n", "csv"),
        ("Well, this is text\nwith, commas\nin, it\n", "text"),
    ],
)
def test_a_txt_file_is_what_is_in_it(content: str, format: str, tmp_path: Path) -> None:
    assert imported(write(tmp_path / "a.txt", content), tmp_path / "data").report.format == format
