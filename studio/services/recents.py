"""Projects opened lately, with a small curve and the last verdict for Home. Kept in the person's own folder."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from studio.core.config import Goal
from studio.core.files import write_whole
from studio.core.paths import user_folder
from studio.services.projects import Project

MOST = 24
CURVE_POINTS = 60


class RecentProject(BaseModel):
    """A project as Home's card shows it. `train` and `validation` are losses, oldest first."""

    model_config = ConfigDict(frozen=True)

    folder: Path
    name: str
    goal: Goal
    opened: float
    state: str = ""
    sentence: str = ""
    verdict_id: str = ""
    train: tuple[float, ...] = ()
    validation: tuple[float, ...] = ()
    missing: bool = False


_LIST: TypeAdapter[list[RecentProject]] = TypeAdapter(list[RecentProject])


def recent_projects() -> list[RecentProject]:
    """Newest first; a project whose folder is gone is marked as missing."""
    return [entry.model_copy(update={"missing": not (entry.folder / "project.db").is_file()}) for entry in _read()]


def remember(project: Project) -> None:
    """Put a project at the head of the list, with how it stands now."""
    runs = project.store.runs()
    results = project.store.results("evaluations")
    series = project.store.metrics(runs[0]["id"]) if runs else []
    entry = RecentProject(
        folder=project.paths.folder,
        name=project.name,
        goal=project.goal,
        opened=time.time(),
        state=runs[0]["state"] if runs else "",
        sentence=results[0]["result"]["verdict"]["sentence"] if results else "",
        verdict_id=results[0]["result"]["verdict"]["id"] if results else "",
        train=_curve(series, "train.loss"),
        validation=_curve(series, "validation.loss"),
    )
    _write([entry, *(other for other in _read() if other.folder != entry.folder)][:MOST])


def forget(folder: Path) -> None:
    """Take a project off the list; its folder stays."""
    _write([entry for entry in _read() if entry.folder != Path(folder)])


def _curve(series: list[dict[str, float]], name: str) -> tuple[float, ...]:
    values = [row["value"] for row in series if row["name"] == name and row["value"] is not None]
    stride = max(1, len(values) // CURVE_POINTS)
    return tuple(values[::stride])


def _path() -> Path:
    return user_folder() / "recent.json"


def _read() -> list[RecentProject]:
    try:
        return _LIST.validate_json(_path().read_bytes())
    except (OSError, ValidationError):
        return []


def _write(entries: list[RecentProject]) -> None:
    _path().parent.mkdir(parents=True, exist_ok=True)
    write_whole(_path(), _LIST.dump_json(entries, indent=2))
