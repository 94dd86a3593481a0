"""Prepared rows as tokens: read from Parquet, encoded once, kept in flat arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

from studio.api import Encoder, Example, Objective, Row, Settings, Text
from studio.core.problem import StudioError

KEPT_COLUMNS = frozenset({"id", "split", "origin"})
NOT_TAUGHT = -100
KINDS = {"ids": np.int32, "learn": bool, "words": np.int32, "tags": np.int64}


@dataclass(frozen=True)
class Examples:
    """Examples as flat arrays: example i is `ids[starts[i]:starts[i + 1]]`, and `learn` beside it tells what is
    taught. `units[i]` counts what the loss of example i is summed over. Where they play a part: `words` (whose piece a
    token is), `hidden` (what stood where a token is hidden), `tags` (a name's number, -100: not taught), `labels`
    (examples, names), `numbers` (each example's own, by which what was computed of it is found again), and `other` (the
    texts that belong to these)."""

    ids: np.ndarray
    learn: np.ndarray
    starts: np.ndarray
    units: np.ndarray
    words: np.ndarray | None = None
    hidden: np.ndarray | None = None
    tags: np.ndarray | None = None
    labels: np.ndarray | None = None
    numbers: np.ndarray | None = None
    other: Examples | None = None

    @classmethod
    def of(cls, encoded: Iterable[Example], names: Sequence[str] = (), counts: str = "tokens") -> Examples:
        """Collect examples, keeping their tokens and none of their text. The first token of each is never taught, for
        nothing predicts it."""
        number = {name: place for place, name in enumerate(names)}
        flat: dict[str, list[np.ndarray]] = {"ids": [], "learn": [], "words": [], "tags": []}
        units, labels, others = [], [], []
        for example in encoded:
            flat["ids"].append(np.array(example.ids, np.int32))
            flat["learn"].append(np.array((False, *example.learn[1:]) if example.learn else (), bool))
            flat["words"].append(np.array(example.words, np.int32))
            flat["tags"].append(np.array([number[tag] if tag else NOT_TAUGHT for tag in example.tags], np.int64))
            units.append(min(example.learnt, 1) if counts == "examples" else example.learnt)
            labels.append(_label(example, number))
            others.append(_bare(example.other) if example.other else None)
        if any(others) and any(other is None and units[place] for place, other in enumerate(others)):
            raise ValueError("either every example that teaches has another text beside it, or none has")
        arrays = {name: np.concatenate(parts) if parts else np.zeros(0, KINDS[name]) for name, parts in flat.items()}
        return cls(
            ids=arrays["ids"],
            learn=arrays["learn"],
            starts=np.cumsum([0, *map(len, flat["ids"])], dtype=np.int64),
            units=np.array(units, dtype=np.int64),
            words=arrays["words"] if len(arrays["words"]) else None,
            tags=arrays["tags"] if len(arrays["tags"]) else None,
            labels=_stacked(labels),
            other=cls.of(other or Example((), ()) for other in others) if any(others) else None,
        )

    def __len__(self) -> int:
        return len(self.units)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each example's own text."""
        return np.diff(self.starts)

    @property
    def costs(self) -> np.ndarray:
        """Tokens of each example, the text that belongs to it included."""
        return self.lengths + self.other.lengths if self.other else self.lengths

    def joined(self, others: Examples) -> Examples:
        """These and then the others, with what both have."""
        both = {
            field.name: np.concatenate([mine, theirs])
            for field in fields(self)
            if field.name not in ("starts", "other")
            and (mine := getattr(self, field.name)) is not None
            and (theirs := getattr(others, field.name)) is not None
        }
        return Examples(**both, starts=np.concatenate([self.starts, self.starts[-1] + others.starts[1:]]))  # type: ignore[arg-type]

    @property
    def taught(self) -> int:
        """How many tokens are taught in all of them."""
        return int(self.learn.sum()) + (self.other.taught if self.other else 0)

    def part(self, index: int) -> slice:
        """Where one example's tokens lie in the flat arrays."""
        return slice(int(self.starts[index]), int(self.starts[index + 1]))

    def text(self, index: int) -> Text:
        """One example's tokens."""
        part = self.part(index)
        words = self.words[part] if self.words is not None else np.full(part.stop - part.start, -1, np.int32)
        return Text(self.ids[part], self.learn[part], words)

    def exchanged(self, longest: int) -> Examples:
        """Each text up to what is taught, going on with what the text before it teaches (the first with the last's);
        cut at so many tokens."""
        texts = [self.text(place) for place in range(len(self))]
        begins = [int(text.learn.argmax()) if text.learn.any() else len(text.learn) for text in texts]
        changed = []
        for place, text in enumerate(texts):
            own, other = slice(None, begins[place]), slice(begins[place - 1], None)
            ids = np.concatenate([text.ids[own], texts[place - 1].ids[other]])[:longest]
            learn = np.concatenate([text.learn[own], texts[place - 1].learn[other]])[:longest]
            changed.append((ids, learn))
        return Examples(
            ids=np.concatenate([ids for ids, _ in changed]),
            learn=np.concatenate([learn for _, learn in changed]),
            starts=np.cumsum([0, *(len(ids) for ids, _ in changed)], dtype=np.int64),
            units=self.units,
        )

    def teaching(self) -> Examples:
        """Only those that teach something."""
        return self if bool((self.units > 0).all()) else self.take(np.flatnonzero(self.units))

    def take(self, indices: Sequence[int] | np.ndarray) -> Examples:
        """Some of the examples, in this order."""
        wanted = np.asarray(indices, dtype=np.int64)
        lengths = self.lengths[wanted]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.starts[wanted] - starts[:-1], lengths) + np.arange(starts[-1])

        def gathered(name: str) -> np.ndarray | None:
            array = getattr(self, name)
            return None if array is None else array[wanted if name in ("units", "labels", "numbers") else places]

        flat = {field.name: gathered(field.name) for field in fields(self) if field.name not in ("starts", "other")}
        return Examples(**flat, starts=starts, other=self.other.take(wanted) if self.other else None)  # type: ignore[arg-type]


