"""Leaving out examples that lack what is asked or what should be answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from studio.api import Cleaner, Dropped, Kept, Settings, setting
from studio.builtin.conversations import MESSAGES, answered, conversation

_NEEDED = ("prompt", "answer", "text", "label", "value", "words", "tags", "chosen", "rejected", "liked")
_NOTHING = frozenset(("n/a", "na", "none", "null", "nan", "-", "--", "?", "tbd", "…", "..."))


class DropEmptySettings(Settings):
    """What counts as empty."""

    placeholders: bool = setting(
        True,
        "Treat “N/A”, “-” and the like as empty",
        help="An answer that says only “N/A”, “none” or “-” teaches nothing.",
        level="basic",
    )
    shortest: int = setting(
        1,
        "Shortest answer",
        help="Answers with fewer characters count as empty.",
        too_high="Good short answers such as “Yes” are left out.",
        minimum=1,
        maximum=1000,
        unit="characters",
    )


class DropEmpty(Cleaner[DropEmptySettings]):
    """Drops examples in which the question or the answer is empty, and conversations without an answer."""

    id = "drop-empty"
    title = "Leave out empty examples"
    summary = "Leaves out rows in which something is missing that is needed to learn."
    explanation = (
        "A row without an answer teaches nothing, and one without a question teaches to answer nothing. "
        "Conversations in which the model never speaks are left out too."
    )
    order = 30
    Settings = DropEmptySettings

    def clean(
        self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: DropEmptySettings
    ) -> Iterator[Kept | Dropped]:
        used = {role: [column for column, each in roles.items() if each == role] for role in (*_NEEDED, MESSAGES)}
        for row in rows:
            reason = _missing(row, used, settings)
            yield Dropped(reason) if reason else Kept(row)


def _missing(row: Mapping[str, str], used: Mapping[str, list[str]], settings: DropEmptySettings) -> str:
    """What a row lacks, in a few words; empty when it lacks nothing."""
    talks = [cell for column in used[MESSAGES] if (cell := row.get(column, "").strip())]
    needed = _NEEDED
    if talks or (used[MESSAGES] and not used["answer"]):
        elsewhere = _filled(row, used["answer"], settings) or bool(used["chosen"])
        if reason := _missing_in_talk(talks[0] if talks else "", elsewhere, settings):
            return reason
        needed = tuple(role for role in _NEEDED if role not in ("prompt", "answer"))
    for role in needed:
        if used[role] and not _filled(row, used[role], settings):
            return _REASONS[role]
    return ""


_REASONS = {
    "prompt": "it has no question",
    "answer": "it has no answer",
    "text": "it has no text",
    "label": "it has no class",
    "value": "it has no number",
    "words": "it has no words",
    "tags": "it has no marks",
    "chosen": "it has no better answer",
    "rejected": "it has no other answer",
    "liked": "it does not say whether it was liked",
}


def _filled(row: Mapping[str, str], columns: list[str], settings: DropEmptySettings) -> bool:
    return any(_says_something(answered(row.get(column, "")).words, settings) for column in columns)


def _says_something(text: str, settings: DropEmptySettings) -> bool:
    words = text.strip()
    return len(words) >= settings.shortest and not (settings.placeholders and words.lower() in _NOTHING)


def _missing_in_talk(cell: str, answered: bool, settings: DropEmptySettings) -> str:
    messages = conversation(cell)
    if not cell:
        return "its conversation is empty"
    if messages is None:
        return "its conversation can't be read"
    said = [turn for turn in messages if turn.role == "assistant"]
    answers = any(_says_something(turn.content, settings) or turn.extra.get("tool_calls") for turn in said)
    return "" if answers or answered else "its conversation has no answer"
