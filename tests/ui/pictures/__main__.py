"""Draw every page in its states into a folder: single pictures, and one contact sheet per page."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.ui.pictures.stage import own_home

PAGES = ("home", "data-preview", "data", "model", "method", "settings", "train", "evaluate", "share")
ORDER = ("empty", "loading", "before", "ready", "ready-dark", "200", "error", "long")


def main() -> int:
    """Everything in one process, but for the enlarged pictures: the scale is fixed when a process begins."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--enlarged", type=Path, help="only the enlarged pictures of this project")
    parser.add_argument("--home", type=Path, help="the home to use; a new one where none is given")
    chosen = parser.parse_args()
    if chosen.enlarged:
        return _enlarged(chosen.folder.resolve(), chosen.enlarged, chosen.home)
    home = Path(tempfile.mkdtemp(prefix="studio-pictures-"))
    try:
        return _all(chosen.folder.resolve(), home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _all(folder: Path, home: Path) -> int:
    own_home(home)
    from tests.ui.pictures import story
    from tests.ui.pictures.sheets import sheet
    from tests.ui.pictures.stage import Stage

    projects, scratch = home / "Fine-Tuning Studio", home / "desktop"
    scratch.mkdir(parents=True)
    sample = projects / "Museum help desk"
    stage = Stage(folder, projects)
    try:
        story.first_time(stage, scratch)
        story.empty_project(stage, projects, scratch)
        story.sample(stage, sample)
        story.training(stage)
        story.results(stage)
        story.going_on(stage)
        story.trouble(stage, scratch)
        story.long_texts(stage, projects, scratch)
        story.home_again(stage)
        stage.close()
        return _in_a_child(folder, sample, home)
    finally:
        stage.close()
        # What was drawn until something went wrong is worth seeing, the more so then.
        for page in PAGES:
            sheet(folder, page, _names(folder, page))


def _in_a_child(folder: Path, project: Path, home: Path) -> int:
    command = [sys.executable, "-m", "tests.ui.pictures", str(folder), "--enlarged", str(project), "--home", str(home)]
    return subprocess.call(command, env=os.environ | {"QT_SCALE_FACTOR": "2"})


def _enlarged(folder: Path, project: Path, home: Path) -> int:
    own_home(home)
    from tests.ui.pictures import story
    from tests.ui.pictures.stage import Stage

    stage = Stage(folder, project.parent)
    try:
        story.enlarged(stage, project)
    finally:
        stage.close()
    return 0


def _names(folder: Path, page: str) -> list[str]:
    """The pictures of a page in the order of its states; what has a longer page's name belongs to that one."""
    longer = [other for other in PAGES if other != page and other.startswith(f"{page}-")]
    names = [path.stem for path in folder.glob(f"{page}-*.png")]
    own = [name for name in names if not any(name.startswith(f"{other}-") for other in longer)]

    def place(name: str) -> tuple[int, str]:
        state = name.removeprefix(f"{page}-")
        return (ORDER.index(state) if state in ORDER else len(ORDER), state)

    return sorted(own, key=place)


if __name__ == "__main__":
    sys.exit(main())
