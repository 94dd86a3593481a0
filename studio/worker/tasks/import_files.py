"""Import files into a project: each becomes a data file with guessed roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio import plugins
from studio.core.paths import ProjectPaths
from studio.data.imports import Imported, import_file
from studio.data.sources import choose
from studio.worker.work import Work

ASIDE_TOLD = 200


def run(work: Work) -> dict[str, Any]:
    """Import every file of the arguments, in order. All are looked at before the first is read.

    Raises StudioError for the first that can't be imported; those before it are imported already.
    """
    work.started()
    arguments = work.arguments
    readers = plugins.readers()
    formats: dict[str, str] = arguments.get("formats") or {}
    files = [Path(file).absolute() for file in arguments["files"]]
    for given, file in zip(arguments["files"], files, strict=True):
        choose(file, readers, format=formats.get(given, ""))
    datasets = []
    for given, file in zip(arguments["files"], files, strict=True):
        folder = ProjectPaths(Path(arguments["project"])).data
        imported = import_file(file, folder, readers, format=formats.get(given, ""), progress=work.progress)
        datasets.append(_told(imported, arguments.get("roles") or {}))
    return {"datasets": datasets}


def _told(imported: Imported, chosen: dict[str, str]) -> dict[str, Any]:
    """The import as it is reported; a role the person chose replaces the guess."""
    report = imported.report
    roles = {}
    for column in report.columns:
        if column.name in chosen:
            roles[column.name] = {"role": chosen[column.name], "reason": "You chose it."}
        else:
            taken = column.role in chosen.values()
            roles[column.name] = {"role": "" if taken else column.role, "reason": column.reason}
    return {
        "id": imported.hash,
        "hash": imported.hash,
        "file": report.file,
        "format": report.format,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "rows_read": report.rows_read,
        "rows_kept": report.rows_kept,
        "rows_aside": report.rows_aside,
        "aside": [{"line": each["line"], "reason": each["reason"]} for each in imported.aside(ASIDE_TOLD)],
        "roles": roles,
    }
