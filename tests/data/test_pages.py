"""Rows by their numbers: the right ones, anywhere in the file, and found by their words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.core.problem import StudioError
from studio.data import pages
from studio.data.pages import Pages
from tests.data.making import imported, jsonl, questions


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """10,000 questions."""
    return imported(jsonl(tmp_path / "a.jsonl", questions(10_000)), tmp_path / "data").path


def test_any_page_can_be_read(data: Path) -> None:
    reading = Pages(data)
    assert reading.count == 10_000
    assert reading.columns == ("question", "answer", "_origin")
    for start in (0, 4090, 4096, 8191, 9995):
        rows = reading.rows(start, 10)
        assert [row["_origin"] for row in rows] == [f"line {n + 1}" for n in range(start, min(start + 10, 10_000))]
    assert reading.rows(20_000, 5) == []
    assert reading.rows(-5, 5) == []
    assert [row["_origin"] for row in reading.at([9999, 0])] == ["line 10000", "line 1"]


def test_a_page_may_span_the_whole_file(data: Path) -> None:
    assert len(Pages(data).rows(0, 10_000)) == 10_000


def test_only_a_few_row_groups_are_kept(data: Path) -> None:
    reading = Pages(data)
    for start in range(0, 10_000, 100):
        reading.rows(start, 1)
    assert len(reading._groups) <= pages._KEPT_GROUPS


def test_words_are_found_whatever_their_capitals(data: Path) -> None:
    assert list(Pages(data).search("ROOM 9999?")) == [9999]
    assert len(list(Pages(data).search("room 99"))) == 111
    assert list(Pages(data).search("line 7")) == []
    assert list(Pages(data).search("line 10000", ["_origin"])) == [9999]
    assert list(Pages(data).search("(*.")) == []
    assert pages.find(data, "room 4242 shows") == [4242]
    assert len(pages.find(data, "a")) == pages.FOUND_LIMIT


def test_letters_beyond_ascii_are_found(tmp_path: Path) -> None:
    data = imported(jsonl(tmp_path / "a.jsonl", [{"q": "GRÖSSE"}, {"q": "日本"}, {"q": "привет"}]), tmp_path / "d").path
    assert pages.find(data, "größe".replace("ß", "ss")) == [0]
    assert pages.find(data, "本") == [1]
    assert pages.find(data, "ПРИВЕТ") == [2]


def test_a_search_can_be_stopped(data: Path) -> None:
    asked = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 1

    assert max(Pages(data).search("room", stopped=stopped)) == 4095


def test_several_threads_may_read_at_once(data: Path) -> None:
    reading = Pages(data)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda start: reading.rows(start, 3), range(0, 9000, 300)))
    assert [rows[0]["_origin"] for rows in found] == [f"line {start + 1}" for start in range(0, 9000, 300)]


def test_a_file_that_is_gone_or_damaged_is_told(data: Path, tmp_path: Path) -> None:
    reading = Pages(data)
    assert len(pages.rows(data, 0, 3)) == 3
    data.unlink()
    with pytest.raises(StudioError) as error:
        reading.rows(0, 1)
    assert error.value.id == "data-gone"
    with pytest.raises(StudioError):
        pages.rows(data, 0, 1)
    data.write_bytes(b"PAR1 nonsense")
    with pytest.raises(StudioError):
        Pages(data)
