"""See what it learns: the real tokens of prepared examples, each learnt, only read, or cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from studio.api import Encoder, Example, Objective, Settings, Token
from studio.data.pages import Pages
from studio.data.statistics import Counts, taught

Only = Literal["all", "cut", "teach-nothing"]


MOST_PASSAGES = 4
"""So many passages of one row are shown; of a book there would be hundreds."""


class PreviewRow(BaseModel):
    """One example as tokens. `learnt` counts what is taught and `cut` the tokens that did not fit; `teaches` is False
    for a row that teaches nothing. A long text becomes several examples: this is `part` of `parts`.

    `marks` names what each of `tokens` is taught to be ("" = nothing is taught there); `other` holds the tokens of the
    second text (what the first should become, or the answer that is not as good); `labels` and `value` are what the
    whole text is taught to be.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    origin: str
    tokens: tuple[tuple[str, str], ...]
    learnt: int
    cut: int
    teaches: bool
    refused: str = ""
    part: int = 1
    parts: int = 1
    marks: tuple[str, ...] = ()
    other: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] | None = None
    value: float | None = None


def page(prepared: Path, how: tuple[Objective[Any], Settings, Encoder], numbers: Sequence[int]) -> list[PreviewRow]:
    """The examples of the rows with these numbers as tokens; of a row that gives many, the first few."""
    objective, settings, encoder = how
    found = []
    for row in Pages(prepared).at(numbers):
        examples = objective.examples(row, encoder, settings)
        for place, example in enumerate(examples[:MOST_PASSAGES]):
            found.append(row_of(row, example, place + 1, len(examples)))
    return found


def chosen(prepared: Path, counts: Counts | None, split: str, only: Only) -> np.ndarray[Any, Any]:
    """The row numbers of a split, or of those rows in it that are cut or teach nothing (which needs the counts)."""
    in_split = np.array([name == split for name in Pages(prepared).column("split")], bool)
    if counts is not None and only == "cut":
        in_split &= counts.cut > 0
    elif counts is not None and only == "teach-nothing":
        in_split &= counts.learnt == 0
    return np.flatnonzero(in_split)


def row_of(row: dict[str, str], example: Example, part: int, parts: int) -> PreviewRow:
    """One example as tokens; `row` tells its id and where it is from."""
    pieces = _pieces(example)
    return PreviewRow(
        id=row["id"],
        origin=row["origin"],
        tokens=tuple((token.text, token.state) for token, _ in pieces),
        learnt=taught(example),
        cut=len(example.cut) + (len(example.other.cut) if example.other else 0),
        teaches=example.learnt > 0,
        refused=str(example.extra.get("refused", "")),
        part=part,
        parts=parts,
        marks=tuple(_mark(example, number) for _, number in pieces) if example.tags else (),
        other=tuple((token.text, token.state) for token in tokens_of(example.other)) if example.other else (),
        labels=example.labels,
        value=example.value,
    )


def _mark(example: Example, number: int) -> str:
    return example.tags[number] if number < len(example.tags) else ""


def tokens_of(example: Example) -> list[Token]:
    """The example's tokens with their texts, which together are the rendered text, white space kept.

    Tokens that share one character (pieces of a letter outside the usual ones) come as a single one.
    """
    return [token for token, _ in _pieces(example)]


def _pieces(example: Example) -> list[tuple[Token, int]]:
    """Each token with its text, and its number in the example."""
    found: list[tuple[Token, int]] = []
    place = 0
    for number, (end, state) in enumerate(_states(example)):
        if end > place:
            found.append((Token(example.text[place:end], state), number))
            place = end
    if place < len(example.text) and found:
        last, number = found[-1]
        found[-1] = last._replace(text=last.text + example.text[place:]), number
    return found


State = Literal["learnt", "read", "cut"]


def _states(example: Example) -> Iterator[tuple[int, State]]:
    """Where each token ends, and what becomes of it. The first token of a row is never taught."""
    for place, ((_, end), learn) in enumerate(zip(example.spans, example.learn, strict=True)):
        yield end, "learnt" if learn and place else "read"
    for _, end in example.cut_spans:
        yield end, "cut"
