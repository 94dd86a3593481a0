"""Import files into a project: each becomes a data file with guessed roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio import plugins
from studio.api import ReadOptions
from studio.core.paths import ProjectPaths
from studio.data.columns import guess, samples_of
from studio.data.imports import Imported, import_file
from studio.data.sources import choose
from studio.worker.work import Work

ASIDE_TOLD = 200


def run(work: Work) -> dict[str, Any]:
    """Import every file of the arguments, in order. All are looked at before the first is read.

    `formats` names the format of a file where the person chose it; `options` how it is read (encoding, delimiter,
    header). Raises StudioError for the first that can't be imported; those before it are imported already.
    """
    work.started()
    arguments = work.arguments
    readers = plugins.readers()
    formats: dict[str, str] = arguments.get("formats") or {}
    options: dict[str, dict[str, Any]] = arguments.get("options") or {}
    chosen = []
    for file in arguments["files"]:
        path = Path(file).absolute()
        chosen.append((path, choose(path, readers, ReadOptions(**options.get(file, {})), formats.get(file, ""))))
        work.check()
    folder = ProjectPaths(Path(arguments["project"])).data
    imported = (import_file(path, folder, how, work.progress) for path, how in chosen)
    wanted = [role.id for role in plugins.objectives()[arguments.get("objective") or "instruct"].roles]
    return {"datasets": [_told(each, wanted, arguments.get("roles") or {}) for each in imported]}


def _told(imported: Imported, wanted: list[str], chosen: dict[str, str]) -> dict[str, Any]:
    """The import as it is reported, roles guessed for what is to be learnt; a role the person chose replaces the
    guess."""
    report = imported.report
    roles = {}
    for column in guess(samples_of(imported.path), wanted):
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
