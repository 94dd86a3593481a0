"""A conversation in other forms: as a strict chat template takes it, and in plain words where a template has no way of
writing tools down. Nothing that was said is lost in any of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from studio.api import Message

TOOLS = "tools"
CALLS = "tool_calls"
SHORT_ID = 9
"""Some templates take ids of calls only if they have so many letters and figures."""
Conversation = Sequence[Message]


def offered(messages: Conversation) -> tuple[list[Any] | None, list[Message]]:
    """The tools that stand before a conversation (None where there are none), and its turns."""
    if messages and messages[0].role == TOOLS:
        return list(messages[0].extra.get(TOOLS, ())) or None, list(messages[1:])
    return None, list(messages)


def calls_of(message: Message) -> list[Mapping[str, Any]]:
    """The calls of a turn: each a mapping with `name` and `arguments`."""
    calls = message.extra.get(CALLS) or ()
    return [call.get("function", call) for call in calls if isinstance(call, Mapping)]


class Uses(NamedTuple):
    """What of tools there is: what may be called, what is called, and what came of it."""

    tools: bool = False
    calls: bool = False
    results: bool = False

    def beyond(self, other: Uses) -> bool:
        """Whether there is something here that is not there."""
        return any(mine and not theirs for mine, theirs in zip(self, other, strict=True))


def uses_of(messages: Conversation) -> Uses:
    """What of tools a conversation holds."""
    roles = {message.role for message in messages}
    return Uses(TOOLS in roles, any(calls_of(message) for message in messages), "tool" in roles)


def in_words(messages: Conversation, *, tools: bool = True, calls: bool = True, results: bool = True) -> list[Message]:
    """The conversation with its tools as a standing instruction, calls as the words of their turn, and results as turns
    of the user; each only where wanted."""
    turns = [_said(message, calls, results) for message in messages]
    if not (tools and turns and turns[0].role == TOOLS):
        return turns
    told, rest = f"Tools:\n{turns[0].content}", turns[1:]
    if rest and rest[0].role == "system":
        return [rest[0]._replace(content=f"{rest[0].content}\n\n{told}"), *rest[1:]]
    return [Message("system", told), *rest]


def _said(message: Message, calls: bool, results: bool) -> Message:
    """A turn with its calls among its words, or a result as a turn of the user."""
    if results and message.role == "tool":
        return Message("user", message.content)
    if not calls or not calls_of(message):
        return message
    words = "\n".join(filter(None, (message.content, *map(_as_words, calls_of(message)))))
    return Message(message.role, words, {name: value for name, value in message.extra.items() if name != CALLS})


def _as_words(call: Mapping[str, Any]) -> str:
    return json.dumps({"name": call.get("name"), "arguments": call.get("arguments")}, ensure_ascii=False)


def plainer(messages: Conversation) -> list[Message]:
    """The conversation in the form that the strictest templates take: no system turn and no tools, user and
    assistant in alternation, the user first."""
    turns: list[Message] = []
    for message in in_words(messages):
        role = "assistant" if message.role == "assistant" else "user"
        if turns and turns[-1].role == role:
            turns[-1] = Message(role, f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(Message(role, message.content))
    return turns if not turns or turns[0].role == "user" else [Message("user", ""), *turns]


def variants(messages: Conversation) -> Iterator[list[Message]]:
    """The conversation as it is; then, where calls are in it, with other ids and with arguments as text, for templates
    that take nothing else."""
    yield list(messages)
    if any(calls_of(message) for message in messages):
        short = [_changed(message, _with_short_id, _short) for message in messages]
        yield short
        yield [_changed(message, _with_text, str) for message in messages]
        yield [_changed(message, _with_text, str) for message in short]


def _changed(
    message: Message, of_call: Callable[[dict[str, Any]], dict[str, Any]], of_id: Callable[[str], str]
) -> Message:
    """A turn with each of its calls changed, and the id of the call that it answers."""
    extra = dict(message.extra)
    if CALLS in extra:
        extra[CALLS] = [of_call(dict(call)) for call in extra[CALLS] if isinstance(call, Mapping)]
    if isinstance(extra.get("tool_call_id"), str):
        extra["tool_call_id"] = of_id(extra["tool_call_id"])
    return message._replace(extra=extra)


def _with_short_id(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "id": _short(str(call.get("id", call.get("function", ""))))}


def _short(id: str) -> str:
    return hashlib.sha256(id.encode(errors="surrogatepass")).hexdigest()[:SHORT_ID]


def _with_text(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function")
    if not isinstance(function, Mapping) or isinstance(function.get("arguments"), str):
        return call
    return {**call, "function": {**function, "arguments": json.dumps(function.get("arguments"), ensure_ascii=False)}}
