"""Projects: making, opening, closing, and what they cost on the disk.

A project is a folder. The process that opened it first is the database's only writer and holds the lock; others
open it read-only and can say who holds it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from studio.core.config import Goal, RunConfig, edit
from studio.core.paths import ProjectPaths
from studio.core.problem import StudioError
from studio.services import goals, preferences
from studio.services.facts import Fact
from studio.store.project_store import ProjectStore
from studio.worker.lock import FolderLock


class DiskUse(Fact):
    """Bytes on the disk, by what they are for."""

    data: int
    runs: dict[str, int]
    exports: int
    trash: int
    cache: int

    @property
    def total(self) -> int:
        return self.data + sum(self.runs.values()) + self.exports + self.trash + self.cache


class Project:
    """An open project. Use from one thread at a time; close it when done."""

    def __init__(self, folder: Path, store: ProjectStore, lock: FolderLock | None, holder: str = "") -> None:
        self.paths = ProjectPaths(folder)
        self.store = store
        self.holder = holder
        self.name = store.get("name", folder.name)
        self._lock = lock

    @property
    def writable(self) -> bool:
        return self.store.writable

    @property
    def goal(self) -> Goal:
        return self.config().goal

    def config(self) -> RunConfig:
        """The wizard's present state."""
        position = self.store.position()
        for row in self.store.history():
            if row["position"] == position:
                return RunConfig.from_json(row["config"])
        return RunConfig()

    def require_writable(self) -> None:
        """Raise StudioError when another program holds the project."""
        if not self.writable:
            raise held(self.paths.folder, self.holder)

    def close(self) -> None:
        """Close the database and let others write."""
        self.store.close()
        if self._lock:
            self._lock.release()


def create(folder: Path, *, goal: Goal = "answer", name: str = "") -> Project:
    """Make a new project in a folder that is empty or does not exist yet. Raises StudioError otherwise."""
    folder = Path(folder).expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudioError(
            "folder-not-empty",
            f"The folder {folder.name} already holds something.",
            data="Nothing in it was changed.",
            remedy="Choose a new, empty folder for the project.",
        )
    paths = ProjectPaths(folder)
    try:
        for part in (paths.data, paths.runs, paths.jobs, paths.exports, paths.trash):
            part.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder) from error
    project = open_project(folder, new=True)
    project.name = name or folder.name
    project.store.put("name", project.name)
    keep = preferences.load().keep_save_points
    project.store.keep(0, "New project", edit(goals.beginning(goal), {"train.keep": keep}).to_json())
    return project


def open_project(folder: Path, *, new: bool = False, write: bool = True) -> Project:
    """Open a project to write when nobody else does, else to read. Raises StudioError when it is none."""
    folder = Path(folder).expanduser().resolve()
    paths = ProjectPaths(folder)
    if not new and not paths.database.is_file():
        raise StudioError(
            "not-a-project",
            f"There is no project in {folder}.",
            data="Nothing was changed.",
            remedy="Choose a folder that holds a project.db, or start a new project.",
        )
    lock = FolderLock(paths.lock)
    holder = ""
    try:
        mine = write and lock.take()
        holder = "" if mine else lock.holder()
    except OSError:
        mine = False  # a folder that may not be written to has no holder; a name in its lock is an old one
    try:
        store = ProjectStore(paths.database, writable=mine)
    except BaseException:
        lock.release()
        raise
    return Project(folder, store, lock if mine else None, holder)


def held(folder: Path, holder: str) -> StudioError:
    """The error for a change to a project that can only be read here."""
    if holder:
        return StudioError(
            "project-held",
            f"The project {folder.name} is open elsewhere (process {holder}).",
            data="It can be looked at here; nothing was changed.",
            remedy="Close it there, then try again.",
        )
    return StudioError(
        "project-read-only",
        f"The project folder {folder.name} may not be written to.",
        data="It can be looked at; nothing was changed.",
        remedy="Copy it to a folder of your own and open the copy.",
    )


def _not_writable(folder: Path) -> StudioError:
    return StudioError(
        "not-writable",
        f"A project can't be made in {folder}: the folder may not be written to.",
        data="Nothing was changed.",
        remedy="Choose a folder of your own, for instance in Documents.",
    )


def disk_use(project: Project) -> DiskUse:
    """What the project takes on the disk, in bytes."""
    paths = project.paths
    runs = {run.name: size_of(run) for run in sorted(paths.runs.glob("*")) if run.is_dir()}
    return DiskUse(
        data=size_of(paths.data),
        runs=runs,
        exports=size_of(paths.exports),
        trash=size_of(paths.trash),
        cache=size_of(paths.jobs) + size_of(paths.folder / "cache"),
    )


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() and not path.is_symlink() else 0
        except OSError:
            continue
    return total


def disk_free(folder: Path) -> int:
    """Bytes free on the disk that holds a folder."""
    return shutil.disk_usage(folder).free


def new_folder(parent: Path, name: str) -> Path:
    """A folder for a new project that does not exist yet: the name, made safe for every system, with a number."""
    safe = re.sub(r'[<>:"/\\|?*\s\x00-\x1f]+', " ", name).strip(" .")[:60] or "Project"
    if re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", safe, re.IGNORECASE):
        safe = f"Project {safe}"
    folder = parent / safe
    number = 2
    while folder.exists():
        folder = parent / f"{safe} {number}"
        number += 1
    return folder
