"""Preparing examples: imports and roles, through the recipe, into splits, as one immutable data file.

The file's name is a hash of everything that went into it, so that the same choices find the same examples again.
"""

from __future__ import annotations

import errno
import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
from pydantic import ValidationError

from studio.api import Objective, Settings
from studio.core.config import DataSection, RunConfig, settings_error
from studio.core.problem import StudioError
from studio.data import splits
from studio.data.recipe import Cleaners, Entry, apply, settings_in_full
from studio.data.reports import PreparedReport, beside, is_whole, read_import, read_prepared, write_report
from studio.data.rows import entries_of, roles_in_use
from studio.data.staging import ROW_GROUP, Progress, StagedLines, StagedTable, part_of, row_groups, silent, sweep

_VERSION = 1
MOST_CLASSES = 5000
FACTS = ("id", "split", "origin")


class Prepared(NamedTuple):
    """Prepared examples of a project and how they came to be."""

    hash: str
    path: Path
    report: PreparedReport


def objective_settings(objective: Objective[Any], config: RunConfig) -> Settings:
    """The objective's settings in a config. Raises StudioError for values that can't be used."""
    try:
        return objective.settings(config.objective.settings)
    except ValidationError as error:
        raise settings_error(error) from error


def prepared_hash(data: DataSection, objective: Objective[Any], settings: Settings, cleaners: Cleaners) -> str:
    """The name of the examples that these choices make. `data.prepared` itself plays no part."""
    choices = {
        "version": _VERSION,
        "imports": data.imports,
        "roles": {column: role for column, role in sorted(data.roles.items()) if role},
        "recipe": settings_in_full(data.recipe, cleaners),
        "split": data.split.model_dump(),
        "objective": {"id": objective.id, **settings.model_dump()},
    }
    return hashlib.sha256(orjson.dumps(choices, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def prepare(
    folder: Path, config: RunConfig, objective: Objective[Any], cleaners: Cleaners, progress: Progress = silent
) -> Prepared:
    """Prepare the examples that a config chooses, or find them again. `folder` is the project's data folder.

    Raises StudioError when no file or column is chosen, a role is missing, nothing is left, or the disk refuses.
    """
    settings = objective_settings(objective, config)
    _check_choices(folder, config.data, objective)
    name = prepared_hash(config.data, objective, settings, cleaners)
    target = folder / f"{name}.parquet"
    try:
        if not is_whole(target):
            sweep(folder)
            _make(folder, target, config.data, (objective, settings), cleaners, progress)
        return Prepared(name, target, read_prepared(target))
    except OSError as error:
        raise _worded(error) from error


def _check_choices(folder: Path, data: DataSection, objective: Objective[Any]) -> None:
    """Refuse choices that can make no example, in words."""
    if not data.imports:
        raise StudioError(
            "no-data",
            "No file is imported yet.",
            data="Nothing was changed.",
            remedy="Drop a file with examples onto the Data page, or import one.",
        )
    present = {column.name for key in data.imports for column in read_import(folder / f"{key}.parquet").columns}
    for column, role in data.roles.items():
        if role and column not in present:
            raise StudioError(
                "column-missing",
                f"There is no column called “{column[:60]}” in the imported files.",
                data="Your imported rows are unchanged.",
                remedy=f"Choose one of: {', '.join(sorted(present))[:300]}.",
            )
    for problem in objective.check(data.roles):
        if problem.severity == "blocks":
            remedy = problem.remedy or "Mark the columns again."
            raise StudioError(problem.id, problem.sentence, data="Your imported rows are unchanged.", remedy=remedy)


def _make(
    folder: Path,
    target: Path,
    data: DataSection,
    how: tuple[Objective[Any], Settings],
    cleaners: Cleaners,
    progress: Progress,
) -> None:
    roles = roles_in_use(data.roles)
    with ExitStack() as stack:
        dropped = stack.enter_context(StagedLines(beside(target, "dropped")))
        changed = stack.enter_context(StagedLines(beside(target, "changed")))
        rows = stack.enter_context(StagedTable(part_of(target, ".rows"), ["id", "origin", *roles]))
        entries, tallies = apply(entries_of(folder, data, progress), data.recipe, cleaners, dropped, changed)
        keys = _write_rows(rows, entries, roles, how)
        steps = tuple(tally.report() for tally in tallies)
        if not len(keys):
            raise _nothing_left(steps[0].rows_in if steps else 0)
        rows.keep()
        stack.callback(rows.path.unlink, missing_ok=True)
        progress(1, 1, f"Dividing {len(keys):,} examples")
        split = splits.divide(keys, data.split)
        _write_splits(stack.enter_context(StagedTable(target, [*FACTS, *roles])), rows.path, split)
        dropped.keep_if_any()
        changed.keep_if_any()
    counts, leaks = check_splits(target, *how)
    report = PreparedReport(
        steps=steps,
        splits=counts,
        leaks=leaks,
        rows=len(keys),
        roles=roles,
        questions=len(np.unique(keys)),
        classes=count_classes(target, *how),
    )
    write_report(target, report)


def _write_rows(
    table: StagedTable, entries: Iterator[Entry], roles: tuple[str, ...], how: tuple[Objective[Any], Settings]
) -> splits.Keys:
    """Write the surviving rows and return the keys of their questions."""
    objective, settings = how
    keys = array("Q")
    waiting: list[Entry] = []
    for entry in entries:
        keys.append(splits.question_key(objective.prompt(entry.row, settings), entry.id))
        waiting.append(entry)
        if len(waiting) == ROW_GROUP:
            _write_group(table, waiting, roles)
            waiting = []
    if waiting:
        _write_group(table, waiting, roles)
    return np.frombuffer(keys, np.uint64) if keys else np.zeros(0, np.uint64)


def _write_group(table: StagedTable, entries: list[Entry], roles: tuple[str, ...]) -> None:
    cells = {role: [entry.row.get(role, "") for entry in entries] for role in roles}
    facts = {"id": [entry.id for entry in entries], "origin": [entry.origin for entry in entries]}
    table.write({**facts, **cells})


def _write_splits(table: StagedTable, rows: Path, split: np.ndarray[Any, Any]) -> None:
    """Copy the rows with their split between id and origin."""
    names = np.array(splits.SPLITS)
    begin = 0
    for group in row_groups(rows):
        part = pa.array(names[split[begin : begin + group.num_rows]].tolist(), pa.string())
        table.write_table(group.append_column("split", part))
        begin += group.num_rows
    table.keep()


def check_splits(prepared: Path, objective: Objective[Any], settings: Settings) -> tuple[dict[str, int], int]:
    """(examples per split, leaks), counted over the examples as they are written."""
    keys = array("Q")
    places = bytearray()
    for group in row_groups(prepared):
        for row in group.to_pylist():
            keys.append(splits.question_key(objective.prompt(row, settings), row["id"]))
            places.append(splits.SPLITS.index(row["split"]))
    split = np.frombuffer(places, np.uint8)
    counts = Counter(splits.SPLITS[number] for number in places)
    return {name: counts[name] for name in splits.SPLITS}, splits.leaks(np.frombuffer(keys, np.uint64), split)


def count_classes(prepared: Path, objective: Objective[Any], settings: Settings) -> dict[str, int] | None:
    """How many training examples each class has, the commonest first; None where examples have no classes."""
    if objective.head != "labels":
        return None
    found: Counter[str] = Counter()
    for group in row_groups(prepared):
        for row in group.to_pylist():
            if row["split"] == "train":
                found.update(objective.names(row, settings))
    return dict(found.most_common(MOST_CLASSES))


def _nothing_left(rows: int) -> StudioError:
    return StudioError(
        "nothing-left",
        f"None of the {rows:,} rows is left after cleaning.",
        data="Your imported rows are unchanged.",
        remedy="Check which column is the question and which the answer, or switch off the step that drops the most.",
    )


def _worded(error: OSError) -> StudioError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StudioError(
            "disk-full",
            "The disk became full while the examples were prepared.",
            data="Your imported rows are unchanged and nothing half-prepared was kept.",
            remedy="Free some space on the project's disk and prepare again.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StudioError(
            "not-writable",
            "The project's folder may not be written to.",
            data="Your imported rows are unchanged.",
            remedy="Move the project to a folder of your own and try again.",
        )
    return StudioError(
        "disk-error",
        "The disk refused while the examples were prepared.",
        data="Your imported rows are unchanged.",
        remedy="Copy the project to another disk and go on there.",
    )
