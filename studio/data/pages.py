"""Rows of a data file by their numbers, for tables that scroll through millions, and a search in them.

Only the row groups that are looked at are in memory. Safe to use from several threads, one at a time.
"""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from studio.core.problem import StudioError

_KEPT_GROUPS = 4
_UNSEEN = ("_origin", "id", "split", "origin")


class Pages:
    """An open data file. Close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        """Raises StudioError when the file is missing or damaged."""
        self.path = path
        try:
            self._file = pq.ParquetFile(path)
        except (OSError, pa.ArrowException) as error:
            raise StudioError(
                "data-gone",
                "A part of this project's data is missing or damaged.",
                data="Your original files are unchanged.",
                remedy="Import the files again.",
            ) from error
        metadata = self._file.metadata
        self.columns: tuple[str, ...] = tuple(self._file.schema_arrow.names)
        self.count: int = metadata.num_rows
        self._begins = [0]
        for number in range(metadata.num_row_groups):
            self._begins.append(self._begins[-1] + metadata.row_group(number).num_rows)
        self._groups: OrderedDict[int, pa.Table] = OrderedDict()
        self._lock = Lock()

    def rows(self, start: int, count: int) -> list[dict[str, str]]:
        """The rows from `start` on, at most `count`; fewer at the end of the file."""
        found: list[dict[str, str]] = []
        place, end = max(0, start), min(start + count, self.count)
        while place < end:
            number = bisect.bisect_right(self._begins, place) - 1
            inside = place - self._begins[number]
            length = min(end, self._begins[number + 1]) - place
            found.extend(self._group(number).slice(inside, length).to_pylist())
            place += length
        return found

    def at(self, numbers: Sequence[int]) -> list[dict[str, str]]:
        """The rows with these numbers, in their order."""
        return [self.rows(int(number), 1)[0] for number in numbers]

    def column(self, name: str) -> list[str]:
        """All values of one column. For short ones, such as the split."""
        with self._lock:
            return self._file.read(columns=[name]).column(0).to_pylist()

    def search(
        self, words: str, columns: Sequence[str] | None = None, stopped: Callable[[], bool] = bool
    ) -> Iterator[int]:
        """The numbers of the rows that hold the words in one of the columns (all by default), capitals overlooked.

        Comes row group by row group; ends early once `stopped()` is true.
        """
        wanted = [name for name in columns or self.columns if columns or name not in _UNSEEN]
        for number in range(len(self._begins) - 1):
            if stopped():
                return
            with self._lock:
                group = self._file.read_row_group(number, columns=wanted)
            for place in _holding(group, words):
                yield self._begins[number] + place

    def _group(self, number: int) -> pa.Table:
        with self._lock:
            if number in self._groups:
                self._groups.move_to_end(number)
                return self._groups[number]
            group = self._file.read_row_group(number)
            self._groups[number] = group
            if len(self._groups) > _KEPT_GROUPS:
                self._groups.popitem(last=False)
            return group

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._file.close()
            self._groups.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _holding(group: pa.Table, words: str) -> list[int]:
    """The places of the rows in which some column holds the words."""
    options = pc.MatchSubstringOptions(words, ignore_case=True)
    hits = np.zeros(group.num_rows, bool)
    for column in group.columns:
        found = pc.call_function("match_substring", [column.combine_chunks()], options)
        hits |= found.to_numpy(zero_copy_only=False).astype(bool)
    return np.flatnonzero(hits).tolist()
