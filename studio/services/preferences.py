"""A person's preferences, kept in one JSON file in their own studio folder. A damaged file falls back to defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.core.files import write_whole
from studio.core.paths import user_folder


class Preferences(BaseModel):
    """What the window remembers. `window` and `splitters` are Qt's own states, base64."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: Literal["system", "light", "dark"] = "system"
    expert: bool = False
    explain_open: bool = True
    window: str = ""
    splitters: dict[str, str] = Field(default_factory=dict)
    last_folder: str = ""
    last_page: str = ""
    knows_training_goes_on: bool = False
    projects_folder: str = ""
    keep_save_points: int = Field(default=2, ge=1, le=100)
    model_folders: tuple[str, ...] = ()


def load() -> Preferences:
    """The preferences as they are; the defaults where there are none."""
    try:
        return Preferences.model_validate_json(_path().read_bytes())
    except (OSError, ValidationError):
        return Preferences()


def save(preferences: Preferences) -> None:
    """Keep the preferences."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, preferences.model_dump_json(indent=2).encode())


def projects_folder() -> Path:
    """Where new projects go."""
    chosen = load().projects_folder
    return Path(chosen) if chosen else Path.home() / "Fine-Tuning Studio"


def _path() -> Path:
    return user_folder() / "preferences.json"
