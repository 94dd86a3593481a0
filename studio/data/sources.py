"""A file somebody chose: whether it can be read at all, and which reader knows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.api import Reader, ReadOptions, Sniffed
from studio.core.problem import StudioError
from studio.core.registry import Registry

Readers = Registry[Reader[Any]]

NOT_THIS_FORMAT = "not-this-format"
UNTOUCHED = "The file is unchanged; nothing was imported."

_OTHER_KINDS = (
    (b"%PDF", "a PDF document", "Save its text as a .txt file, or its table as CSV, and import that."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "Save it as CSV or as plain text and import that."),
    (b"\x1f\x8b", "a compressed file", "Unpack it and import what is inside."),
    (b"7z\xbc\xaf", "a compressed file", "Unpack it and import what is inside."),
    (b"PAR1", "a Parquet file", "Save it as CSV or JSONL and import that."),
    (b"SQLite format 3", "a database", "Save the table you need as CSV and import that."),
    (b"\x89PNG", "a picture", "Choose a file with text in it."),
    (b"\xff\xd8\xff", "a picture", "Choose a file with text in it."),
    (b"GIF8", "a picture", "Choose a file with text in it."),
    (b"\x7fELF", "a program", "Choose a file with text in it."),
)
_ZIPPED = {
    ".xlsx": ("an Excel workbook", "In Excel choose Save as, CSV UTF-8, and import that file."),
    ".ods": ("a spreadsheet", "Save it as CSV and import that file."),
    ".docx": ("a Word document", "In Word choose Save as, plain text, and import that file."),
    ".odt": ("a text document", "Save it as plain text and import that file."),
}


def shown(path: Path) -> str:
    """A file's name as sentences show it."""
    return path.name if len(path.name) <= 60 else path.name[:57] + "…"


def choose(
    path: Path, readers: Readers, options: ReadOptions | None = None, format: str = ""
) -> tuple[Reader[Any], Sniffed]:
    """The reader for a file and what it found out: the person's choice of format, else by suffix and content.

    Raises StudioError when there is no such file, when it is empty, or when no reader knows it.
    """
    check(path)
    options = options or ReadOptions()
    if format:
        return readers[format], readers[format].sniff(path, options)
    suffix = path.suffix.lower()
    claimants = [reader for reader in readers if suffix in reader.suffixes] or list(readers)
    declined: StudioError | None = None
    for reader in claimants:
        try:
            return reader, reader.sniff(path, options)
        except StudioError as error:
            if error.id != NOT_THIS_FORMAT:
                raise
            declined = error
    raise declined or unknown_kind(path)


def check(path: Path) -> int:
    """The size of a file that can be read; raises StudioError for a folder, a missing, empty or foreign file."""
    try:
        if path.is_dir():
            raise StudioError(
                "folder-given",
                f"{shown(path)} is a folder, not a file.",
                data="Nothing was imported.",
                remedy="Open the folder and choose the files in it.",
            )
        with path.open("rb") as file:
            start = file.read(16)
            size = path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error
    if not start:
        raise StudioError(
            "empty-file",
            f"{shown(path)} is empty.",
            data="Nothing was imported.",
            remedy="Save it again from where it came and choose the new file.",
        )
    _refuse_other_kinds(path, start)
    return size


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    for magic, kind, remedy in _OTHER_KINDS:
        if start.startswith(magic):
            raise _not_text(path, kind, remedy)
    if start.startswith(b"PK\x03\x04"):
        kind, remedy = _ZIPPED.get(path.suffix.lower(), ("a zip archive", "Unpack it and import what is inside."))
        raise _not_text(path, kind, remedy)


def _not_text(path: Path, kind: str, remedy: str) -> StudioError:
    return StudioError("other-kind-of-file", f"{shown(path)} is {kind}.", data=UNTOUCHED, remedy=remedy)


def unknown_kind(path: Path) -> StudioError:
    """No reader knows the file."""
    return StudioError(
        "unknown-format",
        f"What is in {shown(path)} was not recognised.",
        data=UNTOUCHED,
        remedy="Save it as CSV, JSON, JSONL or plain text and import that.",
    )


def unreadable(path: Path, error: OSError) -> StudioError:
    """The system does not let us read the file."""
    if isinstance(error, FileNotFoundError):
        return StudioError(
            "file-gone",
            f"{shown(path)} is not there.",
            data="Nothing was imported.",
            remedy="Put it back where it was, or choose it again at its new place.",
        )
    if isinstance(error, PermissionError):
        return StudioError(
            "file-locked",
            f"{shown(path)} may not be read; it belongs to somebody else or another program holds it.",
            data=UNTOUCHED,
            remedy="Close it in other programs or copy it to a folder of your own, then try again.",
        )
    return StudioError(
        "file-unreadable",
        f"The disk could not read {shown(path)}.",
        data=UNTOUCHED,
        remedy="Copy the file to another disk and import it from there.",
    )
