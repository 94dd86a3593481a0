from __future__ import annotations

from datetime import datetime

import pytest

from studio.ui import wording

GB = 1024**3


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.count(4303), "4,303"),
        (wording.size(3.4e9), "3.4 GB"),
        (wording.size(74e6), "74 MB"),
        (wording.size(999.7e6), "1 GB"),
        (wording.size(0), "0 bytes"),
        (wording.memory(12 * GB), "12 GB"),
        (wording.memory_of(5.2 * GB, 12 * GB), "5.2 of 12 GB"),
        (wording.memory_of(26.8 * GB, 12 * GB), "26.8 of 12 GB"),
        (wording.memory_of(0.4 * GB, 12 * GB), "0.4 of 12 GB"),
        (wording.duration(0.2), "under a second"),
        (wording.duration(40), "40 s"),
        (wording.duration(59.7), "1 min"),
        (wording.duration(12 * 60), "12 min"),
        (wording.duration(4800), "1 h 20 min"),
        (wording.duration(3 * 86400), "3 days"),
        (wording.time_left(720), "12 min left"),
        (wording.time_left(None), "time not known yet"),
        (wording.percent(0.41), "41 %"),
        (wording.percent(0.012), "1.2 %"),
        (wording.percent(0.00002), "0.002 %"),
        (wording.percent(0), "0 %"),
        (wording.percent(-0.25), "−25 %"),
        (wording.percent(1), "100 %"),
        (wording.number(0.0002), "0.0002"),
        (wording.number(2.7183), "2.72"),
        (wording.number(1290), "1,290"),
        (wording.number(float("nan")), "–"),
        (wording.parameters(1.5e9), "1.5 B"),
        (wording.parameters(139e6), "139 M"),
        (wording.plural(1, "{n} row", "{n} rows"), "1 row"),
        (wording.plural(4303, "{n} row", "{n} rows"), "4,303 rows"),
        (wording.shortened("a\nb " * 40, 10), "a b a b a…"),
    ],
)
def test_numbers_are_said_as_people_read_them(said, expected):
    assert said == expected


def test_needs_are_rounded_up_and_what_is_free_is_rounded_down():
    assert wording.memory(3.41 * GB, "up") == "3.5 GB"
    assert wording.memory(3.49 * GB, "down") == "3.4 GB"
    assert wording.size(3.4e9, "up") == "3.4 GB"


def test_what_does_not_fit_never_reads_as_if_it_did():
    assert wording.memory_of(12.01 * GB, 12 * GB) == "12.1 of 12 GB"


def test_filled_in_data_is_never_read_as_a_place_to_fill():
    assert wording.tr("Row of {file}", file="{n}.csv") == "Row of {n}.csv"
    assert wording.tr("100 {braces} stay where nothing is filled in") == "100 {braces} stay where nothing is filled in"


def test_moments_are_said_from_now_on_backwards():
    now = datetime(2025, 6, 3, 15, 0)
    assert wording.when(datetime(2025, 6, 3, 14, 59, 30), now) == "now"
    assert wording.when(datetime(2025, 6, 3, 14, 40), now) == "20 min ago"
    assert wording.when(datetime(2025, 6, 3, 9, 15), now) == "today 09:15"
    assert wording.when(datetime(2025, 6, 2, 23, 0), now) == "yesterday"
    assert wording.when(datetime(2025, 3, 1), now) == "1 March"
    assert wording.when(datetime(2024, 3, 1), now) == "1 March 2024"
