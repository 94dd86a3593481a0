"""The topics that the text is about, read from the files in `topics/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "topics"


@dataclass(frozen=True)
class Topic:
    """One everyday matter: an activity, what belongs to it, and what is known about it.

    Steps, tips and mistakes are verb phrases in their base form; facts and problems are whole sentences; likes,
    harms and care are clauses without a full stop. Pairs are split at the bar in the file. `alone` marks what nobody
    does for company, such as a visit to the dentist.
    """

    id: str
    noun: str
    do: str
    place: str
    person: str
    time: str
    when: str
    costly: bool
    price: str
    tools: tuple[str, ...]
    steps: tuple[str, ...]
    facts: tuple[str, ...]
    likes: tuple[str, ...]
    mistakes: tuple[tuple[str, str], ...]
    tips: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    terms: tuple[tuple[str, str], ...]
    pair: tuple[str, str]
    contrast: str
    child: str
    care: str
    alone: bool


def load_topics(folder: Path = FOLDER) -> tuple[Topic, ...]:
    """All topics, in the order of files and entries."""
    return tuple(
        _topic(name, entry)
        for path in sorted(folder.glob("*.toml"))
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()
    )


def _topic(name: str, entry: dict[str, Any]) -> Topic:
    cost, price = _split(entry["cost"])
    first, second, contrast = (part.strip() for part in entry["pair"].split("|"))
    return Topic(
        id=name,
        noun=entry["noun"],
        do=entry["do"],
        place=entry["place"],
        person=entry["person"],
        time=entry["time"],
        when=" ".join(_split(entry["when"])),
        costly=cost == "yes",
        price=price,
        tools=tuple(entry["tools"]),
        steps=tuple(entry["steps"]),
        facts=tuple(entry["facts"]),
        likes=tuple(entry["likes"]),
        mistakes=tuple(_split(pair) for pair in entry["mistakes"]),
        tips=tuple(entry["tips"]),
        problems=tuple(_split(pair) for pair in entry["problems"]),
        terms=tuple(_split(pair) for pair in entry["terms"]),
        pair=(first, second),
        contrast=contrast,
        child=entry["child"],
        care=entry["care"],
        alone=entry.get("alone", False),
    )


def _split(pair: str) -> tuple[str, str]:
    left, right = pair.split(" | ")
    return left, right
