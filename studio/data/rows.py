"""Imported rows as examples: each column's texts under its role, with a stable id and where they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from studio.core.config import DataSection
from studio.data.growing_table import ORIGIN
from studio.data.recipe import Entry
from studio.data.reports import read_import
from studio.data.staging import Progress

_ORDER = (
    "tools",
    "system",
    "messages",
    "context",
    "prompt",
    "answer",
    "chosen",
    "rejected",
    "liked",
    "text",
    "label",
    "value",
)


def roles_in_use(roles: Mapping[str, str]) -> tuple[str, ...]:
    """The roles that columns have, in a fixed order."""
    used = {role for role in roles.values() if role}
    return tuple(sorted(used, key=lambda role: (_ORDER.index(role) if role in _ORDER else len(_ORDER), role)))


def entries_of(folder: Path, data: DataSection, progress: Progress) -> Iterator[Entry]:
    """Every row of the chosen imports as an example, streaming. Several columns with one role are joined."""
    reports = {key: read_import(folder / f"{key}.parquet") for key in data.imports}
    total = sum(report.rows_kept for report in reports.values())
    done = 0
    for key, report in reports.items():
        name = Path(report.file).name
        with pq.ParquetFile(folder / f"{key}.parquet") as file:
            used = [column for column in file.schema_arrow.names if data.roles.get(column)]
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, columns=[*used, ORIGIN])
                yield from _entries(group, used, data.roles, (key, name))
                done += group.num_rows
                progress(done, total, f"Cleaning {name}: {done:,} of {total:,} rows")


def _entries(group: pa.Table, used: list[str], roles: Mapping[str, str], source: tuple[str, str]) -> Iterator[Entry]:
    key, name = source
    in_use = roles_in_use(roles)
    cells = {column: group.column(column).to_pylist() for column in used}
    for place, origin in enumerate(group.column(ORIGIN).to_pylist()):
        row = dict.fromkeys(in_use, "")
        for column in used:
            role, cell = roles[column], cells[column][place]
            row[role] = f"{row[role]}\n\n{cell}" if row[role] and cell else row[role] or cell
        id = hashlib.blake2b(f"{key} {origin}".encode(), digest_size=8).hexdigest()
        for number, part in enumerate(unfolded(row)):
            yield Entry(f"{id}-{number}" if number else id, f"{name} {origin}", part)


def unfolded(row: dict[str, str]) -> list[dict[str, str]]:
    """The examples in a row: one, or, where the answer holds worked instances (Self-Instruct), one for each."""
    answer = row.get("answer", "")
    if not answer.startswith("[") or '"output"' not in answer:
        return [row]
    try:
        instances: Any = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return [row]
    if not all(isinstance(each, dict) and "output" in each for each in instances):
        return [row]
    return [_with_instance(row, each) for each in instances] or [row]


def _with_instance(row: dict[str, str], instance: dict[str, Any]) -> dict[str, str]:
    parts = [part for part in (row.get("context", ""), _text(instance.get("input"))) if part]
    if "context" in row:
        return {**row, "context": "\n\n".join(parts), "answer": _text(instance["output"])}
    asked = "\n\n".join(part for part in (row.get("prompt", ""), *parts) if part)
    return {**row, "prompt": asked, "answer": _text(instance["output"])}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
