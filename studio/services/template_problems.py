"""What a chat template can't do with the examples at hand."""

from __future__ import annotations

from collections.abc import Iterator

from studio.core.problem import Problem
from studio.services.facts import TemplateNote

WITH_TOOLS = "chatml"
"""The template that is offered where tools can't be written down."""


def template_problems(note: TemplateNote, model: str) -> Iterator[Problem]:
    """Of the template by which the prepared examples were counted."""
    named = f"the chat template of {model}" if note.kind == "model" else "the chosen chat template"
    begins = named[0].upper() + named[1:]
    if note.in_words:
        offered = note.id != WITH_TOOLS
        yield Problem(
            id="template-without-tools",
            step="model",
            severity="warns",
            sentence=f"{_examples(note.in_words)} with tools: {named} can't show them, so they stand in plain words.",
            remedy="Use ChatML, which shows tools" if offered else "",
            fix={"model.template": WITH_TOOLS} if offered else None,
        )
    if note.lost:
        yield Problem(
            id="template-loses",
            step="model",
            severity="warns",
            sentence=f"{begins} leaves out a question or an instruction of {_examples(note.lost)}.",
            remedy="Choose another template on the Model page.",
        )
    if not note.ends:
        yield Problem(
            id="template-without-end",
            step="model",
            severity="warns",
            sentence=f"{begins} ends answers without a sign of the model's own, so it would not learn to stop.",
            remedy="Choose another template on the Model page.",
        )


def _examples(number: int) -> str:
    return "1 example" if number == 1 else f"{number:,} examples"
