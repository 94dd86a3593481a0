"""Prepared rows as tokens: read from Parquet, encoded once, kept in flat arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from studio.api import Encoder, Example, Objective, Row, Settings
from studio.core.problem import StudioError

KEPT_COLUMNS = frozenset({"id", "split", "origin"})


@dataclass(frozen=True)
class Examples:
    """Examples as flat arrays: example i is `ids[starts[i]:starts[i + 1]]`, and `learn` beside it tells what is
    taught. `units[i]` counts its taught tokens."""

    ids: np.ndarray
    learn: np.ndarray
    starts: np.ndarray
    units: np.ndarray

    @classmethod
    def of(cls, encoded: Iterable[Example]) -> Examples:
        """Collect examples; the first token of each is never taught, for nothing predicts it."""
        ids, learn, lengths = [], [], []
        for example in encoded:
            taught = np.array(example.learn, dtype=bool)
            taught[:1] = False
            ids.append(np.array(example.ids, dtype=np.int32))
            learn.append(taught)
            lengths.append(len(taught))
        return cls(
            np.concatenate(ids) if ids else np.zeros(0, np.int32),
            np.concatenate(learn) if learn else np.zeros(0, bool),
            np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]),
            np.array([int(taught.sum()) for taught in learn], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.units)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each example."""
        return np.diff(self.starts)

    def example(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """(ids, learn) of one example."""
        part = slice(self.starts[index], self.starts[index + 1])
        return self.ids[part], self.learn[part]

    def teaching(self) -> Examples:
        """Only those that teach something."""
        return self.take(np.flatnonzero(self.units))

    def take(self, indices: Sequence[int] | np.ndarray) -> Examples:
        """Some of the examples, in this order."""
        pairs = [self.example(int(index)) for index in indices]
        return Examples.of(Example(tuple(ids.tolist()), tuple(learn.tolist())) for ids, learn in pairs)


def read_split(path: Path, split: str) -> list[dict[str, str]]:
    """The rows of one split as role to text. Raises StudioError when the prepared data is gone."""
    return [row for _, row in read_identified(path, split)]


def read_identified(path: Path, split: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(stable id, row) of one split, in order."""
    try:
        table = parquet.read_table(path, filters=[("split", "=", split)])
    except (OSError, ValueError) as error:
        raise StudioError(
            "prepared-data-gone",
            "The prepared examples of this run are missing or damaged.",
            data="Your original files are untouched.",
            remedy="Open the Data step and prepare the examples again.",
        ) from error
    for row in table.to_pylist():
        yield row["id"], {role: text or "" for role, text in row.items() if role not in KEPT_COLUMNS}


def encode_rows(
    rows: Sequence[Row],
    objective: Objective[Settings],
    encoder: Encoder,
    settings: Settings,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Examples:
    """Rows as tokens, one example per row."""

    def encoded() -> Iterator[Example]:
        for done, row in enumerate(rows):
            if done % 256 == 0:
                tell(done, len(rows))
            yield objective.encode(row, encoder, settings)

    return Examples.of(encoded())
