"""Where in a written conversation the model speaks: by writing its beginnings, as generating would."""

from __future__ import annotations

from collections.abc import Sequence

from studio.api import Message
from studio.data.chat_template import ChatTemplate, TemplateRefused
from studio.data.turns import calls_of

Span = tuple[int, int]


def answers_in(template: ChatTemplate, messages: Sequence[Message], text: str) -> list[Span]:
    """Where each answer stands in the text that the template made of these messages, its end token included."""
    spans: list[Span] = []
    for place, message in enumerate(messages):
        if message.role == "assistant":
            span = _answer(
                template, messages[: place + 1], text, spans[-1][1] if spans else 0, place + 1 < len(messages)
            )
            if span:
                spans.append(span)
    return spans


def everything_but_results(messages: Sequence[Message], text: str, answers: Sequence[Span]) -> list[Span]:
    """The whole text without what tools gave back, which the model must never learn to say itself."""
    results = [message.content.strip() for message in messages if message.role == "tool"]
    spans: list[Span] = []
    begin = 0
    for content in results:
        found = text.find(content, begin) if content else -1
        if found < 0:
            # Written otherwise than it was said: then nothing between two answers is taught.
            return list(answers)
        spans.append((begin, found))
        begin = found + len(content)
    return [*spans, (begin, len(text))]


def _answer(template: ChatTemplate, messages: Sequence[Message], text: str, after: int, goes_on: bool) -> Span | None:
    """Where the last of these messages stands in the text, white space after it left out.

    It begins where generating would begin: what a template writes there only for a turn that is complete must be
    learnt too. Where a template writes the beginning differently (because it treats the last turn in a special
    way), the answer's words are looked for instead.
    """
    content, before = messages[-1].content.strip(), messages[:-1]
    begin = _prefix(template, before, text, generation=True)
    if begin is None:
        bare = _prefix(template, before, text, generation=False) or after
        begin = text.find(content, max(bare, after))
    if begin < after:
        return None
    end = _prefix(template, messages, text, generation=False) if goes_on else len(text)
    if end is None and calls_of(messages[-1]):
        end = _end_of_calls(template, messages, text, begin)
    elif end is None:
        end = _end_after(template, messages, text, text.find(content, begin) + len(content))
    while end > begin and text[end - 1].isspace():
        end -= 1
    return (begin, end) if end > begin else None


def _prefix(template: ChatTemplate, messages: Sequence[Message], text: str, *, generation: bool) -> int | None:
    """How long the beginning of `text` is that these messages make; None when they make another."""
    try:
        start = template.render(messages, generation=generation) if messages or generation else ""
    except TemplateRefused:
        return None
    return len(start) if text.startswith(start) else None


def _end_after(template: ChatTemplate, messages: Sequence[Message], text: str, end: int) -> int:
    """The end of an answer whose words end at `end`: with what the template writes after the last of these
    messages, if it stands there."""
    content = messages[-1].content.strip()
    try:
        alone = template.render(messages)
    except TemplateRefused:
        return end
    tail = alone[alone.rfind(content) + len(content) :] if content in alone else ""
    return end + len(tail) if text.startswith(tail, end) else end


def _end_of_calls(template: ChatTemplate, messages: Sequence[Message], text: str, begin: int) -> int:
    """The end of a turn with calls that begins at `begin`, by how the template writes the turn when it is the last: the
    longest part from a line's beginning on that stands there. `begin` where none does."""
    try:
        alone = template.render(messages).rstrip()
        start = template.render(messages[:-1], generation=True)
    except TemplateRefused:
        return begin
    turn = alone[len(start) :] if alone.startswith(start) else ""
    while turn:
        if text.startswith(turn, begin):
            return begin + len(turn)
        turn = turn.partition("\n")[2]
    return begin
