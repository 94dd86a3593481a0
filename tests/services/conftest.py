"""A project of one's own, and a person's folder of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.services import projects
from studio.services.projects import Project


@pytest.fixture(autouse=True)
def own_studio_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Preferences and recent projects start empty in every test."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "person"))
    return tmp_path / "person"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    opened = projects.create(tmp_path / "project")
    yield opened
    opened.close()
