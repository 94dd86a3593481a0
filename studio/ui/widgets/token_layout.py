"""Where each token stands: lines, gaps and direction, without painting anything.

The layout is a plain function over measured words so that it can be tested and costs little for thousands of tokens.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from PySide6.QtCore import QRectF

TokenKind = Literal["learnt", "read", "cut"]

LINE, BOX, PAD, PILL_PAD = 28.0, 20.0, 2.5, 7.0
_WORD_GAP, _PIECE_GAP = 6.0, 1.5
_MARKS = str.maketrans({"\n": "↵", "\t": "⇥", "\r": "␍", "\xa0": "⍽"})
_JOINER = "\u200d"


@dataclass(frozen=True)
class Token:
    """One token as the model gets it: `text` with its leading spaces; `special` tokens are drawn as pills.

    `tone` is a colour token other than the kind's own; "none" is for what is learnt to be nothing in particular. A
    `note` is no token: it is a word of ours behind tokens, drawn as a pill.
    """

    text: str
    kind: TokenKind = "read"
    id: int | None = None
    special: bool = False
    tone: str = ""
    note: bool = False


@dataclass(frozen=True)
class TokenGroup:
    """One part of an example (instruction, question, answer) with its heading."""

    tokens: tuple[Token, ...]
    title: str = ""
    note: str = ""
    icon: str = ""
    learnt: bool = False


class Placed(NamedTuple):
    """One token's box and the word in it."""

    rect: QRectF
    word: str
    token: Token
    right_to_left: bool = False


def shown_word(token: Token) -> str:
    """What stands in the box: line breaks and tabs as marks, spaces around left out, a lone space as a mark."""
    text = token.text
    if token.special:
        return text
    marked = text.translate(_MARKS)
    word = marked.strip(" ")
    return word if word else "␣" * max(1, len(marked))


def runs_right_to_left(tokens: Sequence[Token]) -> bool:
    """Whether the group's first letter with a direction runs from right to left."""
    for token in tokens:
        if token.special:
            continue
        for letter in token.text:
            way = unicodedata.bidirectional(letter)
            if way in ("R", "AL"):
                return True
            if way == "L":
                return False
    return False


def _joins(letter: str) -> bool:
    return "\u0600" <= letter <= "\u08ff" and unicodedata.bidirectional(letter) == "AL"


def shaped_words(tokens: Sequence[Token]) -> list[str]:
    """The words in their boxes; pieces of one Arabic word keep the forms that they have inside the word."""
    words = [shown_word(token) for token in tokens]
    for place in range(len(tokens) - 1):
        left, right = tokens[place], tokens[place + 1]
        if left.special or right.special or not left.text or not right.text:
            continue
        if _joins(left.text[-1]) and _joins(right.text[0]):
            words[place] += _JOINER
            words[place + 1] = _JOINER + words[place + 1]
    return words


class Measured(NamedTuple):
    """A token's word and width, and the gap before it: all that does not depend on the column's width."""

    token: Token
    word: str
    width: float
    gap: float


def measured(tokens: Sequence[Token], measure: Callable[[str, Token], float]) -> list[Measured]:
    """Measure every word once; `measure(word, token)` gives its width in pixels."""
    found: list[Measured] = []
    before: Token | None = None
    for token, word in zip(tokens, shaped_words(tokens), strict=True):
        gap = 0.0 if before is None else _WORD_GAP if _apart(token, before) else _PIECE_GAP
        padding = PILL_PAD if token.special else PAD
        found.append(Measured(token, word, measure(word, token) + 2 * padding, gap))
        before = token
    return found


def lay_out(words: Sequence[Measured], width: float, top: float = 0.0) -> tuple[list[Placed], float]:
    """Place words in lines of `width`, the first line's top at `top`. Returns boxes and the height that they take."""
    right_to_left = runs_right_to_left([each.token for each in words])
    placed: list[Placed] = []
    x, line, fresh = 0.0, 0, True
    y = top + (LINE - BOX) / 2
    for each in words:
        wide = min(width, each.width)
        gap = 0.0 if fresh else each.gap
        if not fresh and x + gap + wide > width:
            x, line, gap = 0.0, line + 1, 0.0
        left = width - x - gap - wide if right_to_left else x + gap
        placed.append(Placed(QRectF(left, y + line * LINE, wide, BOX), each.word, each.token, right_to_left))
        x, fresh = x + gap + wide, False
        if each.token.text.endswith("\n") and not each.token.special:
            x, line, fresh = 0.0, line + 1, True
    lines = line + (0 if fresh and words else 1)
    return placed, max(1, lines) * LINE


def _apart(token: Token, before: Token) -> bool:
    """Whether a gap as wide as a space stands before `token`."""
    return token.special or before.special or token.text[:1].isspace() or before.text[-1:].isspace()
