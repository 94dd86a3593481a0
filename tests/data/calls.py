"""Conversations with tools, as programs write them, and templates that take them in their own ways."""

from __future__ import annotations

import json
from typing import Any

from studio.api import Message
from studio.builtin.conversations import asked

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "opening_hours",
            "description": "Says when a place is open.",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}, "day": {"type": "string"}}},
        },
    }
]
TURNS: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "When do the tower and the garden open?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": f"call_{place}", "type": "function", "function": {"name": "opening_hours", "arguments": arguments}}
            for place, arguments in (("a", '{"place": "tower"}'), ("b", '{"place": "garden", "day": "Monday"}'))
        ],
    },
    {"role": "tool", "tool_call_id": "call_a", "content": '{"opens": 9}'},
    {"role": "tool", "tool_call_id": "call_b", "content": '{"opens": 10}'},
    {"role": "assistant", "content": "The tower at nine, the garden at ten."},
    {"role": "user", "content": "Thank you"},
    {"role": "assistant", "content": "Gladly."},
]
ROW = {"messages": json.dumps(TURNS), "tools": json.dumps(TOOLS)}
ANSWERS = ("The tower at nine, the garden at ten.", "Gladly.")
RESULTS = ('{"opens": 9}', '{"opens": 10}')

THINKING = (
    "{% if tools %}<|system|>{{ tools | tojson }}<|end|>{% endif %}{% set ns = namespace(last=0) %}"
    "{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
    "{% for m in messages %}<|{{ m.role }}|>\n{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n"
    "{% endif %}{{ m.content }}{% for c in m.tool_calls or [] %}<call>\n{{ c.function | tojson }}\n</call>{% endfor %}"
    "<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
"""As some models think aloud: the last turn is written otherwise than the same turn in the middle."""
PICKY = (
    "{{ tools | tojson if tools else '' }}{% for m in messages %}<|{{ m.role }}|>"
    "{% if m.role == 'tool' and m.tool_call_id | length != 9 %}{{ raise_exception('ids have nine signs') }}{% endif %}"
    "{{ m.content }}{% for c in m.tool_calls or [] %}{% if c.id | length != 9 %}{{ raise_exception('nine signs') }}"
    "{% endif %}{{ '[' + c.id + '|' + c.function.name + '|' + c.function.arguments + ']' }}{% endfor %}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""Takes ids of nine signs only, and arguments as text."""


def talk(row: dict[str, str] | None = None) -> list[Message]:
    """The row's conversation."""
    return asked(row or ROW)
