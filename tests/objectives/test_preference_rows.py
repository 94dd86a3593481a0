"""Pairs of answers and thumbs are understood however they are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.api import Message
from studio.builtin.conversations import answered, asked
from studio.builtin.objectives.compared import both_ways
from studio.builtin.objectives.liked import LikedSettings, balance
from studio.builtin.yes_or_no import yes_or_no
from studio.engine.examples import Examples
from studio.engine.jobs import find_job
from studio.plugins import objectives
from tests.objectives.preferring import learning, of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


TALK = [{"from": "human", "value": "Open today?"}]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Open today?", "chosen": "Yes", "rejected": "No"},
        {
            "messages": json.dumps(TALK),
            "chosen": json.dumps({"from": "gpt", "value": "Yes"}),
            "rejected": json.dumps({"role": "assistant", "content": "No"}),
        },
        {
            "chosen": json.dumps([*TALK, {"from": "gpt", "value": "Yes"}]),
            "rejected": json.dumps([*TALK, {"from": "gpt", "value": "No"}]),
        },
        {"messages": json.dumps([*TALK, {"from": "gpt", "value": "Yes"}]), "chosen": "Yes", "rejected": "No"},
        {
            "chosen": "\n\nHuman: Open today?\n\nAssistant: Yes",
            "rejected": "\n\nHuman: Open today?\n\nAssistant: No",
        },
        {
            "prompt": json.dumps([{"role": "user", "content": "Open today?"}]),
            "chosen": json.dumps([{"role": "assistant", "content": "Yes"}]),
            "rejected": json.dumps([{"role": "assistant", "content": "No"}]),
        },
    ],
    ids=["columns", "turns", "conversations", "answer in the talk", "Human and Assistant", "lists"],
)
def test_pairs_are_understood_however_they_are_written(row: dict[str, str]) -> None:
    question = Message("user", "Open today?")
    assert both_ways(row) == ([question, Message("assistant", "Yes")], [question, Message("assistant", "No")])


def test_the_standing_instruction_goes_before_both() -> None:
    better, worse = both_ways({"prompt": "Hi", "system": "Be kind.", "chosen": "a", "rejected": "b"})
    assert better[0] == worse[0] == Message("system", "Be kind.")


def test_an_answer_that_only_looks_like_json_is_left_alone() -> None:
    for cell in ('{"value": 3}', "[1, 2]", "{not json", '[{"role": "user", "content": "only asked"}]'):
        assert answered(cell).words == cell
    assert asked({"prompt": "[1, 2]"}) == [Message("user", "[1, 2]")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("true", True), ("0", False), ("1.0", True), (" Yes. ", True), ("👍🏽", True), ("👎", False), ("Nein", False),
     ("SÍ", True), ("いいえ", False), ("-1", False), ("❤️", True), ("maybe", None), ("", None), ("3", None)],
)  # fmt: skip
def test_yes_and_no_are_understood_in_many_forms(cell: str, expected: bool | None) -> None:
    assert yes_or_no(cell) is expected


def test_pairs_without_a_difference_teach_nothing(project: Path) -> None:
    job = find_job(of(project, "prefer"), project / "none", learning(project / "model", "prefer"))
    for name in ("prefer", "judge"):
        objective = objectives()[name]
        same = {"prompt": "is it free", "chosen": "of course", "rejected": "of course"}
        assert objective.encode(same, job.speaker, objective.settings({})).learnt == 0
        assert objective.encode({**same, "rejected": "ask me"}, job.speaker, objective.settings({})).learnt > 0


def test_what_is_neither_liked_nor_disliked_teaches_nothing(project: Path) -> None:
    job = find_job(of(project, "liked"), project / "none", learning(project / "model", "liked"))
    liked = objectives()["liked"]
    settings = liked.settings({})
    row = {"prompt": "is it free", "answer": "of course", "liked": "perhaps"}
    assert liked.encode(row, job.speaker, settings).learnt == 0
    encoded = [liked.encode({**row, "liked": said}, job.speaker, settings) for said in ("perhaps", "no", "yes")]
    kept = Examples.of(encoded, counts="examples").teaching()
    assert kept.labels is not None
    assert kept.labels[:, 0].tolist() == [-1.0, 1.0]


def test_a_conversation_whose_last_answer_was_judged_needs_no_answer_column() -> None:
    liked = objectives()["liked"]
    talk = [*TALK, {"from": "gpt", "value": "Yes"}]
    assert liked.prompt({"messages": json.dumps(talk), "liked": "yes"}, liked.settings({})) == [
        Message("user", "Open today?")
    ]
    assert not [problem for problem in liked.check({"m": "messages", "l": "liked"}) if problem.severity == "blocks"]
    assert [problem.id for problem in liked.check({"m": "messages"})] == ["role-missing-liked"]


def test_the_rarer_kind_of_answer_is_raised() -> None:
    open_ = LikedSettings()
    assert balance(10, 10, open_) == (1.0, 1.0)
    assert balance(12, 10, open_) == (1.0, 1.0)
    assert balance(10, 40, open_) == (1.0, 4.0)
    assert balance(40, 10, open_) == (pytest.approx(3.0), 1.0)
    assert balance(10, 40, LikedSettings(desirable=2.0)) == (1.0, 2.0)
    assert balance(0, 5, open_) == (1.0, 1.0)
