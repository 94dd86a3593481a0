"""See what it learns: the real tokens of prepared examples, each learnt, only read, or cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from studio.api import Encoder, Example, Objective, Settings, Token
from studio.data.pages import Pages
from studio.data.statistics import Counts

Only = Literal["all", "cut", "teach-nothing"]


class PreviewRow(BaseModel):
    """One example as tokens. `learnt` and `cut` count them; `teaches` is False for a row that teaches nothing."""

    model_config = ConfigDict(frozen=True)

    id: str
    origin: str
    tokens: tuple[tuple[str, str], ...]
    learnt: int
    cut: int
    teaches: bool
    refused: str = ""


def page(prepared: Path, how: tuple[Objective[Any], Settings, Encoder], numbers: Sequence[int]) -> list[PreviewRow]:
    """The examples with these row numbers as tokens."""
    objective, settings, encoder = how
    return [_row(row, objective.encode(row, encoder, settings)) for row in Pages(prepared).at(numbers)]


def chosen(prepared: Path, counts: Counts | None, split: str, only: Only) -> np.ndarray[Any, Any]:
    """The row numbers of a split, or of those rows in it that are cut or teach nothing (which needs the counts)."""
    in_split = np.array([name == split for name in Pages(prepared).column("split")], bool)
    if counts is not None and only == "cut":
        in_split &= counts.cut > 0
    elif counts is not None and only == "teach-nothing":
        in_split &= counts.learnt == 0
    return np.flatnonzero(in_split)


def _row(row: dict[str, str], example: Example) -> PreviewRow:
    return PreviewRow(
        id=row["id"],
        origin=row["origin"],
        tokens=tuple((token.text, token.state) for token in tokens_of(example)),
        learnt=example.learnt,
        cut=len(example.cut),
        teaches=example.learnt > 0,
        refused=str(example.extra.get("refused", "")),
    )


def tokens_of(example: Example) -> list[Token]:
    """The example's tokens with their texts, which together are the rendered text, white space kept.

    Tokens that share one character (pieces of a letter outside the usual ones) come as a single one.
    """
    tokens: list[Token] = []
    place = 0
    for end, state in _states(example):
        if end > place:
            tokens.append(Token(example.text[place:end], state))
            place = end
    if place < len(example.text) and tokens:
        tokens[-1] = tokens[-1]._replace(text=tokens[-1].text + example.text[place:])
    return tokens


State = Literal["learnt", "read", "cut"]


def _states(example: Example) -> Iterator[tuple[int, State]]:
    """Where each token ends, and what becomes of it. The first token of a row is never taught."""
    for place, ((_, end), learn) in enumerate(zip(example.spans, example.learn, strict=True)):
        yield end, "learnt" if learn and place else "read"
    for _, end in example.cut_spans:
        yield end, "cut"
