"""What columns are for where a text is sorted, graded, marked, read or compared: guessed by name, then by content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson

from studio.api import Column
from studio.data import column_names as names

Samples = Mapping[str, Sequence[str]]
MOST_LABELS = 0.34
"""A column of classes repeats itself: at most this share of its texts differ."""
_NUMBER = re.compile(r"[-+\u2212]?\d+(?:[.,]\d+)?\s*[%€$£]?")
_YES_NO = frozenset(
    (
        *("true", "false", "yes", "no", "y", "n", "1", "0", "1.0", "0.0", "good", "bad", "ja", "nein", "oui", "non"),
        *("sí", "si", "no", "👍", "👎", "+", "-", "like", "dislike", "up", "down", "+1", "-1"),
    )
)


class _Known(NamedTuple):
    """A role's usual names, what a column must be like to have it, and how a guess by content is explained."""

    names: tuple[str, ...]
    suits: Callable[[Sequence[str]], bool]
    because: str


def guess_roles(samples: Samples, wanted: Iterable[str]) -> tuple[Column, ...]:
    """A role ("" = not used) and the reason for each column, in order. Each wanted role goes to one column."""
    found: dict[str, tuple[str, str]] = {}
    filled = {name: [cell.strip() for cell in cells if cell.strip()] for name, cells in samples.items()}
    roles = [role for role in _ORDER if role in set(wanted)]
    for by_name in (True, False):
        for role in roles:
            if any(taken == role for taken, _ in found.values()):
                continue
            free = [name for name in samples if name not in found and filled[name] and _ROLES[role].suits(filled[name])]
            if chosen := _chosen(role, free, filled, by_name=by_name):
                found[chosen[0]] = (role, chosen[1])
    nothing = "Nothing says what it is for, so it is kept but not used."
    return tuple(Column(name, *found.get(name, ("", nothing if filled[name] else "It is empty."))) for name in samples)


def _chosen(role: str, free: list[str], filled: Samples, *, by_name: bool) -> tuple[str, str] | None:
    """The column for a role among those that are free, with the reason."""
    known = _ROLES[role]
    if by_name:
        ranked = [(place, name) for name in free if (place := _rank(name, known.names)) is not None]
        if not ranked:
            return None
        name = min(ranked, key=lambda pair: (pair[0], free.index(pair[1])))[1]
        return name, f"“{names.plain(name)[:40]}” is a usual name for {_WORDS[role]}."
    if not free or not known.because:
        return None
    longest = max(free, key=lambda name: sum(map(len, filled[name])) / len(filled[name]))
    return longest if role in ("text", "words") else free[0], known.because


def says(name: str, role: str) -> bool:
    """Whether a column's name is a usual one for a role."""
    return role in _ROLES and _rank(name, _ROLES[role].names) is not None


def _rank(name: str, usual: tuple[str, ...]) -> int | None:
    """A whole name first, whatever it is called elsewhere; then names that contain a usual word."""
    whole = names.plain(name)
    return usual.index(whole) if whole in usual else names.rank(name, usual)


def _is_text(cells: Sequence[str]) -> bool:
    return not _is_number(cells) and sum(len(cell.split()) > 1 or len(cell) > 12 for cell in cells) > len(cells) / 2


def _is_class(cells: Sequence[str]) -> bool:
    few = len(set(cells)) <= max(2, MOST_LABELS * len(cells)) or len(cells) < 10
    return few and sum(map(len, cells)) / len(cells) <= 60


def _is_number(cells: Sequence[str]) -> bool:
    return sum(bool(_NUMBER.fullmatch(cell)) for cell in cells) >= 0.95 * len(cells)


def _is_yes_no(cells: Sequence[str]) -> bool:
    return all(cell.casefold() in _YES_NO for cell in cells)


def _is_list(cells: Sequence[str]) -> bool:
    """Lists of tags or of marked places."""
    for cell in cells[:50]:
        try:
            found = orjson.loads(cell)
        except orjson.JSONDecodeError:
            return all(tag == "O" or tag[1:2] == "-" for tag in cell.split())
        if not isinstance(found, list):
            return False
    return True


def _anything(cells: Sequence[str]) -> bool:
    return True


_TEXT = (
    *("text", "sentence", "utterance", "content", "body", "message", "document", "article", "review", "comment"),
    *("clause", "mail", "email", "note", "report", "description", "query", "question", "prompt", "input", "title"),
    *(
        "satz",
        "nachricht",
        "inhalt",
        "beschreibung",
        "texte",
        "phrase",
        "texto",
        "mensaje",
        "testo",
        "文本",
        "テキスト",
    ),
)
_LABEL = (
    *("label", "class", "category", "intent", "labels", "classes", "categories", "sentiment", "topic", "tag", "type"),
    *("kategorie", "klasse", "etikett", "thema", "catégorie", "classe", "categoría", "clase", "categoria", "answer"),
    *("output", "target", "gold", "标签", "类别", "ラベル"),
)
_VALUE = (
    *("value", "score", "rating", "grade", "price", "stars", "number", "amount", "points", "label", "target"),
    *("wert", "note", "punkte", "preis", "bewertung", "valeur", "prix", "valor", "precio", "voto"),
)
_ROLES = {
    "chosen": _Known(("chosen", "preferred", "better", "winner", "accepted", "good", "best"), _anything, ""),
    "rejected": _Known(
        ("rejected", "dispreferred", "worse", "loser", "refused", "bad", "worst", "not chosen"), _anything, ""
    ),
    "liked": _Known(
        ("liked", "label", "kto tag", "thumbs", "thumbs up", "feedback", "desirable", "good", "rating", "vote"),
        _is_yes_no,
        "It says only yes or no.",
    ),
    "tags": _Known(
        ("tags", "ner tags", "ner", "entities", "spans", "marks", "annotations", "labels", "label"),
        _is_list,
        "Its cells are lists of marks.",
    ),
    "words": _Known(("words", "tokens", *_TEXT), _anything, "It holds the longest texts."),
    "value": _Known(_VALUE, _is_number, "It holds numbers only."),
    "label": _Known(_LABEL, _is_class, "It says the same few things again and again, as classes do."),
    "text": _Known(_TEXT, _is_text, "It holds the longest texts."),
}
_ORDER = ("chosen", "rejected", "liked", "tags", "words", "value", "label", "text")
_WORDS = {
    "chosen": "the better answer",
    "rejected": "the answer that is not as good",
    "liked": "whether an answer was liked",
    "tags": "marks in a text",
    "words": "the words of a text",
    "value": "the number to guess",
    "label": "the class of a text",
    "text": "a text",
}
