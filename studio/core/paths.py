"""Where things lie: in a project, in a run, in the program and on the person's computer."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple


class ProjectPaths(NamedTuple):
    """The layout of a project folder. Copy the folder, copy the project."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "project.db"

    @property
    def lock(self) -> Path:
        return self.folder / "project.lock"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def jobs(self) -> Path:
        """Short work that is not a run: import, prepare, preview, export."""
        return self.folder / "jobs"

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def trash(self) -> Path:
        return self.folder / "trash"

    def dataset(self, content_hash: str) -> Path:
        return self.data / f"{content_hash}.parquet"

    def run(self, id: str) -> RunPaths:
        return RunPaths(self.runs / id)


class RunPaths(NamedTuple):
    """The layout of a run's (or a job's) folder."""

    folder: Path

    @property
    def task(self) -> Path:
        return self.folder / "task.json"

    @property
    def config(self) -> Path:
        return self.folder / "run.json"

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def commands(self) -> Path:
        return self.folder / "commands.jsonl"

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def final(self) -> Path:
        """The trained weights as they are kept: those of the best check."""
        return self.folder / "final"


def program_root() -> Path:
    """The folder that holds `studio/`, and `resources/` and `plugins/` beside it."""
    return Path(__file__).resolve().parents[2]


def resources() -> Path:
    """What ships with the program: starter models, samples, presets, templates."""
    beside = program_root() / "resources"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "fine-tuning-studio" / "resources"


def model_path(path: str, project: Path) -> Path:
    """Where a RunConfig's `model.path` points: "starter:NAME", "project:REST", or a folder of its own."""
    kind, _, rest = path.partition(":")
    if kind == "starter":
        return resources() / "starters" / rest
    if kind == "project":
        return project / rest
    return project / path


def plugins_folder() -> Path:
    """Plugins that ship beside the studio, one folder each."""
    beside = program_root() / "plugins"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "fine-tuning-studio" / "plugins"


def user_folder() -> Path:
    """The person's own studio folder: preferences, recent projects, logs. `STUDIO_HOME` overrides it."""
    if chosen := os.environ.get("STUDIO_HOME"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "Fine-Tuning Studio"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "fine-tuning-studio"
