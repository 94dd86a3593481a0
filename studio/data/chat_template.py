"""Chat templates: how a conversation is written out as the one text a model reads.

A template is a small program (Jinja) that comes with a model, so it is run in a sandbox and tried in a child with
limits before it is first used (`template_probe`). Renders as transformers does, without importing it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import jinja2
import jinja2.ext
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from studio.api import Message

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


class ChatTemplate:
    """A model's template with its special tokens (bos_token, eos_token, …)."""

    def __init__(self, source: str, tokens: Mapping[str, str], moment: datetime | None = None) -> None:
        self.source = source
        self.tokens = dict(tokens)
        self._moment = moment or datetime.now()
        try:
            self._template = _environment(self._moment).from_string(source)
        except jinja2.TemplateError as error:
            raise TemplateRefused(str(error)) from error

    def render(self, messages: Sequence[Message], *, generation: bool = False) -> str:
        """The conversation written out; with `generation`, up to where the model begins to answer.

        Raises TemplateRefused where the template says no or fails.
        """
        turns = [message._asdict() for message in messages]
        try:
            return self._template.render(
                messages=turns, tools=None, documents=None, add_generation_prompt=generation, **self.tokens
            )
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, IndexError, ArithmeticError) as error:
            raise TemplateRefused(str(error)) from error


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


def plainer(messages: Sequence[Message]) -> list[Message]:
    """The conversation in the form that the strictest templates take: no system turn and no tools, user and
    assistant in alternation, the user first. Nothing that was said is lost."""
    turns: list[Message] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        if turns and turns[-1].role == role:
            turns[-1] = Message(role, f"{turns[-1].content}\n\n{message.content}")
        else:
            turns.append(Message(role, message.content))
    return turns if not turns or turns[0].role == "user" else [Message("user", ""), *turns]
