"""Measuring, exporting and talking to a trained model: starting the work and keeping what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.core.events import Interrupt, SampleNow, Stop
from studio.core.problem import StudioError
from studio.services import jobs, runs
from studio.services.projects import Project, new_folder
from studio.worker import client
from studio.worker.run_folder import RunFolder


def evaluate(project: Project, run: str, split: str = "test") -> RunFolder:
    """Start measuring a run before and after on a split; `take_evaluation` keeps the result."""
    project.require_writable()
    require_weights(project, run)
    return jobs.start(project.paths.jobs, "evaluate", _of(project, run, split=split))


def take_evaluation(project: Project, result: Mapping[str, Any]) -> None:
    """Keep an evaluation."""
    project.store.add_result("evaluations", {"run": result["run"], "split": result["split"]}, dict(result))


def export(project: Project, run: str, to: str, out: Path | None = None) -> RunFolder:
    """Start an export into a new folder (in the project when none is given); `take_export` keeps the result."""
    project.require_writable()
    require_weights(project, run)
    folder = Path(out).expanduser().resolve() if out else new_folder(project.paths.exports, f"{run}-{to}")
    return jobs.start(project.paths.jobs, "export-run", _of(project, run, to=to, out=str(folder)))


def take_export(project: Project, run: str, to: str, result: Mapping[str, Any]) -> None:
    """Keep an export; a folder inside the project is kept relative to it."""
    folder = Path(result["folder"])
    inside = folder.is_relative_to(project.paths.folder)
    kept = folder.relative_to(project.paths.folder).as_posix() if inside else str(folder)
    project.store.add_result("exports", {"run": run, "kind": to, "folder": kept}, dict(result))


def generate(jobs_folder: Path, arguments: Mapping[str, Any]) -> RunFolder:
    """Start writing one answer; arguments as the generate task takes them."""
    return jobs.start(jobs_folder, "generate", dict(arguments))


def playground(project: Project, run: str) -> RunFolder:
    """Start a worker that keeps the base and the tuned model loaded and answers questions."""
    require_weights(project, run)
    return jobs.start(project.paths.jobs, "playground", _of(project, run))


def ask(worker: RunFolder, who: str, prompt: str, ask: str, history: Sequence[Mapping[str, str]] = ()) -> None:
    """Ask the playground a question; answers come as Sampled events with the same `ask`."""
    worker.command(SampleNow(prompt=prompt, who=who, ask=ask, history=tuple(dict(turn) for turn in history)))


def interrupt(worker: RunFolder) -> None:
    """Break off the answer being written."""
    worker.command(Interrupt())


def leave(worker: RunFolder) -> None:
    """End the playground."""
    if client.is_alive(worker):
        worker.command(Stop())


def require_weights(project: Project, run: str) -> None:
    """Raise StudioError when a run has no kept weights yet."""
    folder = runs.folder(project, run)
    if not folder.paths.final.is_dir():
        raise StudioError(
            "run-unfinished",
            f"{run} has no finished weights yet.",
            data="What it has saved so far is safe.",
            remedy="Let it finish, or stop it to keep its best weights.",
        )


def _of(project: Project, run: str, **more: Any) -> dict[str, Any]:
    return {"project": str(project.paths.folder), "run": run, **more}
