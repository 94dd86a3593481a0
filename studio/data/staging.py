"""Writing data files so that each is whole or not there: a staging file, fsync, then a rename."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import IO, Any, Self

import orjson
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from studio.core.files import sync_folder

ROW_GROUP = 4096
GROUP_CHARACTERS = 1 << 25
"""A row group ends early when its texts are this long, so that long documents do not fill the memory."""

Progress = Callable[[float, float, str], None]
"""Told how far work is (done, total, words). May raise to stop it; nothing half-made stays then."""


def silent(done: float, total: float, words: str) -> None:
    """Progress that nobody listens to."""


def part_of(path: Path, what: str = "") -> Path:
    """A name beside a file for something unfinished of this process; `sweep` removes it once the process is gone."""
    return path.with_name(f".{path.name}{what}.{token_hex(3)}.{os.getpid()}.part")


def sweep(folder: Path) -> None:
    """Remove what processes that were killed left unfinished in a folder."""
    for left in folder.glob(".*.part"):
        maker = left.name.split(".")[-2]
        if maker.isdigit() and not psutil.pid_exists(int(maker)):
            left.unlink(missing_ok=True)


class StagedFile:
    """A file being written beside its final place. `keep` makes it real; leaving without it removes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._staging = part_of(path)
        self.file: IO[bytes] = self._staging.open("wb")

    def keep(self, path: Path | None = None) -> None:
        """Make the file durable under its name, or under another in the same folder."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        os.replace(self._staging, path or self.path)
        sync_folder(self.path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.file.close()
        except OSError:
            if kind is None:
                raise
        finally:
            self._staging.unlink(missing_ok=True)


class StagedLines(StagedFile):
    """Lines of JSON being written."""

    count = 0

    def write(self, line: Mapping[str, Any]) -> None:
        """Add one line."""
        self.file.write(orjson.dumps(dict(line), option=orjson.OPT_APPEND_NEWLINE))
        self.count += 1

    def keep_if_any(self) -> None:
        """Keep the file when it has lines; an older one of its name goes when it has none."""
        if self.count:
            self.keep()
        else:
            self.path.unlink(missing_ok=True)


class StagedTable(StagedFile):
    """A Parquet file of text columns being written, in row groups of at most ROW_GROUP rows."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        super().__init__(path)
        self.schema = pa.schema([pa.field(column, pa.string()) for column in columns])
        self._writer = pq.ParquetWriter(self.file, self.schema, compression="zstd")

    def write(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Add one row group; every column of the schema, equally long."""
        arrays = [text_array(columns[name]) for name in self.schema.names]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))

    def write_table(self, table: pa.Table) -> None:
        """Add one row group as it was read; columns that are missing in it are empty."""
        empty = pa.nulls(table.num_rows, pa.string()).fill_null("")
        arrays = [table.column(name) if name in table.column_names else empty for name in self.schema.names]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))

    def keep(self, path: Path | None = None) -> None:
        self._writer.close()
        super().keep(path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            _abandon(self._writer)
        super().__exit__(kind, error, trace)


def text_array(values: Sequence[str]) -> pa.Array:
    """Texts as an Arrow array. Halves of characters (lone surrogates), which no file holds, become question marks."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([value.encode("utf-8", errors="replace").decode() for value in values], pa.string())


def _abandon(writer: pq.ParquetWriter) -> None:
    """Close a writer whose file is thrown away; a full disk may refuse its last bytes."""
    try:
        writer.close()
    except OSError:
        pass


def row_groups(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The tables of a Parquet file's row groups, in order."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=list(columns) if columns else None)
