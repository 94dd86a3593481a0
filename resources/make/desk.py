"""Composes what visitors ask Larkfield House and what its help desk answers, without any flaw."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "desk"
ROWS_PER_SUBJECT = 12
_FIRST_DAY = date(2024, 2, 1)
_DAYS = 640


@dataclass(frozen=True)
class Row:
    """One message to the desk and the desk's answer."""

    received: str
    topic: str
    question: str
    answer: str


@dataclass(frozen=True)
class Subject:
    """One matter that visitors ask about."""

    topic: str
    ask: tuple[str, ...]
    core: str
    more: tuple[str, ...]


def load(name: str) -> dict[str, Any]:
    """One of the desk's files."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def subjects() -> tuple[Subject, ...]:
    """All matters, in the order of the files."""
    entries = [entry for name in ("visits", "house") for entry in load(name).values()]
    return tuple(Subject(entry["topic"], tuple(entry["ask"]), entry["core"], tuple(entry["more"])) for entry in entries)


def clean_rows(chance: random.Random) -> list[Row]:
    """Rows in order of arrival, each with a question that no other row has."""
    style = load("style")
    rows: list[Row] = []
    for subject in subjects():
        for question in _questions(subject, style, chance):
            rows.append(Row(arrival(chance), subject.topic, question, answer(subject, style, chance)))
    return sorted(rows, key=lambda row: row.received)


def arrival(chance: random.Random) -> str:
    """A day on which a message came."""
    return (_FIRST_DAY + timedelta(days=chance.randrange(_DAYS))).isoformat()


def answer(subject: Subject, style: dict[str, Any], chance: random.Random) -> str:
    """The desk's answer in its house style: a kind opening, the matter, and a closing line."""
    parts = [chance.choice(style["opening"]), subject.core]
    if chance.random() < 0.6:
        parts.append(chance.choice(subject.more))
    return " ".join([*parts, chance.choice(style["closing"])])


def with_line(text: str, line: str) -> str:
    """The text with one more sentence, put before a closing line of the house style if there is one."""
    style = load("style")
    for end in (*style["thanks"], *style["closing"]):
        if text.endswith(end):
            return f"{text.removesuffix(end)}{line} {end}"
    return f"{text} {line}"


def _questions(subject: Subject, style: dict[str, Any], chance: random.Random) -> Iterator[str]:
    """Different questions about one subject, beginning with its bare wordings."""
    asked: set[str] = set()
    while len(asked) < ROWS_PER_SUBJECT:
        question = _worded(chance.choice(subject.ask), style, chance)
        if question not in asked:
            asked.add(question)
            yield question


def _worded(wording: str, style: dict[str, Any], chance: random.Random) -> str:
    parts = [wording]
    if chance.random() < 0.55:
        parts.insert(0, chance.choice(style["context"]))
    if chance.random() < 0.35:
        parts.insert(0, chance.choice(style["greeting"]))
    if chance.random() < 0.4:
        parts.append(chance.choice(style["thanks"]))
    return " ".join(parts)
