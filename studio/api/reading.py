"""Files become rows, and rows become cleaner: Reader and Cleaner."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from studio.api.plugin import Plugin, S

Row = Mapping[str, str]
"""One row: column name to text. Nested values are JSON text; a missing value is an empty string."""


class Record(NamedTuple):
    """One row as read. `origin` says where in the file: "line 12", "record 3", "Sheet1 row 9"."""

    origin: str
    row: dict[str, str]


class Aside(NamedTuple):
    """A part of the file that is not a row. Kept aside with its line number (counted from 1) and the reason."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class ReadOptions:
    """How to read: what was found out, changeable by the person. Empty means find out."""

    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None


@dataclass(frozen=True)
class Sniffed:
    """What a reader found out about a file from its beginning."""

    format: str
    encoding: str
    delimiter: str = ""
    header: bool = True
    columns: tuple[str, ...] = ()


class Reader(Plugin[S]):
    """Reads one family of files, streaming, in flat memory."""

    suffixes: ClassVar[tuple[str, ...]]

    @abstractmethod
    def sniff(self, path: Path, options: ReadOptions) -> Sniffed:
        """Encoding, delimiter and columns from the file's beginning. Raises StudioError when it can't be read."""

    @abstractmethod
    def read(self, path: Path, sniffed: Sniffed) -> Iterator[Record | Aside]:
        """Every row, in order; what can't be read as a row comes as Aside. Rows + asides account for the file."""


class Role(NamedTuple):
    """What a column can be for an objective. `required` roles must be filled before training."""

    id: str
    title: str
    required: bool = False
    learnt: bool = False


class Column(NamedTuple):
    """A column with its guessed role ("" = kept, not used) and the reason in a sentence."""

    name: str
    role: str
    reason: str


class Kept(NamedTuple):
    """A row that stays, perhaps changed."""

    row: dict[str, str]


class Dropped(NamedTuple):
    """A row that a step leaves out, with the reason in a few words."""

    reason: str


class Cleaner(Plugin[S]):
    """A step of the recipe."""

    @abstractmethod
    def clean(self, rows: Iterable[dict[str, str]], roles: Mapping[str, str], settings: S) -> Iterator[Kept | Dropped]:
        """One answer per row, in order and streaming. `roles` maps column to role."""
