"""Runs: starting, steering, following, deleting. Copies what workers say into the database, as its only writer."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio import plugins
from studio.core.config import RunConfig
from studio.core.events import (
    AnyEvent,
    Command,
    Evaluated,
    EvaluateNow,
    Failed,
    Finished,
    Pause,
    Paused,
    Resume,
    Resumed,
    Sampled,
    SampleNow,
    Started,
    Stepped,
    Stop,
)
from studio.core.files import write_whole
from studio.core.problem import StudioError
from studio.core.run import ACTIVE, Metrics, RunState, RunSummary
from studio.services import beginnings, models
from studio.services.projects import Project
from studio.worker import client
from studio.worker.run_folder import RunFolder

Series = dict[str, list[tuple[int, float]]]


def start(project: Project, config: RunConfig) -> str:
    """Start training in a detached worker; returns the new run's id."""
    id = add(project, "train", _arguments(project, resume=True), config)
    client.start(folder(project, id))
    return id


def make(project: Project, config: RunConfig) -> str:
    """Make a run's folder without starting it: a scheduler may, or `resume`. Returns the new run's id."""
    id = add(project, "train", _arguments(project, resume=True), config)
    project.store.update_run(id, state="planned")
    return id


def add(project: Project, task: str, arguments: dict[str, Any], config: RunConfig) -> str:
    """Make a run's folder with a task of its own. Returns the new run's id."""
    project.require_writable()
    number = 1 + max((row["number"] for row in [*project.store.runs(), *project.store.runs(deleted=True)]), default=0)
    id = f"run-{number}"
    RunFolder.create(project.paths.run(id).folder, task, arguments, config)
    project.store.add_run(id, config.to_json(), time.time())
    return id


def resume(project: Project, id: str) -> None:
    """Go on: a paused worker by command, an ended one from its last whole save point. A finished run stays."""
    run = folder(project, id)
    if client.is_alive(run):
        run.command(Resume())
        return
    row = project.store.run(id)
    if row["state"] == "finished":
        return
    project.require_writable()
    _find_model_again(project, run)
    if run.task()[0] == "train":
        run.set_task("train", _arguments(project, resume=True))
    project.store.update_run(id, state="waiting", failure=None, reason=None, ended=None)
    client.start(run)


def pause(project: Project, id: str) -> None:
    """Ask a running worker to wait."""
    _tell(project, id, Pause())


def stop(project: Project, id: str) -> None:
    """Ask a running worker to end, keeping its best weights."""
    _tell(project, id, Stop())


def evaluate_now(project: Project, id: str) -> None:
    """Ask a running worker to measure validation now."""
    _tell(project, id, EvaluateNow())


def sample(project: Project, id: str, prompt: str) -> None:
    """Ask a running worker a question."""
    _tell(project, id, SampleNow(prompt=prompt))


def _tell(project: Project, id: str, command: Command) -> None:
    run = folder(project, id)
    if not client.is_alive(run):
        raise StudioError(
            "run-not-running",
            f"{id} is not running.",
            data="What it has saved is safe.",
            remedy="Resume it to go on.",
        )
    run.command(command)


def folder(project: Project, id: str) -> RunFolder:
    """A run's folder. Raises StudioError when there is no such run."""
    path = project.paths.run(id).folder
    if Path(id).name != id or not (path / "task.json").is_file():
        raise StudioError(
            "run-missing",
            f"There is no run called {id} in this project.",
            data="Nothing was changed.",
            remedy="List the project's runs and choose one of them.",
        )
    return RunFolder(path)


def _arguments(project: Project, *, resume: bool) -> dict[str, Any]:
    return {"project": str(project.paths.folder), "resume": resume}


def _find_model_again(project: Project, run: RunFolder) -> None:
    """When the base model has moved, note in run.json where it lies now."""
    config = run.config()
    path = models.located(config.model, project.paths.folder)
    section = models.section_of(path, project.paths.folder)
    if section.path != config.model.path:
        moved = section.model_copy(update={"template": config.model.template})
        write_whole(run.paths.config, config.model_copy(update={"model": moved}).to_json().encode())


# ------------------------------------------------------------------------------------------------ following


