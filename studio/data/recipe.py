"""The recipe: steps applied one after another to rows as they stream by, each counted, with what it changed or dropped.

A step is a plugin; what it raises is told as that step's fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from pydantic import ValidationError

from studio.api import Cleaner, Dropped, Kept, Settings
from studio.core.config import Step, settings_error
from studio.core.problem import StudioError
from studio.core.registry import Registry
from studio.data.reports import StepReport

Cleaners = Registry[Cleaner[Any]]

CHANGES_SHOWN = 300
_SHOWN_CHARACTERS = 2000


class Entry(NamedTuple):
    """A row on its way: role to text, with a stable id and where it came from."""

    id: str
    origin: str
    row: dict[str, str]


class Lines(Protocol):
    """Where what was dropped or changed is written."""

    def write(self, line: Mapping[str, Any]) -> None: ...


@dataclass
class Tally:
    """What a step has done so far."""

    id: str
    on: bool
    rows_in: int = 0
    rows_out: int = 0
    changed: int = 0

    def report(self) -> StepReport:
        """The tally as it is kept."""
        return StepReport(**vars(self))


def apply(
    entries: Iterator[Entry], recipe: Sequence[Step], cleaners: Cleaners, dropped: Lines, changed: Lines
) -> tuple[Iterator[Entry], list[Tally]]:
    """The rows that survive the recipe, streaming, and the tallies, which are complete when the rows are used up.

    Raises StudioError for an unknown step or settings that can't be used, before any row is read.
    """
    tallies = []
    for step in recipe:
        tally = Tally(step.id, step.on)
        tallies.append(tally)
        if step.on:
            cleaner = cleaners[step.id]
            entries = _cleaned(entries, cleaner, _settings(cleaner, step), tally, (dropped, changed))
        else:
            entries = _counted(entries, tally)
    return entries, tallies


def settings_in_full(recipe: Sequence[Step], cleaners: Cleaners) -> list[dict[str, Any]]:
    """The steps that are on with all their settings, for telling one recipe from another."""
    return [{"id": step.id, **_settings(cleaners[step.id], step).model_dump()} for step in recipe if step.on]


def _settings(cleaner: Cleaner[Any], step: Step) -> Settings:
    try:
        return cleaner.settings(step.settings)
    except ValidationError as error:
        raise settings_error(error) from error


def _counted(entries: Iterator[Entry], tally: Tally) -> Iterator[Entry]:
    for entry in entries:
        tally.rows_in += 1
        tally.rows_out += 1
        yield entry


def _cleaned(
    entries: Iterator[Entry], cleaner: Cleaner[Any], settings: Settings, tally: Tally, logs: tuple[Lines, Lines]
) -> Iterator[Entry]:
    """The rows that one step keeps. It may read ahead; its answers come in the order of the rows."""
    waiting: deque[Entry] = deque()
    first = next(entries, None)
    if first is None:
        return
    roles = {role: role for role in first.row}

    def rows() -> Iterator[dict[str, str]]:
        entry: Entry | None = first
        while entry is not None:
            tally.rows_in += 1
            waiting.append(entry)
            yield dict(entry.row)
            entry = next(entries, None)

    dropped, changed = logs
    for answer in _answers(cleaner, rows(), roles, settings):
        if not waiting:
            raise _broke(cleaner, "it gave more answers than it was given rows")
        entry = waiting.popleft()
        if isinstance(answer, Dropped):
            dropped.write({"step": tally.id, "reason": answer.reason, "origin": entry.origin, "row": _short(entry.row)})
            continue
        tally.rows_out += 1
        if answer.row != entry.row:
            _tell_change(entry, answer.row, tally, changed)
            entry = entry._replace(row=answer.row)
        yield entry
    if waiting:
        raise _broke(cleaner, "it lost rows without saying why")


def _answers(
    cleaner: Cleaner[Any], rows: Iterator[dict[str, str]], roles: Mapping[str, str], settings: Settings
) -> Iterator[Kept | Dropped]:
    """The step's answers. The edge to somebody else's code: what it raises is told as its fault."""
    answers = cleaner.clean(_Guarded(rows), roles, settings)
    while True:
        try:
            answer = next(answers)
        except StopIteration:
            return
        except (StudioError, _FromAbove) as error:
            raise error.__cause__ if isinstance(error, _FromAbove) and error.__cause__ else error from None
        except Exception as error:
            raise _broke(cleaner, f"it stopped with “{str(error)[:60] or type(error).__name__}”") from error
        yield answer


class _FromAbove(Exception):
    """What an earlier step, the file or the person's Stop raised, passing through a later step's code."""


class _Guarded:
    """Rows for a step; errors from above are wrapped, so that they are not taken for the step's own."""

    def __init__(self, rows: Iterator[dict[str, str]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[dict[str, str]]:
        return self

    def __next__(self) -> dict[str, str]:
        try:
            return next(self._rows)
        except (StopIteration, StudioError):
            raise
        except Exception as error:
            raise _FromAbove from error


def _tell_change(entry: Entry, row: Mapping[str, str], tally: Tally, changed: Lines) -> None:
    """Count a changed row, and keep the first ones to show before and after."""
    tally.changed += 1
    if tally.changed > CHANGES_SHOWN:
        return
    for column, before in entry.row.items():
        after = row.get(column, "")
        if after != before:
            shown = {"before": before[:_SHOWN_CHARACTERS], "after": after[:_SHOWN_CHARACTERS]}
            changed.write({"step": tally.id, "origin": entry.origin, "column": column, **shown})


def _short(row: Mapping[str, str]) -> dict[str, str]:
    return {column: cell[:_SHOWN_CHARACTERS] for column, cell in row.items()}


def _broke(cleaner: Cleaner[Any], what: str) -> StudioError:
    return StudioError(
        "step-broke",
        f"The step “{cleaner.title}” could not finish: {what}.",
        data="Your imported rows are unchanged.",
        remedy="Switch this step off and prepare again, or remove the plugin it belongs to.",
    )
