"""Opening a project for a verb, and waiting for the short work that it starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.cli.console import Console
from studio.core.problem import StudioError
from studio.services import jobs, projects, runs
from studio.services.projects import Project
from studio.worker.run_folder import RunFolder


@contextmanager
def writing(folder: str) -> Iterator[Project]:
    """A project to change. Raises StudioError when another program holds it."""
    with _opened(folder, write=True) as project:
        project.require_writable()
        runs.sync(project)
        yield project


@contextmanager
def reading(folder: str) -> Iterator[Project]:
    """A project to look at; never takes the lock."""
    with _opened(folder, write=False) as project:
        yield project


@contextmanager
def steering(folder: str) -> Iterator[Project]:
    """A project whose runs are told something: written to where nobody else does."""
    with _opened(folder, write=True) as project:
        if project.writable:
            runs.sync(project)
        yield project


@contextmanager
def _opened(folder: str, *, write: bool) -> Iterator[Project]:
    project = projects.open_project(Path(folder), write=write)
    try:
        yield project
    finally:
        project.close()


def take_news(folder: Path) -> None:
    """Copy what a run said into the database, if nobody else holds the project (then they do it)."""
    try:
        with writing(str(folder)):
            pass
    except StudioError as error:
        if error.id not in ("project-held", "project-read-only"):
            raise


def finish(job: RunFolder, console: Console) -> dict[str, Any]:
    """Wait for a short job, telling its progress. Ctrl-C stops the job; it is told as stopped."""
    try:
        return _wait(job, console)
    except KeyboardInterrupt:
        jobs.stop(job)
        return _wait(job, console)


def _wait(job: RunFolder, console: Console) -> dict[str, Any]:
    try:
        return jobs.wait(job, console.job)
    finally:
        console.clear()
