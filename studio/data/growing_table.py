"""Rows on their way into a data file whose columns are not known before the last row is read."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from studio.api import Record
from studio.core.problem import StudioError
from studio.data.columns import SAMPLE_CHARACTERS, SAMPLE_ROWS
from studio.data.sources import UNTOUCHED
from studio.data.staging import GROUP_CHARACTERS, ROW_GROUP, Progress, StagedTable, part_of, row_groups

ORIGIN = "_origin"
COLUMN_LIMIT = 1000


class GrowingTable:
    """Rows on their way into a data file. A column that first shows up later is empty in the rows before it."""

    def __init__(self, target: Path, size: int, words: str, progress: Progress) -> None:
        self.target = target
        self.rows = 0
        self._size = size
        self._words = words
        self._progress = progress
        self._columns: dict[str, None] = {}
        self._waiting: list[Record] = []
        self._characters = 0
        self._seen = 0
        self._parts: list[StagedTable] = []
        self._files = ExitStack()
        self._samples: dict[str, list[str]] = {}

    def add(self, record: Record) -> None:
        """Add a row."""
        self._waiting.append(record)
        self._characters += sum(map(len, record.row.values()))
        self.rows += 1
        if len(self._waiting) >= ROW_GROUP or self._characters >= GROUP_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        for record in self._waiting:
            if not record.row.keys() <= self._columns.keys():
                self._columns.update(dict.fromkeys(record.row))
        if len(self._columns) > COLUMN_LIMIT:
            raise _too_many_columns(self.target)
        names = [*self._columns]
        if not self._parts or len(self._parts[-1].schema) != len(names) + 1:
            part = part_of(self.target, f".{len(self._parts)}")
            self._parts.append(self._files.enter_context(StagedTable(part, [*map(_stored, names), ORIGIN])))
        rows = [record.row for record in self._waiting]
        cells = {_stored(name): [row.get(name, "") for row in rows] for name in names}
        self._sample(cells)
        self._parts[-1].write({**cells, ORIGIN: [record.origin for record in self._waiting]})
        self._seen += self._characters
        self._waiting, self._characters = [], 0
        self.tell()

    def _sample(self, cells: dict[str, list[str]]) -> None:
        """Keep some texts of each column for guessing its role."""
        for name, values in cells.items():
            kept = self._samples.setdefault(name, [])
            if len(kept) < SAMPLE_ROWS:
                kept.extend(value[:SAMPLE_CHARACTERS] for value in values[:SAMPLE_ROWS])

    def samples(self) -> dict[str, list[str]]:
        """Some texts of each column, in the file's order."""
        return self._samples

    def tell(self) -> None:
        """Say how far it is. How much of the file was read is judged from the texts read so far."""
        done = min(float(self._seen), self._size * 0.99)
        self._progress(done, float(self._size), f"{self._words}: {self.rows:,} rows")

    def keep(self) -> None:
        """Make the data file real."""
        if self._waiting:
            self._flush()
        if len(self._parts) > 1:
            self._join()
        else:
            self._parts[0].keep(self.target)
        self._progress(float(self._size), float(self._size), f"{self._words}: {self.rows:,} rows")

    def _join(self) -> None:
        """Copy the parts into one file in which every row has every column."""
        with StagedTable(self.target, [*map(_stored, self._columns), ORIGIN]) as whole:
            try:
                for part in self._parts:
                    part.keep()
                for part in self._parts:
                    for table in row_groups(part.path):
                        whole.write_table(table)
                whole.keep()
            finally:
                for part in self._parts:
                    part.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: Any) -> None:
        self._files.__exit__(*ended)


def _stored(name: str) -> str:
    """A column's name in the data file, where the last name is ours."""
    return f"{ORIGIN} (2)" if name == ORIGIN else name


def _too_many_columns(path: Path) -> StudioError:
    return StudioError(
        "too-many-columns",
        f"The file has more than {COLUMN_LIMIT:,} columns.",
        data=UNTOUCHED,
        remedy="If each record stands under a name of its own, save the records as a list and import that.",
    )
