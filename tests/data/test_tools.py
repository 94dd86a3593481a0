"""Calls of tools: nothing of a row is lost, the calls are learnt, and what tools gave back never is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio import plugins
from studio.api import Message
from studio.builtin.conversations import CALLS
from studio.data.preparation import prepare
from studio.data.statistics import counts_of
from studio.data.templates import IN_WORDS, ModelEncoder, load_encoder
from tests.data.calls import ANSWERS, PICKY, RESULTS, ROW, THINKING, TOOLS, TURNS, talk
from tests.data.making import OWN_TEMPLATE, byte_level_tokenizer, config_for, imported, jsonl, rows_of
from tests.data.test_templates import taught


def encoder(folder: Path, template: str = OWN_TEMPLATE, chosen: str = "") -> ModelEncoder:
    return load_encoder(byte_level_tokenizer(folder, template=template), 4000, template=chosen)


def called(messages: list[Message]) -> list[Any]:
    return [call["function"] for message in messages for call in message.extra.get(CALLS, ())]


WANTED = [
    {"name": "opening_hours", "arguments": {"place": "tower"}},
    {"name": "opening_hours", "arguments": {"place": "garden", "day": "Monday"}},
]


def test_a_file_with_tools_is_imported_and_prepared_without_loss(tmp_path: Path) -> None:
    file = jsonl(
        tmp_path / "calls.jsonl",
        [
            {"messages": [*TURNS[:1], {**TURNS[1], "content": f"When? {n}"}, *TURNS[2:]], "tools": TOOLS}
            for n in range(6)
        ],
    )
    done = imported(file, tmp_path / "data")
    roles = done.report.roles()
    assert roles == {"messages": "messages", "tools": "tools"}
    prepared = prepare(
        tmp_path / "data", config_for(done.hash, roles=roles), plugins.objectives()["instruct"], plugins.cleaners()
    )
    row = rows_of(file, tmp_path / "data")[0]
    assert json.loads(row["messages"])[2:] == TURNS[2:]
    assert json.loads(row["tools"]) == TOOLS
    assert prepared.report.rows == 6


@pytest.mark.parametrize(
    "turns",
    [
        TURNS,
        [turn if "tool_calls" not in turn else {key: turn[key] for key in ("role", "tool_calls")} for turn in TURNS],
        [
            {"from": "human", "value": "When?"},
            {"from": "function_call", "value": json.dumps(WANTED)},
            {"from": "observation", "value": "nine"},
        ],
        [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "", "tool_calls": WANTED}],
    ],
    ids=["openai", "without-content", "sharegpt", "bare"],
)
def test_calls_are_found_in_every_usual_form(turns: list[dict[str, Any]]) -> None:
    assert called(talk({"messages": json.dumps(turns)})) == WANTED


def test_what_only_looks_like_a_call_stays_an_answer() -> None:
    turns = [{"from": "human", "value": "Hi"}, {"from": "function_call", "value": "{not json"}]
    assert talk({"messages": json.dumps(turns)})[-1] == Message("assistant", "{not json")


def test_an_answer_in_a_column_of_its_own_may_be_a_call_too() -> None:
    instruct = plugins.objectives()["instruct"]
    row = {"prompt": "When?", "answer": json.dumps(WANTED), "tools": json.dumps([TOOLS[0]["function"]])}
    from studio.builtin.objectives.instruct import _messages

    messages = _messages(row, instruct.settings({}))  # type: ignore[arg-type]
    assert called(messages) == WANTED
    assert messages[0].extra["tools"] == TOOLS
    assert [message.role for message in instruct.prompt(row, instruct.settings({}))] == ["tools", "user"]


@pytest.mark.parametrize("template", ["chatml", "llama-3", "mistral", THINKING, PICKY], ids=lambda text: text[:8])
def test_calls_and_answers_are_learnt_and_results_never(template: str, tmp_path: Path) -> None:
    speaker = encoder(tmp_path / "model", *([OWN_TEMPLATE, template] if "{" not in template else [template]))
    example = speaker.conversation(talk(), "answers")
    assert not example.extra
    first, *rest = taught(example)
    assert "opening_hours" in first and "tower" in first and "garden" in first
    assert [
        run.removeprefix("<think>\n\n</think>\n\n").strip()[: len(said)]
        for run, said in zip(rest, ANSWERS, strict=True)
    ] == list(ANSWERS)
    everything = "".join(taught(speaker.conversation(talk(), "all")))
    assert "When do the tower" in everything
    assert not any(result in everything for result in RESULTS)
    assert taught(speaker.conversation(talk(), "last")) == rest[-1:]
    prompt = speaker.generation_prompt(talk()[:3])
    assert example.ids[: len(prompt)] == prompt


@pytest.mark.parametrize("template", ["", "gemma", "alpaca", "plain"])
def test_where_a_template_knows_no_tools_they_are_told_in_words_and_that_is_noted(
    template: str, tmp_path: Path
) -> None:
    speaker = encoder(tmp_path / "model", chosen=template)
    example = speaker.conversation(talk(), "answers")
    assert dict(example.extra) == {IN_WORDS: True}
    for words in ("Be brief.", "Says when a place is open.", *RESULTS, *ANSWERS):
        assert words in example.text
    assert '{"name": "opening_hours", "arguments": {"place": "tower"}}' in taught(example)[0]
    everything = "".join(taught(speaker.conversation(talk(), "all")))
    assert not any(result in everything for result in RESULTS)


def test_tools_that_can_t_be_read_are_told_as_they_stand(tmp_path: Path) -> None:
    example = encoder(tmp_path / "model", chosen="chatml").conversation(
        talk({**ROW, "tools": "a calculator"}), "answers"
    )
    assert "a calculator" in example.text


def test_rows_without_tools_are_written_as_before(tmp_path: Path) -> None:
    plain = {
        "messages": json.dumps([turn for turn in TURNS if turn["role"] != "tool" and turn["content"]]),
        "tools": "[]",
    }
    example = encoder(tmp_path / "model").conversation(talk(plain), "answers")
    assert not example.extra
    assert "Tools:" not in example.text


def test_rows_whose_tools_stand_in_words_are_counted(tmp_path: Path) -> None:
    rows = [
        {"messages": [*TURNS[:1], {**TURNS[1], "content": f"When? {n}"}, *TURNS[2:]], "tools": TOOLS} for n in range(4)
    ]
    rows += [{"messages": [{"role": "user", "content": f"Hi {n}"}, TURNS[-1]], "tools": []} for n in range(3)]
    done = imported(jsonl(tmp_path / "calls.jsonl", rows), tmp_path / "data")
    instruct = plugins.objectives()["instruct"]
    prepared = prepare(
        tmp_path / "data", config_for(done.hash, roles=done.report.roles()), instruct, plugins.cleaners()
    )
    for template, noted in (("", 4), ("chatml", 0)):
        how = (instruct, instruct.settings({}), encoder(tmp_path / "model", chosen=template))
        assert counts_of(prepared.path, how, tmp_path / "cache", "model").noted(IN_WORDS) == noted
