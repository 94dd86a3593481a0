"""Cells and lines from the clipboard become a file of the project, which is then read like any other."""

from __future__ import annotations

import time
from pathlib import Path

from studio.core.paths import ProjectPaths
from studio.core.problem import StudioError


def paste_cells(project: Path, text: str) -> Path:
    """Write pasted text below the project's data folder and return the file. Raises StudioError where it is empty.

    What holds tabs is a table (.tsv), anything else plain text (.txt). Runs outside the window's thread.
    """
    if not text.strip():
        raise StudioError(
            "clipboard-empty",
            "There is no text on the clipboard.",
            data="Nothing was changed.",
            remedy="Mark the cells in your spreadsheet, copy them, and paste again.",
        )
    folder = ProjectPaths(project).data / "pasted"
    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".tsv" if "\t" in text else ".txt"
    stem = time.strftime("Pasted %Y-%m-%d %H-%M-%S")
    file = folder / f"{stem}{suffix}"
    number = 2
    while file.exists():
        file = folder / f"{stem} {number}{suffix}"
        number += 1
    file.write_text(text.replace("\r\n", "\n"), encoding="utf-8", newline="")
    return file
