"""What each column is for: guessed from its name and from what stands in it, with the reason in a sentence.

A guess is a beginning; the person changes it above the column. Roles: prompt, context, answer, system, messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from studio.api import Column
from studio.data import column_names as names
from studio.data.labelled_columns import guess_roles
from studio.data.pages import Pages

ORIGIN = "_origin"
SAMPLE_ROWS = 1000
SAMPLE_CHARACTERS = 4000
CONSTANT_ROWS = 20
"""From so many rows on, a column that says the same everywhere is taken for a remark and not for content."""

Samples = Mapping[str, Sequence[str]]

_UNUSED = "Nothing says what it is for, so it is kept but not used."
_QUESTION_MARK = re.compile(r"[?？؟;]\s*$|^¿")
_NO_TEXT = re.compile(
    r"[-+]?[\d.,:/ %€$£()TZ-]+|https?://\S+|true|false|[\w.-]+@[\w.-]+|[0-9a-f-]{16,}|\[.*\]|\{.*\}",
    re.IGNORECASE | re.DOTALL,
)


class _Facts(NamedTuple):
    """What the texts of a column are like. Shares are of the texts that are not empty."""

    filled: float
    constant: bool
    text: float
    words: float
    length: float
    questions: float
    different: float


ASKING = frozenset(("messages", "prompt", "context", "answer", "system", "tools"))


def guess(samples: Samples, wanted: Iterable[str] = ASKING) -> tuple[Column, ...]:
    """A role of the wanted ones ("" = not used) and the reason for each column, in order."""
    roles = set(wanted)
    if "answer" in roles and not roles - ASKING:
        return tuple(column if column.role in roles else column._replace(role="") for column in _asking(samples))
    special = guess_roles(samples, roles)
    taken = {column.name for column in special if column.role}
    asking = {column.name: column for column in _asking({n: v for n, v in samples.items() if n not in taken})}
    return tuple(
        asking[column.name] if not column.role and asking[column.name].role in roles else column for column in special
    )


def _asking(samples: Samples) -> tuple[Column, ...]:
    """Roles of questions with answers, or of whole conversations."""
    facts = {name: _facts(values) for name, values in samples.items()}
    reasons = {name: reason for name in samples if (reason := _no_content(facts[name]))}
    open_columns = [name for name in samples if name not in reasons]
    tools = _tools(samples)
    others = [name for name in open_columns if name not in tools]
    found = {**(_conversation(others, samples) or _pair(others, facts, samples)), **tools}
    columns = []
    for name in samples:
        role, reason = found.get(name, ("", reasons.get(name, _UNUSED)))
        columns.append(Column(name, role, reason))
    return tuple(columns)


_Found = dict[str, tuple[str, str]]


def _conversation(columns: list[str], samples: Samples) -> _Found:
    """Whole conversations: ShareGPT's from/value, or role/content."""
    talks = [(name, style) for name in columns if (style := conversation_style(samples[name]))]
    if not talks:
        return {}
    name, style = min(talks, key=lambda talk: _or_last(names.rank(talk[0], names.CONVERSATION)))
    found = {name: ("messages", f"Each cell holds a whole conversation ({style}).")}
    return {**found, **_named(columns, found, "system", names.SYSTEM)}


def _tools(samples: Samples) -> _Found:
    """The column that says what the model may call, if there is one; it may well say the same in every row."""
    for name in sorted(samples, key=lambda name: _or_last(names.rank(name, names.TOOLS))):
        filled = [value for value in samples[name] if value.strip(" []{}")][:100]
        if names.rank(name, names.TOOLS) is not None and filled and all(map(_are_tools, filled)):
            return {name: ("tools", "Each cell describes what the model may call.")}
    return {}


def _are_tools(cell: str) -> bool:
    """Whether a cell lists functions; one that is cut short here at least begins so."""
    try:
        found = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell.lstrip().startswith("[") and '"name"' in cell
    listed = found if isinstance(found, list) else [found]
    return all(isinstance(each, dict) and ("name" in each or "function" in each) for each in listed)


def conversation_style(values: Sequence[str]) -> str:
    """How the conversations in a column are written; empty when most cells hold none."""
    filled = [value for value in values if value.strip()][:100]
    styles = [style for value in filled if (style := _style(value))]
    if not filled or len(styles) < 0.9 * len(filled):
        return ""
    return max(set(styles), key=styles.count)


def _style(value: str) -> str:
    if not value.lstrip().startswith("["):
        return ""
    try:
        turns = orjson.loads(value)
    except orjson.JSONDecodeError:
        return "role and content" if '"role"' in value else "from and value" if '"from"' in value else ""
    first = turns[0] if turns else None
    if isinstance(first, dict) and {"role", "content"} <= first.keys():
        return "role and content"
    if isinstance(first, dict) and {"from", "value"} <= first.keys():
        return "from and value"
    return ""


