"""Writes the model cards from the measures noted at training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from resources.make import answers
from resources.make.training import Say

Measures = dict[str, Any]

_HEAD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: {task}
---

# {title}

{what}

**Licence:** Apache-2.0. The model and all text it learned from were made by this project; no outside text was used.

## How it was made

`python -m resources.make {part}` composes the text, trains the vocabulary and the model, and measures it.
The text is simple English about {topics} everyday matters, from bread to buses. It fills {frames} sentence frames and
has {word_forms:,} word forms. Of {pairs:,} pairs of frame and topic, {held_out_pairs:,} were held out: such a frame was
never filled with that topic in training, and the measures below use texts led by such pairs.

| | |
|---|---|
| Parameters | {parameters:,} |
| Weights | bf16, safetensors |
| Steps | {steps:,} |
| Tokens read | {tokens:,} |
| Training time | {minutes:.0f} processor minutes, so half as long on two free cores |
"""

_WHAT = {
    "decoder": (
        "Starter decoder",
        "text-generation",
        (
            "A very small Llama that answers simple questions about everyday matters. It is there for first "
            "experiments without a download: tuning it takes a minute or two on a laptop. It knows only what its text "
            "told it, so do not rely on its answers, and it often fails to take a name over from a question."
        ),
    ),
    "encoder": (
        "Starter encoder",
        "fill-mask",
        (
            "A very small BERT that guesses hidden words in simple English. It is there for first experiments with "
            "classification and tagging without a download."
        ),
    ),
    "encoder-decoder": (
        "Starter encoder-decoder",
        "text2text-generation",
        (
            "A very small T5 that writes what was cut out of simple English text. It is there for first experiments "
            "with rewriting one text into another without a download. It has only begun to learn: see its measures."
        ),
    ),
}


def write_cards(folder: Path, say: Say) -> None:
    """A README.md for each starter model that has its measures; says how the decoder's answers were judged."""
    for part in _WHAT:
        noted = folder / part / "measures.json"
        if noted.exists():
            (folder / part / "README.md").write_text(card(part, json.loads(noted.read_text("utf-8"))), "utf-8")
            say(f"{part}: card written")
    noted = folder / "decoder" / "measures.json"
    if noted.exists():
        good, unread = answers.tally(_judged(json.loads(noted.read_text("utf-8"))))
        say(f"answers to {answers.COUNT} unseen questions: {good} good, {unread} not read (at least {answers.NEEDED})")


def card(part: str, measures: Measures) -> str:
    """The card's text."""
    title, task, what = _WHAT[part]
    head = _HEAD.format(
        title=title,
        task=task,
        what=what,
        part=part,
        parameters=measures["parameters"],
        steps=measures["training"]["steps"],
        tokens=measures["training"]["tokens"],
        minutes=measures["training"]["processor_seconds"] / 60,
        **measures["text"],
    )
    return head + _measured(part, measures) + (_talk(measures) if part == "decoder" else "")


def _measured(part: str, measures: Measures) -> str:
    held_out = measures["held_out"]
    rows = {
        "decoder": [("Perplexity, all tokens", f"{held_out['perplexity']:.2f}")],
        "encoder": [
            ("Hidden words guessed rightly", f"{held_out['accuracy']:.1%}"),
            ("Perplexity on hidden words", f"{held_out['perplexity']:.2f}"),
        ],
        "encoder-decoder": [
            ("Missing tokens written rightly", f"{held_out['accuracy']:.1%}"),
            ("Perplexity on missing tokens", f"{held_out['perplexity']:.2f}"),
        ],
    }[part]
    if part == "decoder":
        rows.append(("Perplexity, answers only", f"{measures['held_out_answers']['perplexity']:.2f}"))
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"\n## On held-out text\n\n| | |\n|---|---|\n{table}\n| Tokens measured | {held_out['tokens']:,} |\n"


def _talk(measures: Measures) -> str:
    judged = _judged(measures)
    good, unread = answers.tally(judged)
    lines = [f"| {_cell(entry.question)} | {_cell(entry.text)} | {_mark(entry.ok)} |" for entry in judged]
    reading = f"{good} of {len(judged)} were found grammatical and on topic by a reader"
    if unread:
        reading += f"; {unread} have not been read yet"
    return (
        "\n## Answers to unseen questions\n\n"
        "Each question fills a frame with a topic that it never met in training. The answers are the most likely "
        f"ones, word by word. {reading}.\n\n"
        "| Question | Answer | Good |\n|---|---|---|\n" + "\n".join(lines) + "\n"
        "\n## Turns of a conversation\n\n"
        "`<|system|>`, `<|user|>` and `<|assistant|>` open a turn and `<|end|>` closes it; the chat template in "
        "`tokenizer_config.json` writes them.\n"
    )


def _judged(measures: Measures) -> list[answers.Answer]:
    """The noted answers with the judgement on record today."""
    record = answers.judgements()
    return [
        answers.Answer(entry["topic"], entry["question"], entry["text"], record.get((entry["question"], entry["text"])))
        for entry in measures["answers"]
    ]


def _mark(ok: bool | None) -> str:
    return {True: "yes", False: "no", None: "not read"}[ok]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
