"""JSON of every shape people have: read as rows, or told with the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio import plugins
from studio.api import Aside, ReadOptions, Record, StudioError
from studio.builtin.readers import json_values
from studio.builtin.readers.json_values import values_of
from tests.data.making import imported, jsonl, rows_of, write

JSON, JSONL = plugins.readers()["json"], plugins.readers()["jsonl"]
ROWS = [{"q": "Who?", "a": "Me"}, {"q": "Where?", "a": "Here"}]


def rows(tmp_path: Path, content: object, name: str = "a.json") -> list[dict[str, str]]:
    text = content if isinstance(content, str) else json.dumps(content)
    return rows_of(write(tmp_path / name, text), tmp_path / "data")


def failure(tmp_path: Path, content: str | bytes, name: str = "a.json") -> StudioError:
    with pytest.raises(StudioError) as error:
        imported(write(tmp_path / name, content), tmp_path / "data")
    assert error.value.data
    assert error.value.remedy
    return error.value


@pytest.mark.parametrize(
    "whole",
    [
        ROWS,
        {"data": ROWS},
        {"version": 1, "meta": [{"x": 1}], "inner": {"deeper": {"rows": ROWS}}},
        {"q": ["Who?", "Where?"], "a": ["Me", "Here"]},
        {"q": {"0": "Who?", "1": "Where?"}, "a": {"0": "Me", "1": "Here"}},
        {"first": ROWS[0], "second": ROWS[1]},
        "\n".join(json.dumps(row, indent=2) for row in ROWS),
        json.dumps(ROWS, indent=4).replace("\n", "\r\n"),
        "\ufeff" + json.dumps(ROWS),
    ],
    ids=["list", "in an object", "deep", "columns", "pandas", "named", "one after another", "windows", "marked"],
)
def test_the_records_are_found_wherever_they_stand(whole: object, tmp_path: Path) -> None:
    assert rows(tmp_path, whole) == ROWS


def test_one_record_alone_is_one_row(tmp_path: Path) -> None:
    assert rows(tmp_path, ROWS[0]) == [ROWS[0]]


def test_lines_of_json_in_a_file_called_json_are_read_by_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", "\n".join(map(json.dumps, ROWS)))
    assert imported(path, tmp_path / "data").report.format == "jsonl"


def test_cells_are_text_and_nested_values_json(tmp_path: Path) -> None:
    value = {"n": 1, "f": 1.5, "yes": True, "none": None, "list": [1, "ü"], "deep": {"a": [True]}, "": "x"}
    assert rows(tmp_path, [value]) == [
        {"n": "1", "f": "1.5", "yes": "true", "none": "", "list": '[1,"ü"]', "deep": '{"a":[true]}', "(no name)": "x"}
    ]


def test_long_numbers_keep_their_digits(tmp_path: Path) -> None:
    content = '[{"id": 12345678901234567890123, "small": 7, "half": 0.5}]'
    assert rows(tmp_path, content) == [{"id": "12345678901234567890123", "small": "7", "half": "0.5"}]


def test_a_column_that_comes_late_is_empty_before(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", [{"q": str(n)} for n in range(5000)] + [{"a": "late", "q": "x"}, {"b": "y"}])
    found = rows_of(path, tmp_path / "data")
    assert found[0] == {"q": "0", "a": "", "b": ""}
    assert found[-2:] == [{"q": "x", "a": "late", "b": ""}, {"q": "", "a": "", "b": "y"}]


def test_a_list_of_texts_and_a_list_of_lists_are_rows(tmp_path: Path) -> None:
    assert rows(tmp_path, ["one", "two"]) == [{"text": "one"}, {"text": "two"}]
    assert rows(tmp_path, [["q", 1], ["r", 2]], "b.json") == [
        {"column 1": "q", "column 2": "1"},
        {"column 1": "r", "column 2": "2"},
    ]


def test_bare_conversations_are_messages(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    (row,) = rows(tmp_path, [talk])
    assert json.loads(row["messages"]) == talk


def test_a_broken_line_of_many_is_set_aside_with_its_number(tmp_path: Path) -> None:
    lines = [json.dumps({"q": f"Question {n}", "a": "x"}) for n in range(10_000)]
    lines[2] = '{"q": "Question 2", "a": '
    done = imported(write(tmp_path / "a.jsonl", "\n".join(lines)), tmp_path / "data")
    assert (done.report.rows_read, done.report.rows_kept, done.report.rows_aside) == (10_000, 9_999, 1)
    (aside,) = done.aside()
    assert aside["line"] == 3
    assert aside["text"] == lines[2]


@pytest.mark.parametrize("line", ["nonsense", "[", "{}", "null", '"', "{'q': 1}", '{"q": "\\ud800"}', '{"a":1}{"a":2}'])
def test_lines_that_are_no_record_are_set_aside_with_a_reason(line: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", f'{{"q": "one"}}\n{line}\n\n{{"q": "two"}}\n')
    entries = list(JSONL.read(path, JSONL.sniff(path, ReadOptions())))
    assert [type(entry) for entry in entries] == [Record, Aside, Record]
    assert isinstance(entries[1], Aside)
    assert entries[1].line == 2


def test_a_record_with_not_a_number_reads_as_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"q": "Who?", "score": NaN}\n{"q": "NaN is a word", "score": -Infinity}\n')
    assert [row["score"] for row in rows_of(path, tmp_path / "data")] == ["", ""]


def test_a_record_broken_in_itself_leaves_the_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '[\n{"q": "one"},\n{"q": tru},\n{"q": "three"}\n]')
    done = imported(path, tmp_path / "data")
    assert done.report.rows_kept == 2
    assert done.aside()[0]["line"] == 3


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[\n{"q": 1}\n{"q": 2}\n]', 3),
        ('[\n{"q": 1},\n]', 3),
        ('[\n{"q": 1},\n,{"q": 2}]', 3),
        ('[{"q": 1}]\n\nx', 3),
        ('[{"q": 1},\n{"q": [1, 2}}]', 2),
        ('[{"q": 1},\n{"q": "never closed}]', 2),
        ('[{"q": 1}', 1),
        ('{"a": 1,\n "b": ,\n "c": 2}', 2),
    ],
)
def test_a_broken_structure_is_told_with_its_line(content: str, line: int, tmp_path: Path) -> None:
    error = failure(tmp_path, content)
    assert error.id == "broken-json"
    assert f"line {line} " in error.happened
    assert not list((tmp_path / "data").glob("*.parquet"))


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" + '{"a":' * 50_000 + "1" + "}" * 50_000 + "]",
        "nul",
        '["\x00"]',
        "[1e400]",
        "[\ufeff]",
        b'["\xe9\xa0"]',
        b"\xfe\xff",
        "[" + "1," * 30_000 + "1]",
        '{"a": "' + "\\" * 99_999,
    ],
    ids=lambda content: repr(content[:8]),
)
def test_nothing_crashes_or_hangs(content: str | bytes, tmp_path: Path) -> None:
    try:
        done = imported(write(tmp_path / "a.json", content), tmp_path / "data")
        assert done.report.rows_kept
    except StudioError as error:
        assert error.happened


def test_a_value_may_be_longer_than_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "BLOCK", 7)
    value = [{"q": 'a "quoted" \\ text]}', "n": [1, {"x": "é{["}]}, "plain", 12.5, [], {}, True]
    path = write(tmp_path / "a.json", json.dumps(value, indent=1, ensure_ascii=False))
    assert [json.loads(source) for _, source in values_of(path, "utf-8")] == value


def test_a_value_that_never_ends_is_refused_at_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "VALUE_LIMIT", 1 << 20)
    error = failure(tmp_path, '[{"q": "' + "x" * (5 << 20))
    assert "larger than 1 MB" in error.happened


def test_json_in_another_encoding_is_read(tmp_path: Path) -> None:
    for name in ("utf-16", "utf-16-le", "cp1252", "utf-8-sig"):
        path = write(tmp_path / f"{name}.json", json.dumps([{"q": "Größe – für"}] * 3, ensure_ascii=False), name)
        assert rows_of(path, tmp_path / name)[0] == {"q": "Größe – für"}
        path = write(tmp_path / f"{name}.jsonl", '{"q": "Größe – für"}\n' * 3, name)
        assert rows_of(path, tmp_path / name)[0] == {"q": "Größe – für"}


def test_an_object_with_the_rows_under_thousands_of_names_does_not_become_thousands_of_columns(tmp_path: Path) -> None:
    lines = [json.dumps({f"name {n}": "x"}) for n in range(3000)]
    assert failure(tmp_path, "\n".join(lines), "a.jsonl").id == "too-many-columns"
