"""Chat templates: how a conversation is written out as the one text a model reads.

A template is a small program (Jinja) that comes with a model, so it is run in a sandbox and tried in a child with
limits before it is first used (`template_probe`). Renders as transformers does, without importing it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import jinja2
import jinja2.ext
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from studio.api import Message
from studio.data.turns import CALLS, TOOLS, Uses, in_words, offered, plainer, uses_of, variants

DEFAULT_TEMPLATE = """\
{%- if bos_token %}{{ bos_token }}{% endif -%}
{%- for message in messages -%}
{%- if message.role == 'system' -%}
{{ message.content | trim + '\\n\\n' }}
{%- elif message.role == 'assistant' -%}
{{ 'Assistant:\\n' + message.content | trim + (eos_token or '') + '\\n\\n' }}
{%- elif message.role == 'tool' -%}
{{ 'Tool:\\n' + message.content | trim + '\\n\\n' }}
{%- else -%}
{{ 'User:\\n' + message.content | trim + '\\n\\n' }}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}{{ 'Assistant:\\n' }}{% endif -%}
"""
"""For models that come without a template. Plain words only, so that every tokenizer can write it; each answer ends
with the end token, which is how the model learns to stop."""


class TemplateRefused(Exception):
    """The template can't write this conversation; the message says why, as the template does."""


_TRIED = (
    Message(
        TOOLS,
        "",
        {
            TOOLS: [
                {
                    "type": "function",
                    "function": {
                        "name": "look_up_word",
                        "description": "Looks a word up.",
                        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}},
                    },
                }
            ]
        },
    ),
    Message("user", "What is an estuary?"),
    Message(
        "assistant",
        "",
        {
            CALLS: [
                {
                    "id": "call00001",
                    "type": "function",
                    "function": {"name": "look_up_called", "arguments": {"word": "estuary-argument"}},
                }
            ]
        },
    ),
    Message("tool", "wide-mouth-of-a-river", {"name": "look_up_called", "tool_call_id": "call00001"}),
    Message("assistant", "The wide mouth of a river."),
)
"""A conversation by which a template shows whether it knows tools."""


class ChatTemplate:
    """A model's template with its special tokens (bos_token, eos_token, …)."""

    def __init__(self, source: str, tokens: Mapping[str, str], moment: datetime | None = None) -> None:
        self.source = source
        self.tokens = dict(tokens)
        self._moment = moment or datetime.now()
        try:
            self._template = _environment(self._moment).from_string(source)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateRefused(f"line {error.lineno}: {error.message}") from error
        except jinja2.TemplateError as error:
            raise TemplateRefused(str(error)) from error

    def render(self, messages: Sequence[Message], *, generation: bool = False) -> str:
        """The conversation written out, with the tools that stand before it; with `generation`, up to where the model
        begins to answer.

        Raises TemplateRefused where the template says no or fails.
        """
        tools, turns = offered(messages)
        written = [{"role": turn.role, "content": turn.content, **turn.extra} for turn in turns]
        try:
            return self._template.render(
                messages=written, tools=tools, documents=None, add_generation_prompt=generation, **self.tokens
            )
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, IndexError, ArithmeticError) as error:
            raise TemplateRefused(str(error)) from error

    @cached_property
    def shows(self) -> Uses:
        """What of tools it writes down."""
        for tried in variants(_TRIED):
            try:
                text = self.render(tried)
            except TemplateRefused:
                continue
            called = "look_up_called" in text and "estuary-argument" in text
            return Uses("look_up_word" in text, called, "wide-mouth-of-a-river" in text)
        return Uses(results=self._takes_results())

    def _takes_results(self) -> bool:
        try:
            return "wide-mouth-of-a-river" in self.render(in_words(_TRIED, results=False))
        except TemplateRefused:
            return False


class Written(NamedTuple):
    """A conversation as a template wrote it: its text, the messages in the form that the template took, whether tools
    stand there in plain words only, and whether something that was said is missing."""

    text: str
    messages: list[Message]
    in_words: bool = False
    lost: bool = False


def write(template: ChatTemplate, messages: Sequence[Message], *, generation: bool = False) -> Written:
    """Write a conversation in the fullest form that the template takes. Raises TemplateRefused when it takes none."""
    if not messages:
        raise TemplateRefused("the conversation is empty")
    uses = uses_of(messages)
    shows = template.shows if any(uses) else uses
    if uses.tools and offered(messages)[0] is None:
        # They stand there as a text that lists no functions, which no template takes.
        shows = shows._replace(tools=False)
    suited = in_words(messages, tools=not shows.tools, calls=not shows.calls, results=not shows.results)

    def forms() -> Iterator[tuple[list[Message], bool]]:
        """Each form when it is wanted, with whether tools stand in it in plain words: nearly always the first does."""
        yield from ((form, uses.beyond(shows)) for form in variants(suited))
        yield plainer(messages), any(uses)

    best: Written | None = None
    why: TemplateRefused | None = None
    for form, told in forms():
        try:
            text = template.render(form, generation=generation)
        except TemplateRefused as error:
            why = why or error
            continue
        written = Written(text, form, told, not _whole(form, text))
        if not written.lost:
            return written
        best = best or written
    if best is None:
        assert why is not None
        raise why
    return best


def _whole(messages: Sequence[Message], text: str) -> bool:
    """Whether a text holds what was said to the model."""
    return all(message.content.strip() in text for message in messages if message.role in ("system", "user"))


class _Generation(jinja2.ext.Extension):
    """The block `{% generation %}…{% endgeneration %}` with which some templates mark the model's own words."""

    tags: ClassVar[set[str]] = {"generation"}

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


def _environment(moment: datetime) -> ImmutableSandboxedEnvironment:
    """A sandbox with what chat templates expect to find. `moment` is the time they see, fixed so that a conversation
    is always written in the same way."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = moment.strftime
    return environment


def _to_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, **more: Any) -> str:
    """JSON as templates want it: unlike Jinja's own filter, without HTML escapes."""
    chosen = {name: more[name] for name in ("separators", "sort_keys") if name in more}
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **chosen)


def _refuse(message: str) -> str:
    raise jinja2.TemplateError(message)
