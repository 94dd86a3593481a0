"""Preparing: from imports to examples, each with a stable id, in splits that do not leak."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from studio import plugins
from studio.core.config import DataSection, RunConfig, SplitSettings, Step
from studio.core.problem import StudioError
from studio.data import preparation, splits
from studio.data.pages import Pages
from studio.data.preparation import Prepared, check_splits, objective_settings, prepared_hash
from studio.data.reports import beside, read_lines, read_prepared
from studio.data.staging import StagedTable
from tests.data.making import config_for, imported, jsonl, questions, steps, write

ROLES = {"question": "prompt", "answer": "answer"}


def prepare(folder: Path, config: RunConfig, **more: Any) -> Prepared:
    objective = plugins.objectives()[config.objective.id]
    return preparation.prepare(folder, config, objective, plugins.cleaners(), **more)


def rows_of(prepared: Prepared) -> list[dict[str, str]]:
    return Pages(prepared.path).rows(0, 1_000_000)


@pytest.fixture
def visitors(tmp_path: Path) -> str:
    """100 questions with some flaws, imported into tmp_path/data; the hash."""
    flawed = [
        {"question": "", "answer": "x"},
        {"question": "What is in room 3?", "answer": "Room 3 shows 4 paintings."},
        {"question": "what is  in room 4 ?", "answer": "Another answer"},
        {"question": "Mended?", "answer": "cafÃ©"},
    ]
    return imported(jsonl(tmp_path / "visitor.jsonl", questions(100) + flawed), tmp_path / "data").hash


def test_examples_are_cleaned_divided_and_reported(visitors: str, tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "data", config_for(visitors, roles=ROLES))
    report = json.loads(prepared.path.with_suffix(".json").read_text())
    assert [(step["id"], step["rows_in"], step["rows_out"], step["changed"]) for step in report["steps"]] == [
        ("repair", 104, 104, 1),
        ("trim", 104, 104, 1),
        ("drop-empty", 104, 103, 0),
        ("drop-duplicates", 103, 102, 0),
        ("limit-length", 102, 102, 0),
    ]
    assert report["rows"] == 102
    assert report["leaks"] == 0
    assert report["questions"] == 101
    assert report["tokens"] is None
    assert report["teach_nothing"] is None
    assert sum(report["splits"].values()) == 102
    assert Counter(row["split"] for row in rows_of(prepared)) == report["splits"]


def test_an_example_has_an_id_its_origin_and_a_column_per_role(visitors: str, tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "data", config_for(visitors, roles=ROLES))
    rows = rows_of(prepared)
    assert [*rows[0]] == ["id", "split", "origin", "prompt", "answer"]
    assert rows[0]["origin"] == "visitor.jsonl line 1"
    assert rows[0]["prompt"] == "What is in room 0?"
    assert len({row["id"] for row in rows}) == len(rows)
    assert rows[-1]["answer"] == "café"


def test_the_same_question_never_stands_on_two_sides(visitors: str, tmp_path: Path) -> None:
    rows = rows_of(prepare(tmp_path / "data", config_for(visitors, roles=ROLES)))
    sides = {row["split"] for row in rows if splits.normalised(row["prompt"]) == "what is in room 4"}
    assert len(sides) == 1


def test_what_was_dropped_and_changed_can_be_seen(visitors: str, tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "data", config_for(visitors, roles=ROLES))
    dropped = read_lines(beside(prepared.path, "dropped"))
    assert [(line["step"], line["origin"], line["reason"]) for line in dropped] == [
        ("drop-empty", "visitor.jsonl line 101", "it has no question"),
        ("drop-duplicates", "visitor.jsonl line 102", "the same as an earlier example"),
    ]
    changed = read_lines(beside(prepared.path, "changed"))
    assert [line["step"] for line in changed] == ["trim", "repair"]
    assert changed[1] == {
        "step": "repair",
        "origin": "visitor.jsonl line 104",
        "column": "answer",
        "before": "cafÃ©",
        "after": "café",
    }


def test_the_same_choices_find_the_same_examples_and_others_make_others(visitors: str, tmp_path: Path) -> None:
    config = config_for(visitors, roles=ROLES)
    first = prepare(tmp_path / "data", config)
    written = first.path.stat().st_mtime_ns
    assert prepare(tmp_path / "data", config).path.stat().st_mtime_ns == written
    names = {first.hash}
    changes: tuple[dict[str, Any], ...] = (
        {"recipe": steps("trim")},
        {"split": SplitSettings(seed=2)},
        {"recipe": (*config.data.recipe[:4], Step.model_validate({"id": "limit-length", "longest": 9}))},
    )
    for change in changes:
        names.add(_hash(config_for(visitors, roles=ROLES, **change)))
    names.add(_hash(config_for(visitors, roles={"question": "answer", "answer": "prompt"})))
    names.add(_hash(config.model_copy(update={"objective": Step.model_validate({"id": "instruct", "learn": "all"})})))
    assert len(names) == 6
    same = config_for(visitors, roles={**ROLES, "other": ""}, prepared="something")
    assert _hash(same) == first.hash
    off = (*config.data.recipe, Step(id="trim", on=False))
    assert _hash(config_for(visitors, roles=ROLES, recipe=off)) == first.hash


def _hash(config: RunConfig) -> str:
    objective = plugins.objectives()["instruct"]
    return prepared_hash(config.data, objective, objective_settings(objective, config), plugins.cleaners())


def test_ids_stay_when_the_recipe_changes(visitors: str, tmp_path: Path) -> None:
    def ids(**change: Any) -> dict[str, str]:
        config = config_for(visitors, roles=ROLES, **change)
        return {row["origin"]: row["id"] for row in rows_of(prepare(tmp_path / "data", config))}

    few, many = ids(), ids(recipe=())
    assert few.items() <= many.items()
    assert len(many) == 104


def test_several_files_and_several_columns_of_one_role_come_together(tmp_path: Path) -> None:
    first = imported(write(tmp_path / "a.csv", "title,question,answer\nTower,How high?,40 m\n"), tmp_path / "data")
    second = imported(jsonl(tmp_path / "b.jsonl", [{"frage": "Wo?", "answer": "Hier"}]), tmp_path / "data")
    roles = {"title": "prompt", "question": "prompt", "frage": "prompt", "answer": "answer"}
    rows = rows_of(prepare(tmp_path / "data", config_for(first.hash, second.hash, roles=roles)))
    assert [(row["origin"], row["prompt"], row["answer"]) for row in rows] == [
        ("a.csv line 2", "Tower\n\nHow high?", "40 m"),
        ("b.jsonl line 1", "Wo?", "Hier"),
    ]


def test_worked_instances_become_examples_of_their_own(tmp_path: Path) -> None:
    instances = [{"input": "2, 3", "output": "5"}, {"input": "", "output": "Nothing to add"}]
    done = imported(jsonl(tmp_path / "a.jsonl", [{"instruction": "Add", "instances": instances}]), tmp_path / "data")
    assert done.report.roles() == {"instruction": "prompt", "instances": "answer"}
    rows = rows_of(prepare(tmp_path / "data", config_for(done.hash, roles=done.report.roles())))
    assert [(row["prompt"], row["answer"]) for row in rows] == [("Add\n\n2, 3", "5"), ("Add", "Nothing to add")]
    assert len({row["id"] for row in rows}) == 2


def test_conversations_are_divided_by_their_first_question(tmp_path: Path) -> None:
    talks = [
        {"talk": [{"from": "human", "value": f"Hello {n % 40}"}, {"from": "gpt", "value": f"Answer {n}"}]}
        for n in range(120)
    ]
    done = imported(jsonl(tmp_path / "a.jsonl", talks), tmp_path / "data")
    prepared = prepare(tmp_path / "data", config_for(done.hash, roles=done.report.roles()))
    assert prepared.report.questions == 40
    assert prepared.report.splits == {"train": 96, "validation": 12, "test": 12}
    assert prepared.report.leaks == 0


def test_leaks_are_counted_over_what_is_written(tmp_path: Path) -> None:
    with StagedTable(tmp_path / "x.parquet", ["id", "split", "origin", "prompt", "answer"]) as table:
        places = ["train", "train", "validation", "test", "test"]
        asked = ["Where?", "When?", "where", "When", "Who?"]
        ids = [str(n) for n in range(5)]
        table.write({"id": ids, "split": places, "origin": ids, "prompt": asked, "answer": ids})
        table.keep()
    objective = plugins.objectives()["instruct"]
    counts, leaks = check_splits(tmp_path / "x.parquet", objective, objective.settings({}))
    assert counts == {"train": 2, "validation": 1, "test": 2}
    assert leaks == 2


@pytest.mark.parametrize(
    ("data", "id"),
    [
        ({"imports": ()}, "no-data"),
        ({"roles": {"question": "prompt"}}, "role-missing-answer"),
        ({"roles": {"nonsense": "prompt", "answer": "answer"}}, "column-missing"),
        ({"recipe": (Step.model_validate({"id": "limit-length", "shortest": 999}),)}, "nothing-left"),
        ({"imports": ("0" * 32,)}, "data-gone"),
        ({"recipe": (Step(id="nonsense"),)}, "plugin-missing"),
    ],
)
def test_choices_that_make_no_example_are_told(data: dict[str, Any], id: str, visitors: str, tmp_path: Path) -> None:
    section = DataSection.model_validate({"imports": (visitors,), "roles": ROLES, **data})
    before = sorted((tmp_path / "data").iterdir())
    with pytest.raises(StudioError) as error:
        prepare(tmp_path / "data", RunConfig(data=section))
    assert error.value.id == id
    assert error.value.data
    assert error.value.remedy
    assert sorted((tmp_path / "data").iterdir()) == before


class Stop(Exception):
    """The person stopped it."""


def test_stopping_leaves_nothing_behind(tmp_path: Path) -> None:
    done = imported(jsonl(tmp_path / "a.jsonl", questions(10_000)), tmp_path / "data")
    before = sorted((tmp_path / "data").iterdir())

    def stop(so_far: float, total: float, words: str) -> None:
        assert words == f"Cleaning a.jsonl: {int(so_far):,} of 10,000 rows"
        if so_far > 5000:
            raise Stop

    with pytest.raises(Stop):
        prepare(tmp_path / "data", config_for(done.hash, roles=ROLES), progress=stop)
    assert sorted((tmp_path / "data").iterdir()) == before


def test_a_damaged_report_is_told(visitors: str, tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "data", config_for(visitors, roles=ROLES))
    prepared.path.with_suffix(".json").write_text("{")
    with pytest.raises(StudioError) as error:
        read_prepared(prepared.path)
    assert error.value.id == "data-gone"
