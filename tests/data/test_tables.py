"""Tables as text: whatever separates and quotes the cells, every row of the file is kept or set aside by its line."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest

from studio import plugins
from studio.api import Aside, ReadOptions, Record
from tests.data.making import write

CSV = plugins.readers()["csv"]


def read(path: Path, **options: object) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """(cells of each row, line and reason of each aside)."""
    sniffed = CSV.sniff(path, ReadOptions(**options))  # type: ignore[arg-type]
    entries = list(CSV.read(path, sniffed))
    rows = [[*entry.row.values()] for entry in entries if isinstance(entry, Record)]
    return rows, [(entry.line, entry.reason) for entry in entries if isinstance(entry, Aside)]


def rows_of(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> list[list[str]]:
    rows, aside = read(write(tmp_path / name, content))
    assert aside == []
    return rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "\x1f"])
def test_the_separator_is_found_out(delimiter: str, tmp_path: Path) -> None:
    lines = [
        delimiter.join(cells) for cells in (("id", "question", "answer"), ("1", "Who?", "Me"), ("2", "Where", "x"))
    ]
    assert rows_of(tmp_path, "\n".join(lines)) == [["1", "Who?", "Me"], ["2", "Where", "x"]]


def test_a_comma_inside_texts_is_not_taken_for_the_separator(tmp_path: Path) -> None:
    content = "question;answer\nWho, when, where?;He, she\nWhy?;Because, well\n"
    assert rows_of(tmp_path, content) == [["Who, when, where?", "He, she"], ["Why?", "Because, well"]]


def test_a_first_line_that_tells_the_separator_is_believed(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "sep=;\nquestion;answer\nWho?;Me\n") == [["Who?", "Me"]]


def test_a_single_column_may_hold_commas(tmp_path: Path) -> None:
    content = "text\nOne, two, three\nFour\n5, 6\n"
    assert rows_of(tmp_path, content) == [["One, two, three"], ["Four"], ["5, 6"]]


def test_cells_in_quotation_marks_may_hold_lines_marks_and_separators(tmp_path: Path) -> None:
    content = 'q,a\r\n"one\r\ntwo","say ""hi"", please"\r\n"",x\r\n'
    assert rows_of(tmp_path, content) == [["one\r\ntwo", 'say "hi", please'], ["", "x"]]


def test_a_cell_may_be_a_document_of_many_lines(tmp_path: Path) -> None:
    document = "\n".join(f"Line {n} of the contract, with a comma" for n in range(3000))
    assert rows_of(tmp_path, f'q,a\nfirst,"{document}"\nsecond,short\n') == [["first", document], ["second", "short"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_like(end: str, tmp_path: Path) -> None:
    assert rows_of(tmp_path, end.join(["q,a", "1,2", "", "3,4"])) == [["1", "2"], ["3", "4"]]


def test_rows_with_a_wrong_number_of_cells_are_set_aside_by_line(tmp_path: Path) -> None:
    rows, aside = read(write(tmp_path / "a.csv", "q,a\n1,2\n3\n4,5,6\n7,8\n9,10,,\n"))
    assert rows == [["1", "2"], ["7", "8"], ["9", "10"]]
    assert aside == [
        (3, "This row has 1 cell, the table has 2 columns."),
        (4, "This row has 3 cells, the table has 2 columns."),
    ]


def test_a_missing_quotation_mark_costs_one_line_and_not_the_rest(tmp_path: Path) -> None:
    lines = [f'{n},"Question {n}","Answer {n}, really"' for n in range(5000)]
    lines[10] = '10,"Question 10,"Answer 10"'
    lines[2000] = '2000,Question 2000,"Answer 2000'
    rows, aside = read(write(tmp_path / "a.csv", "\n".join(["id,q,a", *lines])))
    assert len(rows) == 4998
    assert [line for line, _ in aside] == [12, 2002]
    assert rows[10] == ["11", "Question 11", "Answer 11, really"]


def test_a_mark_that_is_never_closed_in_a_plain_file_costs_one_line(tmp_path: Path) -> None:
    lines = ["q,a", *(f"Question {n},Answer {n}" for n in range(5000))]
    lines[1] = '"Question 0,Answer 0'
    rows, aside = read(write(tmp_path / "a.csv", "\n".join(lines)))
    assert len(rows) == 4999
    assert aside == [(2, "A quotation mark is opened here and never closed.")]


def test_a_file_full_of_stray_marks_is_read_quickly(tmp_path: Path) -> None:
    good = ["q,a", *(f"Question {n},Answer {n}" for n in range(20_000))]
    stray = [f'"Question {n},Answer {n} with no end' if n % 2 else f"Question {n},Answer" for n in range(20_000)]
    rows, aside = read(write(tmp_path / "a.csv", "\n".join([*good, *stray])))
    assert (len(rows), len(aside)) == (30_000, 10_000)


def test_a_broken_row_of_many_lines_does_not_become_rows_of_its_own(tmp_path: Path) -> None:
    contract = "\n".join(f'Clause {n} says "what it says" to everybody' for n in range(30))
    rows, aside = read(write(tmp_path / "a.csv", f'question,answer\nfirst,second\n"{contract}",x\nthird,fourth\n'))
    assert rows == [["first", "second"], ["third", "fourth"]]
    assert [line for line, _ in aside] == list(range(3, 33))


def test_marks_inside_a_cell_that_are_not_doubled_are_understood(tmp_path: Path) -> None:
    rows, aside = read(write(tmp_path / "a.csv", 'q,a\n"He said "yes" to me",5\n"plain" ,6\n'))
    assert rows == [['He said "yes" to me', "5"], ["plain", "6"]]
    assert aside == []


def test_marks_mean_nothing_in_a_table_that_does_not_use_them(tmp_path: Path) -> None:
    content = 'label\ttext\nNo\t"Customer may end this\nYes\t5" pipe\nNo\t"A" and "B\nYes\tplain\n'
    assert rows_of(tmp_path, content, "a.tsv") == [
        ["No", '"Customer may end this'],
        ["Yes", '5" pipe'],
        ["No", '"A" and "B'],
        ["Yes", "plain"],
    ]


def test_marks_after_a_backslash_are_understood_where_the_file_writes_them_so(tmp_path: Path) -> None:
    content = 'q,a\n"say \\"hi\\", now",1\n"\\"all\\"",2\n'
    assert rows_of(tmp_path, content) == [['say "hi", now', "1"], ['"all"', "2"]]


def test_a_space_before_a_quotation_mark_is_passed_over(tmp_path: Path) -> None:
    assert rows_of(tmp_path, 'q, a\n"one, two", "three, four"\n') == [["one, two", "three, four"]]


def test_zero_bytes_do_not_end_the_reading(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"q,a\n1\x00,2\n3,4\x00\n") == [["1\x00", "2"], ["3", "4\x00"]]


@pytest.mark.parametrize(
    ("first", "header"),
    [
        ("question,answer", True),
        ("frage,antwort", True),
        ("Bird,Location", True),
        ("What is it?,A bird", False),
        ("12,Hello", False),
        ("yes,no", False),
        ("A thing that happened on a long winter day in the year of the great snow,b", False),
    ],
)
def test_a_first_line_of_names_is_told_from_a_row(first: str, header: bool, tmp_path: Path) -> None:
    rows, _ = read(write(tmp_path / "a.csv", f"{first}\nyes,x\nno,y\nyes,no\n"))
    assert len(rows) == (3 if header else 4)


def test_the_person_may_say_otherwise(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "question;answer\n1;2\n")
    assert read(path, header=False)[0] == [["question", "answer"], ["1", "2"]]
    assert read(path, delimiter=",")[0] == [["1;2"]]


def test_names_are_there_and_differ(tmp_path: Path) -> None:
    sniffed = CSV.sniff(write(tmp_path / "a.csv", ",text,text, text \n1,2,3,4\n"), ReadOptions())
    assert sniffed.columns == ("column 1", "text", "text (2)", "text (3)")


def test_what_a_table_program_writes_is_read_back_cell_by_cell(tmp_path: Path) -> None:
    chance = random.Random(7)
    alphabet = [*"abc ,;\"'\t|é日\\", "\n", "\r\n", '""', ",,"]
    for number in range(150):
        width = chance.randint(2, 5)
        delimiter = chance.choice(",;\t|")
        table = [["".join(chance.choices(alphabet, k=chance.randint(0, 12))) for _ in range(width)] for _ in range(9)]
        table = [row for row in table if any(row)]
        text = io.StringIO(newline="")
        names = [f"name {place}" for place in range(width)]
        csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([names, *table])
        path = write(tmp_path / f"{number}.csv", text.getvalue())
        assert read(path, delimiter=delimiter, header=True) == (table, []), text.getvalue()


@pytest.mark.timeout(60)
def test_every_line_of_a_broken_file_is_a_row_or_set_aside(tmp_path: Path) -> None:
    chance = random.Random(11)
    for number in range(200):
        pieces = chance.choices(["a", '"', ",", '""', "x y", "é", "\x00", ";", "'"], k=400)
        lines = "".join(pieces[place] + ("\n" if chance.random() < 0.1 else "") for place in range(400))
        path = write(tmp_path / f"{number}.csv", "q,a\n" + lines)
        sniffed = CSV.sniff(path, ReadOptions(delimiter=",", header=True))
        lost = [line for line in lines.splitlines() if line]
        for entry in CSV.read(path, sniffed):
            spanned = 1 + sum(cell.count("\n") for cell in entry.row.values()) if isinstance(entry, Record) else 1
            del lost[:spanned]
        assert lost == []
