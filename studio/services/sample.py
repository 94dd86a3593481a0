"""The sample project: a museum help desk's questions and answers, ready to be tuned into the starter model."""

from __future__ import annotations

from pathlib import Path

from studio.core.config import RunConfig
from studio.core.paths import resources
from studio.services import models, preferences
from studio.services.projects import Project, create, new_folder

NAME = "Museum help desk"


def sample_file() -> Path:
    """The spreadsheet that ships with the program."""
    return resources() / "samples" / "museum-help-desk" / "visitor-questions.csv"


def create_sample(folder: Path | None = None) -> Project:
    """A new project with the starter model chosen; its file is brought in like anybody's."""
    return create(folder or new_folder(preferences.projects_folder(), NAME), name=NAME)


def sample_config(project: Project) -> RunConfig:
    """The project's config with the starter model."""
    section = models.section_of(models.starter_path("decoder"), project.paths.folder)
    return project.config().model_copy(update={"model": section})
