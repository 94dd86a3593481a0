"""A run as its own folder tells it, for those who may not write the database: a second program, the command line.

The database may lag behind what workers say while nobody holds the project; the folder never does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.core.config import RunConfig
from studio.core.events import AnyEvent, Evaluated, Failed, Finished, Started, Stepped
from studio.core.problem import StudioError
from studio.core.run import ACTIVE, Metrics, RunSummary
from studio.services import runs
from studio.services.facts import Fact
from studio.services.projects import Project
from studio.worker import client
from studio.worker.run_folder import RunFolder

POLL = 0.1


class Told(Fact):
    """How a run stands by its own word. `result` is what a finished training made, empty until then."""

    summary: RunSummary
    result: dict[str, Any]
    failed: Failed | None = None


def told(run: RunFolder) -> Told:
    """Read a run's whole story. A worker that died without a word is told as Failed."""
    alive = client.is_alive(run)
    events = run.events()
    if client.begun(run) and not alive and not (events and isinstance(events[-1], Finished | Failed)):
        events = [*events, client.died(run)]
    known = runs.changes_of(events)
    config = run.config()
    last = events[-1] if events else None
    ended = not alive and isinstance(last, Finished | Failed)
    if alive and known.get("state", "waiting") not in ACTIVE:
        known |= {"state": "waiting", "reason": ""}  # a worker that goes on has not spoken yet
    summary = RunSummary(
        id=run.paths.folder.name,
        state=known.get("state", "waiting" if client.begun(run) else "planned"),
        step=known.get("step", 0),
        steps=known.get("steps", 0),
        model=config.model.path,
        method=config.method.id,
        objective=config.objective.id,
        started=next((event.time for event in events if isinstance(event, Started)), None),
        train=runs.metrics_of(_newest_loss(events), config),
        validation=runs.metrics_of(_kept_validation(events, known.get("best_step")), config),
        best_step=known.get("best_step"),
        reason=known.get("reason", ""),
        begin=config.train.begin,
        stacked=config.train.stacked,
        parts=config.join.parts,
    )
    return Told(
        summary=summary,
        result=last.result if ended and isinstance(last, Finished) else {},
        failed=last if ended and isinstance(last, Failed) else None,
    )


def _newest_loss(events: list[AnyEvent]) -> float | None:
    return next((event.metrics.get("loss") for event in reversed(events) if isinstance(event, Stepped)), None)


def _kept_validation(events: list[AnyEvent], best: int | None) -> float | None:
    """Validation loss of the weights that are kept: the best check's, or the newest where none is marked."""
    checks = [event for event in events if isinstance(event, Evaluated) and event.split == "validation"]
    kept = next((event for event in reversed(checks) if event.step == best), checks[-1] if checks else None)
    return kept.metrics.get("loss") if kept else None


def losses(known: Told) -> tuple[Metrics, Metrics]:
    """Training and validation of the weights that are kept; of the newest step while it runs."""
    if not known.result:
        return known.summary.train, known.summary.validation
    made = known.result
    return Metrics.model_validate(made.get("train") or {}), Metrics.model_validate(made.get("validation") or {})


def summaries(project: Project) -> tuple[RunSummary, ...]:
    """All runs as they stand at this moment, newest first, whether or not the database has heard of it."""
    rows = {row["id"]: row for row in project.store.runs()}
    deleted = {row["id"] for row in project.store.runs(deleted=True)}
    found = []
    for folder in _folders(project.paths.runs):
        row = rows.pop(folder.name, None)
        if row is not None and row["state"] not in ACTIVE and not runs.goes_on(project, row):
            found.append(runs.summary(project, row))
        elif folder.name not in deleted:
            known = told(RunFolder(folder)).summary
            found.append(known.model_copy(update={"started": row["started"], "note": row["note"] or ""} if row else {}))
    found += [runs.summary(project, row) for row in rows.values()]
    return tuple(sorted(found, key=lambda run: run.started or 0.0, reverse=True))


def _folders(runs_folder: Path) -> list[Path]:
    """The run folders that are there: those with a config that can be read."""
    if not runs_folder.is_dir():
        return []
    return [path for path in sorted(runs_folder.iterdir()) if _is_run(RunFolder(path))]


def _is_run(run: RunFolder) -> bool:
    try:
        return isinstance(run.config(), RunConfig)
    except (OSError, StudioError):
        return False


def news(run: RunFolder, offset: int = 0) -> Iterator[AnyEvent]:
    """Every event from a place in the file on, until the worker has ended; a death without a word comes as Failed. A
    run that a scheduler is to start is waited for."""
    reader = run.event_reader(offset)
    last: AnyEvent | None = None
    while True:
        alive = client.is_alive(run) or not client.begun(run)
        for event in reader.read():
            last = event
            yield event
        if not alive:
            break
        time.sleep(POLL)
    if not isinstance(last, Finished | Failed) and (offset == 0 or run.ended() is None):
        yield client.died(run)


def place(run: RunFolder) -> int:
    """Where the events end at this moment, for `news` to begin at."""
    reader = run.event_reader()
    reader.read()
    return reader.offset
