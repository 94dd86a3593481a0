"""The sentences with which a reader declines a file."""

from __future__ import annotations

from pathlib import Path

from studio.api import StudioError

NOT_THIS_FORMAT = "not-this-format"


def not_this_format(path: Path, kind: str, remedy: str = "Choose another format for this file.") -> StudioError:
    """The file's content is of another kind; another reader may know it."""
    return StudioError(
        NOT_THIS_FORMAT,
        f"{path.name[:60]} does not look like {kind}.",
        data="The file is unchanged; nothing was imported.",
        remedy=remedy,
    )


def broken_json(path: Path, line: int, what: str) -> StudioError:
    """A JSON file whose structure breaks off."""
    return StudioError(
        "broken-json",
        f"{path.name[:60]} is not whole JSON: in line {line:,} {what}",
        data="The file is unchanged; nothing was imported.",
        remedy="Mend that line or save the file again from where it came, then import it once more.",
    )