def _bare(example: Example) -> Example:
    """Its tokens, and none of its text."""
    return replace(example, text="", spans=(), cut=(), cut_learn=(), cut_spans=())


def _stacked(labels: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """(examples, names), zeros for examples without any; None where none has any."""
    some = next((label for label in labels if label is not None), None)
    return None if some is None else np.stack([np.zeros_like(some) if label is None else label for label in labels])


def _label(example: Example, number: dict[str, int]) -> np.ndarray | None:
    """(names,) with 1.0 where a name holds, or (1,) with the value; None for neither."""
    if example.value is not None:
        return np.array([example.value], np.float32)
    if example.labels is None:
        return None
    label = np.zeros(len(number), np.float32)
    label[[number[name] for name in example.labels or ()]] = 1.0
    return label


def read_split(path: Path, split: str) -> list[dict[str, str]]:
    """The rows of one split as role to text. Raises StudioError when the prepared data is gone."""
    return [row for _, row in read_identified(path, split)]


def read_identified(path: Path, split: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(stable id, row) of one split, in order."""
    yield from ((row["id"], _roles(row)) for row in _read(path, [("split", "=", split)]))


def names_in(path: Path, objective: Objective[Settings], settings: Settings) -> tuple[str, ...]:
    """Every label or tag in the prepared examples, numbers in their order, "O" (no tag) first, the rest as sorted."""
    found = {name for row in _read(path, None) for name in objective.names(_roles(row), settings)}

    def place(name: str) -> tuple[bool, bool, float, str]:
        number = name.lstrip("-").replace(".", "", 1)
        return name != "O", not number.isdecimal(), float(name) if number.isdecimal() else 0.0, name

    return tuple(sorted(found, key=place))


def read_origins(path: Path, split: str) -> list[str]:
    """Where each row of one split stood in its file, in order."""
    return [row.get("origin") or "" for row in _read(path, [("split", "=", split)])]


def _roles(row: Mapping[str, Any]) -> dict[str, str]:
    return {role: text or "" for role, text in row.items() if role not in KEPT_COLUMNS}


def _read(path: Path, filters: list[tuple[str, str, str]] | None) -> list[dict[str, Any]]:
    try:
        table = parquet.read_table(path, filters=filters)
    except (OSError, ValueError) as error:
        raise StudioError(
            "prepared-data-gone",
            "The prepared examples of this run are missing or damaged.",
            data="Your original files are untouched.",
            remedy="Open the Data step and prepare the examples again.",
        ) from error
    return table.to_pylist()


def encode_rows(
    rows: Sequence[Row],
    objective: Objective[Settings],
    encoder: Encoder,
    settings: Settings,
    names: Sequence[str] = (),
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Examples:
    """Rows as tokens, one or several examples per row."""

    def encoded() -> Iterator[Example]:
        for done, row in enumerate(objective.together(rows, settings)):
            if done % 256 == 0:
                tell(done, len(rows))
            yield from objective.examples(row, encoder, settings)

    return Examples.of(encoded(), names, objective.counts)
