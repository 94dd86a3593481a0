"""Rows of a data file by their numbers, for tables that scroll through millions, and a search in them.

Only the row groups that were looked at last are in memory, and no file stays open, so that a project can be moved or
deleted at any time. Safe to use from several threads.
"""

from __future__ import annotations

import bisect
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from studio.core.problem import StudioError

FOUND_LIMIT = 5000
_KEPT_GROUPS = 6
_UNSEEN = ("_origin", "id", "split", "origin")


class Pages:
    """A data file for reading by row number. `columns` and `count` are known at once."""

    def __init__(self, path: Path) -> None:
        """Raises StudioError when the file is missing or damaged."""
        self.path = path
        try:
            metadata = pq.read_metadata(path)
        except (OSError, pa.ArrowException) as error:
            raise gone() from error
        self.columns: tuple[str, ...] = tuple(metadata.schema.to_arrow_schema().names)
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
            length = min(end, self._begins[number + 1]) - place
            found.extend(self._group(number).slice(place - self._begins[number], length).to_pylist())
            place += length
        return found

    def at(self, numbers: Sequence[int]) -> list[dict[str, str]]:
        """The rows with these numbers, in their order."""
        return [self.rows(int(number), 1)[0] for number in numbers]

    def column(self, name: str) -> list[str]:
        """All values of one column. For short ones, such as the split."""
        return [value for number in range(len(self._begins) - 1) for value in self._read(number, [name])[0].to_pylist()]

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
            for place in _holding(self._read(number, wanted), words):
                yield self._begins[number] + place

    def _group(self, number: int) -> pa.Table:
        with self._lock:
            if number in self._groups:
                self._groups.move_to_end(number)
                return self._groups[number]
        group = self._read(number, None)
        with self._lock:
            self._groups[number] = group
            if len(self._groups) > _KEPT_GROUPS:
                self._groups.popitem(last=False)
        return group

    def _read(self, number: int, columns: list[str] | None) -> pa.Table:
        try:
            with pq.ParquetFile(self.path) as file:
                return file.read_row_group(number, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise gone() from error


def rows(path: Path, start: int, count: int) -> list[dict[str, str]]:
    """A page of a data file's rows. What was read last is kept for the next page."""
    return _opened(path, path.stat().st_mtime_ns if path.exists() else 0).rows(start, count)


def find(path: Path, words: str, stopped: Callable[[], bool] = bool, columns: Sequence[str] | None = None) -> list[int]:
    """The numbers of the first rows (FOUND_LIMIT at most) that hold the words, capitals overlooked."""
    return list(islice(Pages(path).search(words, columns, stopped), FOUND_LIMIT))


@lru_cache(maxsize=4)
def _opened(path: Path, changed: int) -> Pages:
    return Pages(path)


def gone() -> StudioError:
    """A data file is missing or damaged."""
    return StudioError(
        "data-gone",
        "A part of this project's data is missing or damaged.",
        data="Your original files are unchanged.",
        remedy="Import the files again and prepare the examples once more.",
    )


def _holding(group: pa.Table, words: str) -> list[int]:
    """The places of the rows in which some column holds the words."""
    options = pc.MatchSubstringOptions(words, ignore_case=True)
    hits = np.zeros(group.num_rows, bool)
    for column in group.columns:
        found = pc.call_function("match_substring", [column.combine_chunks()], options)
        hits |= found.to_numpy(zero_copy_only=False).astype(bool)
    return np.flatnonzero(hits).tolist()
