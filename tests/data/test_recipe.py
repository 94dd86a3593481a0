"""The recipe: every row that goes in comes out or is dropped with a reason, and each step is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest

from studio import plugins
from studio.api import Cleaner, Dropped, Kept, NoSettings
from studio.core.config import Step
from studio.core.problem import StudioError
from studio.core.registry import Registry
from studio.data.recipe import CHANGES_SHOWN, Entry, apply
from tests.data.making import steps


class Lines(list[dict[str, Any]]):
    """Lines written to a list."""

    def write(self, line: Mapping[str, Any]) -> None:
        self.append(dict(line))


def entries(*answers: str) -> Iterator[Entry]:
    return (Entry(f"id{n}", f"a.csv line {n}", {"prompt": f"q {n}", "answer": a}) for n, a in enumerate(answers))


def cooked(rows: Iterator[Entry], *recipe: Step, cleaners: Any = None) -> tuple[list[Entry], list[Any], Lines, Lines]:
    dropped, changed = Lines(), Lines()
    kept, tallies = apply(rows, recipe, cleaners or plugins.cleaners(), dropped, changed)
    return list(kept), [tally.report() for tally in tallies], dropped, changed


def test_each_step_is_counted_with_what_it_dropped_and_changed() -> None:
    kept, reports, dropped, changed = cooked(
        entries("one", " two ", "", "three", "x" * 50),
        *steps("trim", "drop-empty"),
        Step.model_validate({"id": "limit-length", "longest": 40}),
    )
    assert [entry.row["answer"] for entry in kept] == ["one", "two", "three"]
    assert [entry.id for entry in kept] == ["id0", "id1", "id3"]
    assert [(report.id, report.rows_in, report.rows_out, report.changed) for report in reports] == [
        ("trim", 5, 5, 1),
        ("drop-empty", 5, 4, 0),
        ("limit-length", 4, 3, 0),
    ]
    assert changed == [
        {"step": "trim", "origin": "a.csv line 1", "column": "answer", "before": " two ", "after": "two"}
    ]
    assert [(line["step"], line["reason"], line["origin"]) for line in dropped] == [
        ("drop-empty", "it has no answer", "a.csv line 2"),
        ("limit-length", "53 characters long", "a.csv line 4"),
    ]
    assert dropped[0]["row"] == {"prompt": "q 2", "answer": ""}


def test_a_step_that_is_off_does_nothing_and_is_counted() -> None:
    kept, reports, dropped, changed = cooked(entries(" a ", ""), *steps("trim", "drop-empty", on=False))
    assert [entry.row["answer"] for entry in kept] == [" a ", ""]
    assert [(report.on, report.rows_in, report.rows_out) for report in reports] == [(False, 2, 2), (False, 2, 2)]
    assert not dropped
    assert not changed


def test_the_order_of_the_steps_matters() -> None:
    assert len(cooked(entries("a", "a "), *steps("trim", "drop-duplicates"), Step(id="repair"))[0]) == 2
    same = (Entry(f"id{n}", "", {"prompt": "q", "answer": answer}) for n, answer in enumerate(("a", "a\u200b")))
    assert len(cooked(same, *steps("trim", "drop-duplicates"))[0]) == 1
    same = (Entry(f"id{n}", "", {"prompt": "q", "answer": answer}) for n, answer in enumerate(("a", "a\u200b")))
    assert len(cooked(same, *steps("drop-duplicates", "trim"))[0]) == 2


def test_only_the_first_changes_are_kept_to_show_but_all_are_counted() -> None:
    _, reports, _, changed = cooked(entries(*[" x "] * (CHANGES_SHOWN + 50)), Step(id="trim"))
    assert len(changed) == CHANGES_SHOWN
    assert reports[0].changed == CHANGES_SHOWN + 50


def test_no_rows_are_no_trouble() -> None:
    assert cooked(entries(), *steps("repair", "drop-duplicates"))[0] == []


def test_an_unknown_step_and_a_wrong_setting_are_refused_before_anything_is_read() -> None:
    def never() -> Iterator[Entry]:
        raise AssertionError("a row was read")
        yield

    for step, id in (
        (Step(id="nonsense"), "plugin-missing"),
        (Step.model_validate({"id": "limit-length", "longest": -1}), "bad-setting"),
        (Step.model_validate({"id": "trim", "nonsense": 1}), "unknown-setting"),
    ):
        with pytest.raises(StudioError) as error:
            cooked(never(), step)
        assert error.value.id == id


class Odd(Cleaner[NoSettings]):
    """A step somebody wrote in a hurry; `answers` is what it does with the rows."""

    id = "odd"
    title = "Odd step"

    def __init__(self, answers: Any) -> None:
        self.answers = answers

    def clean(
        self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: NoSettings
    ) -> Iterator[Kept | Dropped]:
        return self.answers(rows)


def fails(rows: Iterable[dict[str, str]]) -> Iterator[Kept]:
    for row in rows:
        yield Kept({"answer": row["nonsense"]})


def loses(rows: Iterable[dict[str, str]]) -> Iterator[Kept]:
    return (Kept(row) for number, row in enumerate(rows) if number % 2)


def invents(rows: Iterable[dict[str, str]]) -> Iterator[Kept]:
    for row in rows:
        yield Kept(row)
        yield Kept(row)


def gathers(rows: Iterable[dict[str, str]]) -> Iterator[Kept]:
    return iter([Kept(row) for row in rows])


@pytest.mark.parametrize("answers", [fails, loses, invents])
def test_a_step_that_breaks_is_named(answers: Any) -> None:
    with pytest.raises(StudioError) as error:
        cooked(entries("a", "b", "c"), Step(id="odd"), cleaners=Registry[Cleaner[Any]]("cleaner", [Odd(answers)]))
    assert error.value.id == "step-broke"
    assert "Odd step" in error.value.happened


def test_a_step_may_read_ahead() -> None:
    kept, reports, _, _ = cooked(
        entries("a", "b"), Step(id="odd"), cleaners=Registry[Cleaner[Any]]("cleaner", [Odd(gathers)])
    )
    assert [entry.id for entry in kept] == ["id0", "id1"]
    assert reports[0].changed == 0


class Stop(Exception):
    """The person stopped it."""


def test_a_stop_passes_through_the_steps_unchanged() -> None:
    def stopped() -> Iterator[Entry]:
        yield from entries("a", "b")
        raise Stop

    with pytest.raises(Stop):
        cooked(stopped(), *steps("trim", "drop-empty", "drop-duplicates"))


def test_every_row_is_kept_or_dropped_whatever_the_texts() -> None:
    texts = ["", " ", "a", "A", "cafÃ©", "x" * 30_000, "\x00", "N/A", "日本", "a"] * 20
    kept, reports, dropped, _ = cooked(entries(*texts), *steps("repair", "trim", "drop-empty", "drop-duplicates"))
    assert len(kept) + len(dropped) == len(texts)
    for before, after in pairwise(reports):
        assert before.rows_out == after.rows_in
