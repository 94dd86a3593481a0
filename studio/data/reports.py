"""What stands beside a data file: how it was imported or prepared. Written last: a report means a whole file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from studio.core.files import write_whole
from studio.data.pages import gone


class ColumnReport(BaseModel):
    """A column, its guessed role ("" = not used) and the reason in a sentence."""

    model_config = ConfigDict(frozen=True)

    name: str
    role: str = ""
    reason: str = ""


class ImportReport(BaseModel):
    """How a file was imported. rows_read = rows_kept + rows_aside."""

    model_config = ConfigDict(frozen=True)

    file: str
    format: str
    encoding: str
    delimiter: str = ""
    header: bool = True
    rows_read: int
    rows_kept: int
    rows_aside: int
    columns: tuple[ColumnReport, ...]
    bytes: int
    sha256: str

    def roles(self) -> dict[str, str]:
        """Column to role, of the columns that have one."""
        return {column.name: column.role for column in self.columns if column.role}


class StepReport(BaseModel):
    """What one step of the recipe did."""

    model_config = ConfigDict(frozen=True)

    id: str
    on: bool
    rows_in: int
    rows_out: int
    changed: int = 0


class TokenReport(BaseModel):
    """Tokens of all examples for one model and length: all, taught ones, and those that do not fit."""

    model_config = ConfigDict(frozen=True)

    total: int
    learnt: int
    cut: int


class TemplateReport(BaseModel):
    """How the chat template writes the examples: `chosen` as the config has it, where it is from and its id, how many
    examples have tools in plain words or lose something of what was said, which of its signs are no tokens of the
    model, and whether answers end with a token by which the model can learn to stop. `example` is the first example,
    each token with what becomes of it."""

    model_config = ConfigDict(frozen=True)

    chosen: str = ""
    kind: Literal["model", "plain", "shipped", "own"] = "model"
    id: str = ""
    in_words: int = 0
    lost: int = 0
    missing: tuple[str, ...] = ()
    ends: bool = True
    example: tuple[tuple[str, str], ...] = ()


class PreparedReport(BaseModel):
    """How examples were prepared, and what a model makes of them (None until a model was chosen). `classes` counts the
    training examples of each class, the commonest first, where examples have classes."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[StepReport, ...]
    splits: dict[str, int]
    leaks: int
    rows: int
    roles: tuple[str, ...] = ()
    questions: int = 0
    classes: dict[str, int] | None = None
    teach_nothing: int | None = None
    tokens: TokenReport | None = None
    longest: int | None = None
    model: str | None = None
    max_length: int | None = None
    template: TemplateReport | None = None


def report_path(parquet: Path) -> Path:
    """Where the report of a data file lies."""
    return parquet.with_suffix(".json")


def beside(parquet: Path, what: str) -> Path:
    """Another file that belongs to a data file: `aside`, `dropped` or `changed`, as lines of JSON."""
    return parquet.with_suffix(f".{what}.jsonl")


def write_report(parquet: Path, report: BaseModel) -> None:
    """Write the report beside its data file, whole or not at all."""
    write_whole(report_path(parquet), report.model_dump_json(indent=1).encode())


def read_import(parquet: Path) -> ImportReport:
    """The report of an imported data file. Raises StudioError when it is missing or broken."""
    return _read(ImportReport, parquet)


def read_prepared(parquet: Path) -> PreparedReport:
    """The report of prepared examples. Raises StudioError when it is missing or broken."""
    return _read(PreparedReport, parquet)


def is_whole(parquet: Path) -> bool:
    """Whether a data file and its report are both there."""
    return parquet.is_file() and report_path(parquet).is_file()


R = TypeVar("R", bound=BaseModel)


def _read(kind: type[R], parquet: Path) -> R:
    try:
        if not parquet.is_file():
            raise FileNotFoundError(parquet)
        return kind.model_validate_json(report_path(parquet).read_bytes())
    except (OSError, ValidationError) as error:
        raise gone() from error


def read_lines(path: Path, limit: int | None = None) -> list[dict[str, Any]]:
    """The first lines of a file of JSON lines; empty when there is none."""
    found: list[dict[str, Any]] = []
    try:
        with path.open("rb") as file:
            for line in file:
                if limit is not None and len(found) >= limit:
                    break
                found.append(orjson.loads(line))
    except FileNotFoundError:
        return []
    return found
