"""Import: a file of any known kind becomes a data file of the project. The original is only read.

Rows stream through in flat memory. What is not a row is set aside with its line and the reason.
"""

from __future__ import annotations

import errno
import hashlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from studio.api import Aside, Reader, Record, Sniffed
from studio.core.problem import StudioError
from studio.data.columns import guess
from studio.data.growing_table import GrowingTable
from studio.data.reports import ColumnReport, ImportReport, beside, is_whole, read_import, read_lines, write_report
from studio.data.sources import UNTOUCHED, check, shown, unreadable
from studio.data.staging import ROW_GROUP, Progress, StagedLines, silent, sweep

_VERSION = 1
_BLOCK = 1 << 20


class Imported(NamedTuple):
    """A data file of the project and how it came to be."""

    hash: str
    path: Path
    report: ImportReport

    def aside(self, limit: int | None = None) -> list[dict[str, Any]]:
        """What was set aside: line, reason, and the beginning of the text."""
        return read_lines(beside(self.path, "aside"), limit)


def import_file(
    path: Path,
    folder: Path,
    how: tuple[Reader[Any], Sniffed],
    progress: Progress = silent,
) -> Imported:
    """Import one file into a project's data folder, read as `sources.choose` found out. A file that was imported
    before in the same way is found again.

    Raises StudioError for a file that is missing, empty, foreign, broken or without rows, and when the disk is full
    or may not be written to; then nothing half-imported stays.
    """
    size = check(path)
    reader, sniffed = how
    try:
        sha256 = _digest(path, size, progress)
        key = _key(sha256, reader.id, sniffed)
        target = folder / f"{key}.parquet"
        if is_whole(target):
            return _again(key, target, path)
        folder.mkdir(exist_ok=True)
        sweep(folder)
        return _import(path, size, sha256, target, how, progress)
    except OSError as error:
        raise _worded(path, folder, error) from error


def _again(key: str, target: Path, path: Path) -> Imported:
    """What was imported before, under the name that the file has now."""
    report = read_import(target)
    if report.file != str(path):
        report = report.model_copy(update={"file": str(path)})
        write_report(target, report)
    return Imported(key, target, report)


def _import(
    path: Path, size: int, sha256: str, target: Path, how: tuple[Reader[Any], Sniffed], progress: Progress
) -> Imported:
    reader, sniffed = how
    before = path.stat()
    with ExitStack() as stack:
        aside = stack.enter_context(StagedLines(beside(target, "aside")))
        table = stack.enter_context(GrowingTable(target, size, f"Reading {shown(path)}", progress))
        for entry in reader.read(path, sniffed):
            if type(entry) is Record:
                table.add(entry)
            elif isinstance(entry, Aside):
                _set_aside(aside, entry, table)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise _changed(path)
        if not table.rows:
            raise _no_rows(path, aside.count)
        table.keep()
        aside.keep_if_any()
    report = ImportReport(
        file=str(path),
        format=reader.id,
        encoding=sniffed.encoding,
        delimiter=sniffed.delimiter,
        header=sniffed.header,
        rows_read=table.rows + aside.count,
        rows_kept=table.rows,
        rows_aside=aside.count,
        columns=tuple(ColumnReport(**column._asdict()) for column in guess(table.samples())),
        bytes=size,
        sha256=sha256,
    )
    write_report(target, report)
    return Imported(target.stem, target, report)


def _set_aside(aside: StagedLines, entry: Aside, table: GrowingTable) -> None:
    aside.write(
        {"line": entry.line, "reason": entry.reason, "text": entry.text[:200].encode(errors="replace").decode()}
    )
    if aside.count % ROW_GROUP == 0:
        table.tell()


def _digest(path: Path, size: int, progress: Progress) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            progress(0.0, float(size), f"Looking at {shown(path)}")
    return digest.hexdigest()


def _key(sha256: str, format: str, sniffed: Sniffed) -> str:
    """The data file's name: the same content read in the same way has the same."""
    how = [_VERSION, sha256, format, sniffed.encoding, sniffed.delimiter, sniffed.header]
    return hashlib.sha256(orjson.dumps(how)).hexdigest()[:32]


def _worded(path: Path, folder: Path, error: OSError) -> StudioError:
    """The system's refusal in words: of the disk written to, else of the file read."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StudioError(
            "disk-full",
            f"The disk became full while {shown(path)} was imported.",
            data="The original is unchanged and nothing half-imported was kept.",
            remedy="Free some space on the project's disk and import the file again.",
        )
    named = Path(str(error.filename)) if error.filename else None
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and named != path:
        return StudioError(
            "not-writable",
            "The project's folder may not be written to.",
            data="The original is unchanged; nothing was imported.",
            remedy="Move the project to a folder of your own and try again.",
        )
    if isinstance(error, FileNotFoundError) and named is not None and folder in (named, *named.parents):
        return StudioError(
            "project-gone",
            "The project's folder is not there any more.",
            data="The original is unchanged; nothing was imported.",
            remedy="Put the project back where it was and import the file again.",
        )
    return unreadable(path, error)


def _changed(path: Path) -> StudioError:
    return StudioError(
        "file-changed",
        f"{shown(path)} was changed by another program while it was read.",
        data="The file is as the other program left it; nothing was imported.",
        remedy="Wait until the other program has finished and import it again.",
    )


def _no_rows(path: Path, aside: int) -> StudioError:
    broken = f" {aside:,} parts of it could not be read as rows." if aside else ""
    return StudioError(
        "no-rows",
        f"{shown(path)} holds no rows.{broken}",
        data=UNTOUCHED,
        remedy="Choose another format for it, or a file with at least one row below the column names.",
    )
