"""Conversations as they stand in a cell, in the two usual forms: from/value and role/content; with calls of tools."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from studio.api import Message

MESSAGES = "messages"
TOOLS = "tools"
CALLS = "tool_calls"

_SPEAKERS = {
    "user": ("human", "user", "prompter", "customer", "question"),
    "assistant": ("gpt", "assistant", "bot", "chatgpt", "bing", "model", "agent", "answer", "function_call"),
    "system": ("system", "developer"),
    "tool": ("tool", "observation", "function", "function_response"),
}
_ROLES = {name: role for role, names in _SPEAKERS.items() for name in names}
_MARK = re.compile(r"\n\n(Human|Assistant): ?")
_FORMS = (("role", "content"), ("from", "value"))
_OWN = {*(name for form in _FORMS for name in form), CALLS, "function_call"}


def conversation(cell: str) -> list[Message] | None:
    """The turns of a conversation in a cell; None when the cell holds none."""
    turns = _turns(cell)
    if turns is None:
        return None
    messages = [_message(turn) for turn in turns]
    return None if None in messages else [message for message in messages if message is not None]


def _message(turn: dict[str, Any]) -> Message | None:
    """One turn; None when it is none."""
    for who, what in _FORMS:
        name = str(turn.get(who, "")).strip().lower()
        calls = _calls(turn, what, name)
        if who in turn and (what in turn or calls) and name in _ROLES:
            extra = {key: value for key, value in turn.items() if key not in _OWN}
            called = name == "function_call" and bool(calls)
            words = "" if called else _words(turn.get(what))
            return Message(_ROLES[name], words, {**extra, CALLS: calls} if calls else extra)
    return None


def _calls(turn: dict[str, Any], what: str, name: str) -> list[dict[str, Any]]:
    """What a turn calls, in the form that chat templates take: arguments as values, not as text."""
    given = turn.get(CALLS) or turn.get("function_call") or (turn.get(what) if name == "function_call" else None)
    found = _parsed(given)
    calls = [_call(each) for each in (found if isinstance(found, list) else [found])]
    return [call for call in calls if call] if all(calls) else []


def _call(value: Any) -> dict[str, Any]:
    """One call; empty when it is none."""
    if not isinstance(value, dict):
        return {}
    function = _parsed(value.get("function", value))
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return {}
    arguments = _parsed(function.get("arguments", function.get("parameters", {})))
    kept = {key: each for key, each in value.items() if key not in ("function", "name", "arguments", "parameters")}
    return {**kept, "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def offered(cell: str) -> list[Message]:
    """The tools in a cell as the message that stands before a conversation; none where the cell holds none."""
    found = _parsed(cell)
    if not cell.strip() or found in ([], {}):
        return []
    tools = [_tool(each) for each in (found if isinstance(found, list) else [found])]
    return [Message(TOOLS, cell.strip(), {TOOLS: tools} if tools and all(tools) else {})]


def _tool(value: Any) -> dict[str, Any]:
    """One tool in the form that chat templates take; empty when it is none."""
    value = _parsed(value)
    if not isinstance(value, dict):
        return {}
    if isinstance(value.get("function"), dict):
        return value
    return {"type": "function", "function": value} if isinstance(value.get("name"), str) else {}


def _parsed(value: Any) -> Any:
    """What a text holds as JSON, where it holds an object or a list; anything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


class Answered(NamedTuple):
    """An answer as it stands in a cell: its words, the turns before it where the cell holds them too, and the answer as
    a turn, which may be a call."""

    before: list[Message]
    words: str
    turn: Message


def asked(row: Mapping[str, str], system: str = "") -> list[Message]:
    """What the model is asked in a row: the conversation so far, or a question with its background, after the row's
    standing instruction (`system` where it has none)."""
    talk = conversation(row.get(MESSAGES, ""))
    if talk is None:
        parts = (row.get("prompt", ""), row.get("context", ""))
        talk = conversation(parts[0]) or [Message("user", "\n\n".join(part for part in parts if part))]
    return [*offered(row.get(TOOLS, "")), *instructed(talk, row.get("system", "") or system)]


def instructed(talk: list[Message], system: str) -> list[Message]:
    """A conversation that begins with a standing instruction, if there is one and it has none yet."""
    return [Message("system", system), *talk] if system and not (talk and talk[0].role == "system") else talk


def answered(cell: str) -> Answered:
    """The answer in a cell: a text, a single turn in JSON, or the last turn of a whole conversation, in JSON or with
    “Human:” and “Assistant:” before the turns; all of them occur in data of preferences."""
    turns = turns_in(cell) or _marked_turns(cell)
    if turns and turns[-1].role == "assistant":
        turn = turns[-1]
        calls = "\n".join(json.dumps(call["function"], ensure_ascii=False) for call in turn.extra.get(CALLS, ()))
        return Answered(turns[:-1], turn.content or calls, turn)
    return Answered([], cell, Message("assistant", cell))


def called(words: str) -> list[dict[str, Any]]:
    """The calls that an answer consists of, in JSON; none where it is anything else."""
    found = _parsed(words)
    calls = [_call(each) for each in found] if isinstance(found, list) else []
    return calls if all(calls) else []


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
    """A cell changed: a conversation, or a single turn of one, turn by turn; tools not at all; anything else as a
    whole."""
    if role == TOOLS:
        return cell
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
