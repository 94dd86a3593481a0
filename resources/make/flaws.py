"""Plants the flaws of real data into the desk's rows and keeps count of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from resources.make import desk
from resources.make.desk import Row


@dataclass(frozen=True)
class Planned:
    """A row and the flaw planted in it, if any."""

    row: Row
    flaw: str | None = None


# How many rows get each flaw. Copies and the rows of the last four kinds are added; the rest are changed in place.
AMOUNTS = {
    "e-mail address": 14,
    "telephone number": 12,
    "broken characters": 22,
    "stray white space": 40,
    "exact duplicate": 24,
    "near duplicate": 30,
    "empty answer": 18,
}
# The desk itself gives an address or a number in this many of the rows that hold one.
_OF_THE_DESK = 4


def planted(rows: list[Row], chance: random.Random) -> list[Planned]:
    """The rows with their flaws, in the order in which they are exported. No row carries two flaws."""
    texts = desk.load("flaws")
    changed = _changed(rows, texts, chance)
    added = [*_copies(changed, texts, chance), *_empty(changed, texts, chance), *_contradictions(texts, chance)]
    added += [Planned(Row(desk.arrival(chance), **entry), "other language") for entry in texts["foreign"]]
    added.append(Planned(_too_long(texts, chance), "too long"))
    for entry in added:
        changed.insert(chance.randrange(len(changed) // 3, len(changed) + 1), entry)
    return changed


def _changed(rows: list[Row], texts: dict[str, Any], chance: random.Random) -> list[Planned]:
    """Rows of which some are changed in place."""
    changes: dict[str, Callable[[Row, int], Row]] = {
        "e-mail address": lambda row, place: _with_address(row, place, texts, chance),
        "telephone number": lambda row, place: _with_number(row, place, texts, chance),
        "broken characters": lambda row, place: _broken(row, texts, chance),
        "stray white space": lambda row, place: _with_stray_space(row, chance),
    }
    planned = [Planned(row) for row in rows]
    free = chance.sample(range(len(rows)), len(rows))
    for flaw, change in changes.items():
        for place in range(AMOUNTS[flaw]):
            at = free.pop()
            planned[at] = Planned(change(rows[at], place), flaw)
    return planned


def _with_address(row: Row, place: int, texts: dict[str, Any], chance: random.Random) -> Row:
    if place < _OF_THE_DESK:
        return replace(row, answer=desk.with_line(row.answer, texts["desk_mail"]))
    line = chance.choice(texts["mail_lines"]).format(mail=texts["mails"][place % len(texts["mails"])])
    return replace(row, question=desk.with_line(row.question, line))


def _with_number(row: Row, place: int, texts: dict[str, Any], chance: random.Random) -> Row:
    if place < _OF_THE_DESK:
        return replace(row, answer=desk.with_line(row.answer, texts["desk_phone"]))
    line = chance.choice(texts["phone_lines"]).format(phone=texts["phones"][place % len(texts["phones"])])
    return replace(row, question=desk.with_line(row.question, line))


def _broken(row: Row, texts: dict[str, Any], chance: random.Random) -> Row:
    """UTF-8 read as Windows-1252, as in a spreadsheet that was saved by one program and opened by another."""
    question = row.question
    if mojibake(question) == question and mojibake(row.answer) == row.answer:
        question = desk.with_line(question, chance.choice(texts["mojibake_lines"]))
    return replace(row, question=mojibake(question), answer=mojibake(row.answer))


def mojibake(text: str) -> str:
    """The text after a wrong decoding. Characters whose bytes Windows-1252 lacks stay as they are."""
    return "".join(_misread(letter) for letter in text)


def _misread(letter: str) -> str:
    try:
        return letter.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return letter


def _with_stray_space(row: Row, chance: random.Random) -> Row:
    """Spaces at the ends, doubled spaces, tabs, line ends and spaces that do not break."""
    way = chance.randrange(5)
    if way == 0:
        return replace(row, question=f"  {row.question}", answer=f"{row.answer}   ")
    if way == 1:
        return replace(row, answer=row.answer.replace(". ", ".  "))
    if way == 2:
        return replace(row, question=f"\t{row.question}")
    if way == 3:
        return replace(row, answer=f"{row.answer}\n\n")
    return replace(row, question=row.question.replace(" ", "\u00a0", 2))


def _copies(planned: list[Planned], texts: dict[str, Any], chance: random.Random) -> list[Planned]:
    """Exact copies of sound rows, and copies whose question is worded a little differently."""
    exact, near = AMOUNTS["exact duplicate"], AMOUNTS["near duplicate"]
    drawn = chance.sample(_plain(planned), exact + near)
    reworded = [replace(row, question=_reworded(row.question, texts, chance)) for row in drawn[exact:]]
    return [Planned(row, "exact duplicate") for row in drawn[:exact]] + [
        Planned(row, "near duplicate") for row in reworded
    ]


def _plain(planned: list[Planned]) -> list[Row]:
    """Sound rows that begin without a greeting, so that a sentence can be put before them."""
    greetings = tuple(desk.load("style")["greeting"])
    return [entry.row for entry in planned if entry.flaw is None and not entry.row.question.startswith(greetings)]


def _reworded(question: str, texts: dict[str, Any], chance: random.Random) -> str:
    """The question as the same person might type it a second time."""
    way = chance.randrange(4)
    if way == 0:
        return question.replace("?", "??")
    if way == 1:
        return question.replace("?", "").lower()
    return chance.choice(texts["near"]).format(question=question)


def _empty(planned: list[Planned], texts: dict[str, Any], chance: random.Random) -> list[Planned]:
    """Messages that nobody has answered: some cells are empty, some hold only spaces."""
    drawn = chance.sample(_plain(planned), AMOUNTS["empty answer"])
    asked = [f"{chance.choice(texts['unanswered'])} {row.question}" for row in drawn]
    return [
        Planned(Row(desk.arrival(chance), row.topic, question, "  " if place % 3 == 2 else ""), "empty answer")
        for place, (row, question) in enumerate(zip(drawn, asked, strict=True))
    ]


def _contradictions(texts: dict[str, Any], chance: random.Random) -> list[Planned]:
    """The same question answered in two ways that cannot both be true."""
    style = desk.load("style")
    return [
        Planned(
            Row(
                desk.arrival(chance),
                entry["topic"],
                entry["question"],
                " ".join((chance.choice(style["opening"]), told, chance.choice(style["closing"]))),
            ),
            "contradiction",
        )
        for entry in texts["contradiction"]
        for told in entry["answers"]
    ]


def _too_long(texts: dict[str, Any], chance: random.Random) -> Row:
    """One answer that is longer than any model here can read: everything the desk knows."""
    everything = [sentence for subject in desk.subjects() for sentence in (subject.core, *subject.more)]
    told = " ".join([texts["long_opening"], *everything])
    return Row(desk.arrival(chance), "practical", texts["long_question"], told)
