"""What was dropped on the window: a project, a model, or files with examples. Runs at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from studio.core.problem import StudioError

Kind = Literal["project", "model", "files"]


class Dropped(NamedTuple):
    """What was dropped, and where it lies."""

    kind: Kind
    paths: tuple[Path, ...]


def recognise(paths: Sequence[Path]) -> Dropped:
    """Tell what the paths are. A folder that is neither project nor model stands for the files in it.

    Raises StudioError when there is nothing to bring in.
    """
    for path in paths:
        folder = path.parent if path.name == "project.db" else path
        if (folder / "project.db").is_file():
            return Dropped("project", (folder,))
        if (path / "config.json").is_file():
            return Dropped("model", (path,))
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path]) if file.is_file()]
    if not files:
        raise StudioError(
            "nothing-dropped",
            "There is nothing in this folder that could be brought in.",
            data="Nothing was changed.",
            remedy="Drop files with examples, a project's folder or a model's folder.",
        )
    return Dropped("files", tuple(file for file in files if not file.name.startswith(".")))
