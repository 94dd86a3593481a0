"""The sample has exactly the flaws that it says it has, and its script writes the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import defaultdict
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from resources.make import flaws, sample

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "museum-help-desk"

Row = tuple[str, str, str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with (SAMPLE / "visitor-questions.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        assert tuple(next(reader)) == sample.COLUMNS
        return [(row[0], row[1], row[2], row[3]) for row in reader]


@pytest.fixture(scope="module")
def noted() -> dict[str, list[int]]:
    content = json.loads((SAMPLE / "flaws.json").read_text("utf-8"))
    assert all(entry["count"] == len(entry["rows"]) for entry in content["flaws"].values())
    return {flaw: entry["rows"] for flaw, entry in content["flaws"].items()}


def numbers(rows: list[Row], pattern: str) -> list[int]:
    return [number for number, row in enumerate(rows, 1) if re.search(pattern, f"{row[2]}\n{row[3]}")]


def test_the_script_composes_the_shipped_files_byte_for_byte(tmp_path):
    sample.write_sample(tmp_path)
    for name in ("visitor-questions.csv", "flaws.json", "README.md"):
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_composing_twice_gives_the_same_sample():
    first, second = (hashlib.sha256(sample.as_csv(sample.compose()).encode()).hexdigest() for _ in range(2))
    assert first == second


def test_the_sample_has_between_600_and_1500_rows(rows):
    assert 600 <= len(rows) <= 1500


def test_no_row_has_two_planted_flaws(noted):
    planted = [number for found in noted.values() for number in found]
    assert len(planted) == len(set(planted))


def test_as_many_rows_as_planned_get_each_flaw(noted):
    for flaw, amount in flaws.AMOUNTS.items():
        assert len(noted[flaw]) == amount, flaw


def test_exact_duplicates_are_where_they_are_noted(rows, noted):
    places: dict[Row, list[int]] = defaultdict(list)
    for number, row in enumerate(rows, 1):
        places[row].append(number)
    groups = [numbers for numbers in places.values() if len(numbers) > 1]
    assert sum(len(group) - 1 for group in groups) == len(noted["exact duplicate"])
    assert all(sum(number in noted["exact duplicate"] for number in group) == len(group) - 1 for group in groups)


def test_near_duplicates_resemble_another_row_with_the_same_answer(rows, noted):
    by_answer: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows, 1):
        by_answer[row[3]].append(number)
    for number in noted["near duplicate"]:
        question = rows[number - 1][2]
        others = [rows[other - 1][2] for other in by_answer[rows[number - 1][3]] if other != number]
        assert question not in others
        likeness = max(SequenceMatcher(None, question.lower(), other.lower()).ratio() for other in others)
        assert likeness > 0.6, question


def test_empty_answers_are_where_they_are_noted(rows, noted):
    assert [number for number, row in enumerate(rows, 1) if not row[3].strip()] == noted["empty answer"]


def test_addresses_and_numbers_are_where_they_are_noted_and_belong_to_nobody(rows, noted):
    assert numbers(rows, r"\S+@\S+\.\w+") == noted["e-mail address"]
    assert numbers(rows, r"\b0\d{4} \d{6}\b") == noted["telephone number"]
    text = " ".join(f"{row[2]} {row[3]}" for row in rows)
    assert all(host.endswith(".example") for host in re.findall(r"@([\w.-]*\w)", text))
    # The ranges that Britain keeps for fiction.
    assert all(re.match(r"01632 960|07700 900", number) for number in re.findall(r"\b0\d{4} \d{6}\b", text))


def test_broken_characters_are_where_they_are_noted(rows, noted):
    assert numbers(rows, "â€|Ã.|Â.|Å.|Ä.") == noted["broken characters"]


def test_stray_white_space_is_where_it_is_noted(rows, noted):
    untidy = [
        number
        for number, row in enumerate(rows, 1)
        if row[3].strip() and any(text != re.sub(r"\s+", " ", text).strip() for text in row[2:])
    ]
    assert untidy == noted["stray white space"]


def test_contradictions_are_where_they_are_noted(rows, noted):
    answers: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        answers[row[2]].add(row[3])
    contradicted = {question for question, told in answers.items() if len(told) > 1}
    assert [number for number, row in enumerate(rows, 1) if row[2] in contradicted] == noted["contradiction"]


def test_one_row_is_far_too_long(rows, noted):
    assert [number for number, row in enumerate(rows, 1) if len(row[3]) > 3000] == noted["too long"]


def test_a_few_rows_are_in_another_language(rows, noted):
    assert numbers(rows, "Guten Tag|Bonjour") == noted["other language"]