def sync(project: Project) -> dict[str, list[AnyEvent]]:
    """Copy what is new in every run that may have news; returns the new events by run."""
    _adopt(project)
    news: dict[str, list[AnyEvent]] = {}
    for row in project.store.runs():
        if row["state"] in ACTIVE or goes_on(project, row):
            news[row["id"]] = sync_run(project, row)
    return {id: events for id, events in news.items() if events}


def sync_run(project: Project, row: dict[str, Any]) -> list[AnyEvent]:
    """Copy one run's new events. A worker that died without a word is told as Failed."""
    run = RunFolder(project.paths.run(row["id"]).folder)
    alive = client.is_alive(run)
    reader = run.event_reader(row["copied"])
    events: list[AnyEvent] = reader.read()
    changes = changes_of(events)
    if not alive and changes.get("state", row["state"]) in ACTIVE:
        death = client.died(run)
        events = [*events, death]
        changes |= changes_of([death])
    if row["state"] not in ACTIVE and changes:
        changes = {"reason": None, "ended": None, **changes}
    changes["copied"] = reader.offset
    if project.writable and (events or reader.offset != row["copied"]):
        id = row["id"]
        project.store.copy_events(id, changes, list(_metric_rows(id, events)), list(_sample_rows(id, events)))
    return events


def goes_on(project: Project, row: dict[str, Any]) -> bool:
    """Whether a run that was planned or had ended has said more since: somebody else started it, such as a
    scheduler."""
    if row["state"] not in ("planned", "failed", "stopped"):
        return False
    events = project.paths.run(row["id"]).events
    return events.exists() and events.stat().st_size > row["copied"]


def _adopt(project: Project) -> None:
    """Take in runs whose folder is here but whose row is not (a copy of the database was restored)."""
    if not project.writable:
        return
    known = {row["id"] for row in [*project.store.runs(), *project.store.runs(deleted=True)]}
    for path in sorted(project.paths.runs.iterdir()):
        run = RunFolder(path)
        if path.name not in known and run.paths.config.is_file():
            project.store.add_run(path.name, run.paths.config.read_text(encoding="utf-8"), path.stat().st_mtime)


def changes_of(events: Iterable[AnyEvent]) -> dict[str, Any]:
    """What events say about a run's row."""
    changes: dict[str, Any] = {}
    for event in events:
        match event:
            case Started():
                changes |= {"state": "running", "step": event.step, "steps": event.steps, "failure": None}
            case Stepped():
                changes["step"] = event.step
            case Evaluated(best=True):
                changes["best_step"] = event.step
            case Paused():
                changes["state"] = "paused"
            case Resumed():
                changes["state"] = "running"
            case Finished():
                state = "stopped" if event.reason == "stopped" else "finished"
                changes |= {"state": state, "reason": event.reason, "ended": event.time}
            case Failed():
                changes |= {"state": "failed", "failure": event.model_dump_json(), "ended": event.time}
            case _:
                pass
    return changes


def _metric_rows(run: str, events: Iterable[AnyEvent]) -> Iterable[dict[str, Any]]:
    for event in events:
        if isinstance(event, Stepped):
            for name, value in event.metrics.items():
                yield {"run": run, "step": event.step, "name": "train.loss" if name == "loss" else name, "value": value}
        elif isinstance(event, Evaluated):
            for name, value in event.metrics.items():
                yield {"run": run, "step": event.step, "name": f"{event.split}.{name}", "value": value}


def _sample_rows(run: str, events: Iterable[AnyEvent]) -> Iterable[dict[str, Any]]:
    for event in events:
        if isinstance(event, Sampled) and event.done:
            yield {"run": run, "step": event.step, "prompt": event.prompt, "text": event.text}


# -------------------------------------------------------------------------------------------------- looking


def summaries(project: Project) -> tuple[RunSummary, ...]:
    """All runs, newest first."""
    return tuple(summary(project, row) for row in project.store.runs())


def summary(project: Project, row: dict[str, Any]) -> RunSummary:
    """One run at a glance, losses at the newest measurement."""
    config = RunConfig.from_json(row["config"])
    state: RunState = row["state"]
    return RunSummary(
        id=row["id"],
        state=state,
        step=row["step"] or 0,
        steps=row["steps"] or 0,
        model=config.model.path,
        method=config.method.id,
        objective=config.objective.id,
        started=row["started"],
        train=metrics_of(project.store.metric(row["id"], "train.loss"), config),
        validation=metrics_of(_kept_validation(project, row), config),
        best_step=row["best_step"],
        reason=row["reason"] or "",
        note=row["note"] or "",
        begin=config.train.begin,
        stacked=config.train.stacked,
        parts=config.join.parts,
    )


