"""Conversations as they stand in a cell, in the two usual forms: from/value and role/content."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from studio.api import Message

MESSAGES = "messages"

_SPEAKERS = {
    "user": ("human", "user", "prompter", "customer", "question"),
    "assistant": ("gpt", "assistant", "bot", "chatgpt", "bing", "model", "agent", "answer", "function_call"),
    "system": ("system", "developer"),
    "tool": ("tool", "observation", "function", "function_response"),
}
_ROLES = {name: role for role, names in _SPEAKERS.items() for name in names}
_MARK = re.compile(r"\n\n(Human|Assistant): ?")
_FORMS = (("role", "content"), ("from", "value"))


def conversation(cell: str) -> list[Message] | None:
    """The turns of a conversation in a cell; None when the cell holds none."""
    turns = _turns(cell)
    if turns is None:
        return None
    messages = []
    for turn in turns:
        for who, what in _FORMS:
            if who in turn and what in turn:
                role = _ROLES.get(str(turn[who]).strip().lower())
                if role is None:
                    return None
                messages.append(Message(role, _words(turn[what])))
                break
        else:
            return None
    return messages


class Answered(NamedTuple):
    """An answer as it stands in a cell: its words, and the turns before it where the cell holds them too."""

    before: list[Message]
    words: str


def asked(row: Mapping[str, str], system: str = "") -> list[Message]:
    """What the model is asked in a row: the conversation so far, or a question with its background, after the row's
    standing instruction (`system` where it has none)."""
    talk = conversation(row.get(MESSAGES, ""))
    if talk is None:
        parts = (row.get("prompt", ""), row.get("context", ""))
        talk = conversation(parts[0]) or [Message("user", "\n\n".join(part for part in parts if part))]
    return instructed(talk, row.get("system", "") or system)


def instructed(talk: list[Message], system: str) -> list[Message]:
    """A conversation that begins with a standing instruction, if there is one and it has none yet."""
    return [Message("system", system), *talk] if system and not (talk and talk[0].role == "system") else talk


def answered(cell: str) -> Answered:
    """The answer in a cell: a text, a single turn in JSON, or the last turn of a whole conversation, in JSON or with
    “Human:” and “Assistant:” before the turns; all of them occur in data of preferences."""
    turns = turns_in(cell) or _marked_turns(cell)
    if turns and turns[-1].role == "assistant":
        return Answered(turns[:-1], turns[-1].content)
    return Answered([], cell)


def with_each_turn(cell: str, change: Callable[[str], str]) -> str:
    """The cell with `change` applied to what each turn says; the cell as it is when that changes nothing."""
    turns = _turns(cell)
    if turns is None:
        return change(cell)
    changed = False
    for turn in turns:
        for _, what in _FORMS:
            said = turn.get(what)
            if isinstance(said, str) and (new := change(said)) != said:
                turn[what], changed = new, True
    return json.dumps(turns, ensure_ascii=False, separators=(",", ":")) if changed else cell


def with_each_text(cell: str, role: str, change: Callable[[str], str]) -> str:
    """A cell changed: a conversation, or a single turn of one, turn by turn; anything else as a whole."""
    if role == MESSAGES:
        return with_each_turn(cell, change)
    if turns_in(cell) is None:
        return change(cell)
    if not cell.lstrip().startswith("{"):
        return with_each_turn(cell, change)
    changed = with_each_turn(f"[{cell}]", change)
    return cell if changed == f"[{cell}]" else changed[1:-1]


def said(cell: str) -> int:
    """How many characters a cell says; of a conversation, or a single turn of one, those of its turns."""
    messages = turns_in(cell)
    return len(cell) if messages is None else sum(len(message.content) for message in messages)


def turns_in(cell: str) -> list[Message] | None:
    """The turns in a cell: a whole conversation, or a single turn in JSON; None when it holds neither."""
    return conversation(f"[{cell}]" if cell.lstrip().startswith("{") else cell)


def _marked_turns(cell: str) -> list[Message] | None:
    """Turns that begin with “Human:” or “Assistant:” after an empty line; None where the cell does not begin so."""
    if not cell.lstrip().startswith("Human:"):
        return None
    parts = _MARK.split("\n\n" + cell.lstrip())[1:]
    return [Message(_ROLES[who.lower()], words.strip()) for who, words in zip(parts[::2], parts[1::2], strict=True)]


def _turns(cell: str) -> list[dict[str, Any]] | None:
    if not cell.lstrip().startswith("["):
        return None
    try:
        turns = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(turns, list) and turns and all(isinstance(turn, dict) for turn in turns)
    return turns if whole else None


def _words(content: Any) -> str:
    """What a turn says: a text, the text parts of a list, or anything else as JSON."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        return "\n".join(str(part["text"]) for part in content if "text" in part)
    return json.dumps(content, ensure_ascii=False)
