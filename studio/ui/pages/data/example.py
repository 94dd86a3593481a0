"""The tokens of an example in groups, as the kit draws them: turns, marks, what becomes likelier. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from studio.ui.widgets.token_layout import Token, TokenGroup

_SIGN = re.compile(r"\s*(<[|/]?[\w .-]+[|]?>|\[/?[A-Z]+\])\s*")


def is_special(text: str) -> bool:
    """Whether a token looks like a sign of the model's own, such as <|user|>, and not like text of the row."""
    return _SIGN.fullmatch(text) is not None


def as_tokens(pairs: Iterable[tuple[str, str]]) -> tuple[Token, ...]:
    """The preview's (text, state) pairs as the kit's tokens."""
    return tuple(Token(text, state, special=is_special(text)) for text, state in pairs)  # type: ignore[arg-type]


_TURNS = (
    ("system", ("system",), "info"),
    ("prompt", ("user", "human"), "user"),
    ("answer", ("assistant", "model", "bot"), "graduation-cap"),
)


def turn_of(sign: str) -> tuple[str, str]:
    """The role and icon of the turn that a sign such as <|user|> begins; empty for any other sign."""
    for role, names, icon in _TURNS:
        if any(name in sign.lower() for name in names) and "end" not in sign.lower():
            return role, icon
    return "", ""


def groups_of(all_tokens: Sequence[Token], words: Mapping[str, tuple[str, str]]) -> list[TokenGroup]:
    """The tokens by turns. `words` gives each role its title and the column it comes from.

    What stands before the first turn joins it; tokens without such signs stay one group without a heading.
    """
    cuts = [(place, _turn_at(all_tokens, place)) for place, token in enumerate(all_tokens) if token.special]
    starts = [(place, role, icon) for place, (role, icon) in cuts if role in words]
    if not starts:
        return [TokenGroup(tuple(all_tokens))]
    groups = []
    for at, (place, role, icon) in enumerate(starts):
        begin = 0 if at == 0 else place
        end = starts[at + 1][0] if at + 1 < len(starts) else len(all_tokens)
        title, note = words[role]
        groups.append(TokenGroup(tuple(all_tokens[begin:end]), title, note, icon, learnt=role == "answer"))
    return groups


def _turn_at(tokens: Sequence[Token], place: int) -> tuple[str, str]:
    """The turn that a sign begins: by what stands in it, or, where it is the same for all turns, by the word after."""
    found = turn_of(tokens[place].text)
    if found != ("", "") or "end" in tokens[place].text.lower() or place + 1 >= len(tokens):
        return found
    word = tokens[place + 1].text.strip().lower()
    return next(((role, icon) for role, names, icon in _TURNS if word in names), ("", ""))


MARK_TONES = ("train", "valid", "good", "warn", "bad")
OUTSIDE = "O"


def mark_name(tag: str) -> str:
    """The name of the mark that a tag belongs to: B-dose and I-dose are dose; empty for no mark."""
    if tag in ("", OUTSIDE):
        return ""
    return tag[2:] if tag[1:2] == "-" else tag


def as_marked(pairs: Sequence[tuple[str, str]], marks: Sequence[str], tones: dict[str, str]) -> tuple[Token, ...]:
    """Tokens with the marks that they are taught to be, each mark in its colour with its name behind it. `tones` gives
    each name its colour and learns new ones. Pieces of a marked word that are not taught belong to the mark too."""
    found: list[Token] = []
    open_name = ""
    for (text, state), tag in zip(pairs, marks, strict=True):
        special = is_special(text)
        later_piece = not tag and not special and not text[:1].isspace()
        goes_on = open_name and (tag.startswith("I-") or later_piece or tag == open_name)
        if open_name and not goes_on:
            found.append(Token(open_name, "learnt", special=True, note=True, tone=tones[open_name]))
            open_name = ""
        open_name = mark_name(tag) or (open_name if goes_on else "")
        if open_name:
            tones.setdefault(open_name, MARK_TONES[len(tones) % len(MARK_TONES)])
        if state == "cut" or not tag:
            found.append(Token(text, "cut" if state == "cut" else "read", special=special))
        else:
            found.append(Token(text, "learnt", tone=tones[open_name] if open_name else "none"))
    if open_name:
        found.append(Token(open_name, "learnt", special=True, note=True, tone=tones[open_name]))
    return tuple(found)


def in_tone(tokens: Iterable[Token], tone: str) -> tuple[Token, ...]:
    """The same tokens; what is learnt of them in another colour."""
    return tuple(replace(token, tone=tone) if token.kind == "learnt" else token for token in tokens)


def apart(better: Sequence[Token], worse: Sequence[Token]) -> int:
    """How many tokens two answers share at their beginning: the question. It ends where something is learnt, or else at
    the last sign of the model's own, or line break, before the answers differ."""
    shared = 0
    for one, other in zip(better, worse, strict=False):
        if one != other or one.kind == "learnt":
            break
        shared += 1
    if shared < len(better) and better[shared].kind == "learnt":
        return shared
    return max((place for place in range(1, shared + 1) if _begins_anew(better, place)), default=shared)


def _begins_anew(tokens: Sequence[Token], place: int) -> bool:
    """Whether a turn or a line ends before this token."""
    before = tokens[place - 1]
    return before.special or before.text.endswith("\n") or (place < len(tokens) and tokens[place].text.startswith("\n"))
