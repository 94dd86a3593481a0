"""What the tasks that open a finished run share: finding it from their arguments, and telling how far they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.core.paths import ProjectPaths
from studio.worker.run_folder import RunFolder
from studio.worker.work import Work

if TYPE_CHECKING:
    from studio.engine.job import Job


def job_of(work: Work) -> Job:
    """The job of the run that the arguments name."""
    from studio.engine.jobs import find_job

    project = Path(work.arguments["project"])
    folder = ProjectPaths(project).run(work.arguments["run"]).folder
    return find_job(project, folder, RunFolder(folder).config())


def teller(work: Work) -> Callable[[str, int, int], None]:
    """Progress with its words first, as the engine tells it."""

    def tell(words: str, done: int, total: int) -> None:
        work.progress(done, total, words)

    return tell
