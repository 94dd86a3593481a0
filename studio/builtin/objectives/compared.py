"""Rows in which answers are compared or judged, as conversations and as examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from studio.api import Example, Message, Problem, Role, Row
from studio.builtin.conversations import MESSAGES, answered, asked, instructed

ASKED = (
    Role("prompt", "Question"),
    Role("context", "Background"),
    Role("system", "Standing instruction"),
    Role(MESSAGES, "Conversation"),
)
COMPARED = (
    *ASKED,
    Role("chosen", "Better answer", required=True, learnt=True),
    Role("rejected", "Worse answer", required=True, learnt=True),
)


def check_question(roles: Mapping[str, str]) -> Iterable[Problem]:
    """Answers without questions are right only where each cell holds a whole conversation."""
    if not {"prompt", MESSAGES} & set(roles.values()):
        yield Problem(
            id="role-missing-prompt",
            step="data",
            severity="warns",
            sentence="No column is marked as “Question”. That is right only where answers hold the question too.",
            remedy="Choose it above the column in the table.",
        )


def asked_in(row: Row) -> list[Message]:
    """What both answers of a row reply to. An answer that the conversation ends with is taken off it."""
    better = answered(row.get("chosen", ""))
    if better.before:
        return instructed(better.before, row.get("system", ""))
    talk, words = asked(row), {better.words, answered(row.get("rejected", "")).words}
    return talk[:-1] if talk[-1].role == "assistant" and talk[-1].content in words else talk


def both_ways(row: Row) -> tuple[list[Message], list[Message]]:
    """The conversation that ends with the better answer, and the one that ends with the worse one."""
    before = asked_in(row)
    better, worse = (answered(row.get(role, "")).words for role in ("chosen", "rejected"))
    return [*before, Message("assistant", better)], [*before, Message("assistant", worse)]


def teaching_nothing(example: Example) -> Example:
    """The same text, only read."""
    return replace(
        example,
        learn=(False,) * len(example.ids),
        cut_learn=(False,) * len(example.cut),
        value=None,
        other=None,
    )