def _pair(columns: list[str], facts: Mapping[str, _Facts], samples: Samples) -> _Found:
    """A question and its answer in columns of their own, by name first, then by content."""
    found: _Found = {}
    if instances := [name for name in columns if names.plain(name) == "instances" and _are_instances(samples[name])]:
        found[instances[0]] = ("answer", "Each cell holds worked examples with input and output; each becomes a row.")
    if {"q", "a"} <= {names.plain(name) for name in columns}:
        short = {"q": ("prompt", "“q” stands beside “a”."), "a": ("answer", "“a” stands beside “q”.")}
        found.update({name: short[names.plain(name)] for name in columns if names.plain(name) in short})
    found.update(_named(columns, found, "answer", names.ANSWER))
    found.update(_named(columns, found, "prompt", names.PROMPT))
    found.update(_named(columns, found, "context", names.CONTEXT))
    found.update(_named(columns, found, "system", names.SYSTEM))
    return _by_content(columns, facts, found)


def _named(columns: list[str], found: _Found, role: str, usual: tuple[str, ...]) -> _Found:
    """The column with the surest name for a role, unless the role is taken."""
    if any(taken == role for taken, _ in found.values()):
        return {}
    ranked = [(place, name) for name in columns if name not in found and (place := names.rank(name, usual)) is not None]
    if not ranked:
        return {}
    _, name = min(ranked, key=lambda pair: (pair[0], columns.index(pair[1])))
    return {name: (role, f"“{names.plain(name)[:40]}” is a usual name for {_WORDS[role]}.")}


_WORDS = {
    "prompt": "what is asked",
    "answer": "what should be answered",
    "context": "background to the question",
    "system": "how the model should behave",
}


def _by_content(columns: list[str], facts: Mapping[str, _Facts], found: _Found) -> _Found:
    """Complete a pair, or find one, among columns of running text."""
    roles = {role for role, _ in found.values()}
    texts = [name for name in columns if name not in found and _is_running_text(facts[name])]
    if "prompt" in roles and "answer" in roles:
        return found
    if not roles & {"prompt", "answer"} and len(texts) < 2:
        return _without_pair(found)
    if "prompt" not in roles and texts:
        name, reason = _likeliest_question(texts, facts)
        texts.remove(name)
        found = {**found, name: ("prompt", reason)}
    if "answer" not in roles and texts:
        name = max(texts, key=lambda each: facts[each].length)
        found = {**found, name: ("answer", "It holds the longest texts that are left.")}
    return _without_pair(found)


def _without_pair(found: _Found) -> _Found:
    """A background alone, or a text alone, teaches nothing: no guess is better than half of one."""
    roles = {role for role, _ in found.values()}
    if {"prompt", "answer"} <= roles:
        return found
    sure = [role for name, (role, _) in found.items() if role in ("prompt", "answer") and not names.is_weak(name)]
    return found if sure else {}


def _likeliest_question(texts: list[str], facts: Mapping[str, _Facts]) -> tuple[str, str]:
    asking = max(texts, key=lambda name: facts[name].questions)
    if facts[asking].questions >= 0.3:
        return asking, "Many of its texts end with a question mark."
    shortest = min(texts, key=lambda name: facts[name].length)
    return shortest, "It holds the shorter ones of the texts, as questions usually are."


def _is_running_text(fact: _Facts) -> bool:
    return fact.words >= 3 and fact.text >= 0.8 and fact.different >= 0.3 and fact.filled >= 0.5


def _no_content(fact: _Facts) -> str:
    """Why a column can't be content; empty when it can."""
    if fact.filled == 0:
        return "It is empty."
    if fact.constant:
        return "It says the same in every row."
    return ""


def _facts(values: Sequence[str]) -> _Facts:
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return _Facts(0, False, 0, 0, 0, 0, 0)
    return _Facts(
        filled=len(filled) / len(values),
        constant=len(values) >= CONSTANT_ROWS and len(filled) == len(values) and len(set(filled)) == 1,
        text=_share(filled, lambda value: not _NO_TEXT.fullmatch(value)),
        words=sum(_words(value) for value in filled) / len(filled),
        length=sum(map(len, filled)) / len(filled),
        questions=_share(filled, lambda value: bool(_QUESTION_MARK.search(value[-40:]))),
        different=len(set(filled)) / len(filled),
    )


def _share(values: Sequence[str], is_so: Callable[[str], bool]) -> float:
    return sum(map(is_so, values)) / len(values)


def _words(value: str) -> float:
    """Words, or, in scripts without spaces, about as many as there would be."""
    spaced = len(value.split())
    return max(spaced, sum(character > "\u2e80" for character in value[:400]) / 2)


def _are_instances(values: Sequence[str]) -> bool:
    """Whether cells hold lists of objects with an output, as in Self-Instruct."""
    for value in values[:20]:
        try:
            parsed = orjson.loads(value)
        except orjson.JSONDecodeError:
            return False
        if not isinstance(parsed, list) or not all(isinstance(each, dict) and "output" in each for each in parsed):
            return False
    return bool(values)


def _or_last(place: int | None) -> int:
    return 10_000 if place is None else place


def samples_of(path: Path) -> dict[str, list[str]]:
    """The beginning of every column of an imported file."""
    pages = Pages(path)
    rows = pages.rows(0, SAMPLE_ROWS)
    return {name: [row[name][:SAMPLE_CHARACTERS] for row in rows] for name in pages.columns if name != ORIGIN}
