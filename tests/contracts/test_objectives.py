"""Every objective that ships keeps the contract; and what instruction tuning teaches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studio import plugins
from studio.api import Message, Objective
from studio.data.templates import ModelEncoder, load_encoder
from studio.testing import check_objective, check_plugin
from tests.data.making import byte_level_tokenizer

ROWS = {
    "instruct": {"prompt": "Where is it?", "answer": "On the main street.", "context": "The museum"},
    "documents": {"text": "The museum stands on the main street."},
    "hidden-words": {"text": "The museum stands on the main street."},
    "transform": {"prompt": "Das Museum ist offen.", "answer": "The museum is open."},
    "sort": {"text": "May I bring my dog?", "label": "visiting"},
    "value": {"text": "A wonderful day.", "value": "4,5"},
    "mark": {"words": '["Take", "5", "mg"]', "tags": '["O", "B-dose", "I-dose"]'},
    "prefer": {"prompt": "Open today?", "chosen": "Yes, until six.", "rejected": "Look it up."},
    "liked": {"prompt": "Open today?", "answer": "Yes, until six.", "liked": "👍"},
    "judge": {"prompt": "Open today?", "chosen": "Yes, until six.", "rejected": "Look it up."},
}
TALK = [
    {"from": "system", "value": "Be kind."},
    {"from": "human", "value": "Hello"},
    {"from": "gpt", "value": "Good day"},
    {"from": "human", "value": "Open?"},
    {"from": "gpt", "value": "Yes"},
]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> ModelEncoder:
    return load_encoder(byte_level_tokenizer(tmp_path_factory.mktemp("model")), 256)


@pytest.mark.parametrize("objective", [pytest.param(each, id=each.id) for each in plugins.objectives()])
def test_it_keeps_the_contract(objective: Objective[Any], encoder: ModelEncoder) -> None:
    check_plugin(objective)
    check_objective(objective, ROWS[objective.id], encoder)


def taught(encoder: ModelEncoder, row: dict[str, str], **settings: Any) -> str:
    """What of a row is taught, as text."""
    instruct = plugins.objectives()["instruct"]
    example = instruct.encode(row, encoder, instruct.settings(settings))
    return "".join(
        example.text[begin:end] for (begin, end), learn in zip(example.spans, example.learn, strict=True) if learn
    )


def test_only_the_answer_is_taught_with_the_sign_that_ends_it(encoder: ModelEncoder) -> None:
    assert taught(encoder, ROWS["instruct"]) == "On the main street.<|end|>"


def test_every_answer_of_a_conversation_is_taught_or_only_the_last(encoder: ModelEncoder) -> None:
    row = {"messages": json.dumps(TALK)}
    assert taught(encoder, row) == "Good day<|end|>Yes<|end|>"
    assert taught(encoder, row, learn="last") == "Yes<|end|>"
    assert "Hello" in taught(encoder, row, learn="all")


def test_both_forms_of_conversation_are_the_same(encoder: ModelEncoder) -> None:
    names = {"human": "user", "gpt": "assistant", "system": "system"}
    other = [{"role": names[turn["from"]], "content": turn["value"]} for turn in TALK]
    assert taught(encoder, {"messages": json.dumps(other)}) == taught(encoder, {"messages": json.dumps(TALK)})


def test_the_standing_instruction_is_used_where_a_row_has_none() -> None:
    instruct = plugins.objectives()["instruct"]
    settings = instruct.settings({"system": "Be brief."})
    row = {"prompt": "Hours?", "answer": "Nine", "context": "Monday"}
    assert instruct.prompt(row, settings) == [Message("system", "Be brief."), Message("user", "Hours?\n\nMonday")]
    own = instruct.prompt({**row, "system": "Be kind."}, settings)
    assert own[0] == Message("system", "Be kind.")


def test_a_conversation_is_asked_up_to_its_first_answer() -> None:
    instruct = plugins.objectives()["instruct"]
    asked = instruct.prompt({"messages": json.dumps(TALK)}, instruct.settings({}))
    assert asked == [Message("system", "Be kind."), Message("user", "Hello")]
    last = instruct.prompt({"messages": json.dumps(TALK)}, instruct.settings({"learn": "last"}))
    assert last[-1] == Message("user", "Open?")


def test_a_question_needs_an_answer_and_a_conversation_needs_neither() -> None:
    instruct = plugins.objectives()["instruct"]
    assert [problem.id for problem in instruct.check({"q": "prompt"})] == ["role-missing-answer"]
    assert not list(instruct.check({"c": "messages"}))


def test_a_conversation_without_an_answer_teaches_nothing(encoder: ModelEncoder) -> None:
    assert taught(encoder, {"messages": json.dumps(TALK[:2])}) == ""


def test_an_answer_that_stands_as_one_turn_in_json_is_understood(encoder: ModelEncoder) -> None:
    row = {"messages": json.dumps(TALK[:2]), "answer": json.dumps({"from": "gpt", "value": "Hello to you"})}
    assert taught(encoder, row) == "Hello to you<|end|>"