def metrics_of(loss: float | None, config: RunConfig) -> Metrics:
    """Loss with its perplexity; neither where the loss was not measured, and no perplexity where e to the loss says
    nothing about words."""
    known = plugins.objectives()
    words = config.objective.id not in known or "likelihood" in known[config.objective.id].metrics
    return Metrics(loss=loss, perplexity=math.exp(min(loss, 700)) if words and loss is not None else None)


def _kept_validation(project: Project, row: dict[str, Any]) -> float | None:
    """Validation loss of the weights that are kept: the best check's, or the newest where none is marked."""
    best = (
        project.store.metric(row["id"], "validation.loss", row["best_step"]) if row["best_step"] is not None else None
    )
    return best if best is not None else project.store.metric(row["id"], "validation.loss")


def series(project: Project, id: str) -> Series:
    """Every measured curve of a run: name to (step, value), by step."""
    curves: Series = {}
    for row in project.store.metrics(id):
        if row["value"] is not None:
            curves.setdefault(row["name"], []).append((row["step"], row["value"]))
    return curves


def samples(project: Project, id: str) -> list[tuple[int, str, str]]:
    """(step, question, answer), by step."""
    return [(row["step"], row["prompt"], row["text"]) for row in project.store.samples(id)]


def failure(project: Project, id: str) -> Failed | None:
    """How a failed run failed."""
    text = project.store.run(id)["failure"]
    return Failed.model_validate_json(text) if text else None


def log(project: Project, id: str, lines: int = 2000) -> str:
    """The end of a run's log."""
    return folder(project, id).log_tail(lines)


# -------------------------------------------------------------------------------------------------- keeping


def note(project: Project, id: str, text: str) -> None:
    """Write a note on a run."""
    project.require_writable()
    project.store.update_run(id, note=text)


def delete(project: Project, id: str, *, even_so: bool = False) -> None:
    """Move an ended run to the project's trash. Where others go on from it, only `even_so`; never while one of them
    still needs its files."""
    project.require_writable()
    run = folder(project, id)
    if client.is_alive(run):
        raise StudioError(
            "run-active",
            f"{id} is still running.",
            data="Nothing was deleted.",
            remedy="Stop it first.",
        )
    _refuse_what_others_need(project, id, even_so=even_so)
    target = project.paths.trash / id
    project.paths.trash.mkdir(exist_ok=True)
    run.paths.folder.rename(target)
    project.store.update_run(id, deleted=time.time())


def _refuse_what_others_need(project: Project, id: str, *, even_so: bool) -> None:
    others = beginnings.beginners(project, id)
    waiting = [other for other in others if beginnings.needs_files(project, other)]
    if waiting:
        raise StudioError(
            "run-needed",
            f"{waiting[0]} is to go on from {id} and has not taken along what it needs of it.",
            data="Nothing was deleted.",
            remedy=f"Start {waiting[0]} first, or delete it.",
        )
    if others and not even_so:
        raise StudioError(
            "run-gone-on-from",
            f"{' and '.join(others)} went on from {id}.",
            data="Nothing was deleted.",
            remedy=f"Delete {id} even so: what went on from it has its own copy. You can bring it back from the trash.",
        )


def restore(project: Project, id: str) -> None:
    """Bring a deleted run back."""
    project.require_writable()
    (project.paths.trash / id).rename(project.paths.run(id).folder)
    project.store.update_run(id, deleted=None)


def deleted(project: Project) -> list[str]:
    """Runs in the trash that can be restored."""
    rows = project.store.runs(deleted=True)
    return [row["id"] for row in rows if (project.paths.trash / row["id"]).is_dir()]


def empty_trash(project: Project) -> None:
    """Remove deleted runs from the disk for good; their numbers are not used again."""
    project.require_writable()
    for path in project.paths.trash.iterdir():
        shutil.rmtree(path, ignore_errors=True)
