"""Verbs about runs: train, resume, pause, stop, runs, follow."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.cli import overlay, preparing
from studio.cli.console import Answer, Console, figure, left
from studio.cli.opening import reading, steering, take_news, writing
from studio.core.config import RunConfig
from studio.core.events import AnyEvent, Evaluated, Paused, Progressed, Resumed, Started, Stepped, Stop, Warned
from studio.core.paths import model_path
from studio.core.problem import StudioError
from studio.core.run import ACTIVE, Metrics, RunSummary
from studio.services import following, runs, scheduling
from studio.services.following import Told
from studio.services.projects import Project
from studio.worker import client
from studio.worker.run_folder import RunFolder

HONOURED_WITHIN = 60.0


def train(args: Namespace, console: Console) -> Answer:
    """Start a run, and wait for it unless told not to. While it waits, others may open the project."""
    with writing(args.project) as project:
        run = runs.folder(project, runs.start(project, _config(args, project, args.processes, console)))
    console.say(f"{run.paths.folder.name} has started in {run.paths.folder}.")
    return _started(run) if args.detach else _until_the_end(run, console)


def _config(args: Namespace, project: Project, processes: int, console: Console) -> RunConfig:
    """What was asked for, checked, with examples prepared for it."""
    wished = overlay.changes_of(
        project, config=args.config, model=args.model, template=args.template, sets=args.set, steps=args.steps
    )
    if processes:
        wished["train.processes"] = processes
    config, facts = preparing.ready(project, wished, console)
    preparing.block(config, facts, ("data", "model", "method", "settings"))
    preparing.warn(config, facts, console)
    preparing.keep_basics(project, config)
    return config


def export_job(args: Namespace, console: Console) -> Answer:
    """Make a run and write what a scheduler, or a person on several computers, needs to start it."""
    with writing(args.project) as project:
        run = runs.folder(project, runs.make(project, _config(args, project, 0, console)))
    places = scheduling.Places(nodes=args.nodes, processes=args.processes)
    files = scheduling.write_job(run, places, Path(args.out).absolute())
    id, folder = run.paths.folder.name, run.paths.folder
    fields = {"run": id, "folder": str(folder), "files": {name: str(path) for name, path in files.items()}}
    return Answer(fields, (f"{id} is made in {folder}.", *(f"{name}: {path}" for name, path in files.items())))


def resume(args: Namespace, console: Console) -> Answer:
    """Go on with a run: a paused worker, or from the last whole save point. A finished run stays as it is."""
    with steering(args.project) as project:
        run = runs.folder(project, args.run)
        offset = following.place(run)
        if following.told(run).summary.state == "finished":
            return _ended(run)
        runs.resume(project, args.run)
    _wait_until(run, lambda state: state != "paused")
    return _started(run) if args.detach else _until_the_end(run, console, offset)


def _until_the_end(run: RunFolder, console: Console, offset: int = 0) -> Answer:
    """Wait without holding the project, then see to it that the database has heard of everything."""
    answer = waited(run, console, offset)
    take_news(run.paths.folder.parents[1])
    return answer


def waited(run: RunFolder, console: Console, offset: int = 0) -> Answer:
    """Wait for the end of a run. The first Ctrl-C asks the worker to stop and waits on; the second leaves it alone."""
    watched = Watched(run, console, offset)
    try:
        watched.to_the_end()
    except KeyboardInterrupt:
        console.say("Stopping: the best weights so far are kept. Press Ctrl-C again to leave at once.")
        if client.is_alive(run):
            run.command(Stop())
        watched.offset = following.place(run)
        watched.to_the_end()
    return _ended(run)


class Watched:
    """A run being waited for. Takes up where it left off when waiting was interrupted."""

    def __init__(self, run: RunFolder, console: Console, offset: int) -> None:
        self._run = run
        self._console = console
        self.offset = offset
        self._steps = 0
        self._check = ""

    def to_the_end(self) -> None:
        """Tell the events until the worker has ended."""
        for event in following.news(self._run, self.offset):
            self._tell(event)
        self._console.clear()

    def _tell(self, event: AnyEvent) -> None:
        match event:
            case Started(steps=steps):
                self._steps = steps or self._steps
            case Stepped():
                self._console.progress(self._step(event))
            case Evaluated(split="validation"):
                self._check = f", validation {figure(event.metrics.get('loss'))}"
                self._console.progress(f"Step {event.step:,}{self._check}", important=True)
            case Progressed() | Warned():
                self._console.job(event)
            case Paused():
                self._console.say(f"Paused at step {event.step:,}. It waits until it is resumed or stopped.")
            case Resumed():
                self._console.say("It goes on.")
            case _:
                pass

    def _step(self, event: Stepped) -> str:
        of = f" of {self._steps:,}" if self._steps else ""
        loss = figure(event.metrics.get("loss"))
        return f"Step {event.step:,}{of}, error {loss}{self._check}{left(event.metrics.get('seconds_left'))}"


def _started(run: RunFolder) -> Answer:
    """A run that goes on by itself."""
    known = following.told(run)
    sentence = f"{known.summary.id} goes on by itself. To watch it: "
    return Answer(_fields(run, known), (f"{sentence}studio follow {run.paths.folder.parents[1]} {known.summary.id}",))


def _ended(run: RunFolder) -> Answer:
    """How a run ended, in figures and in words."""
    known = following.told(run)
    fields = _fields(run, known)
    if known.failed:
        error = StudioError(known.failed.id, known.failed.happened, data=known.failed.data, remedy=known.failed.remedy)
        return Answer(fields, error=error)
    _, validation = following.losses(known)
    words = {"finished": "finished", "stopped": "was stopped"}.get(known.summary.state, f"is {known.summary.state}")
    sentence = f"{known.summary.id} {words} after {known.summary.step:,} steps."
    if known.result:
        sentence += f" The best weights, from step {known.result['best_step']:,}, are kept."
    perplexity = f"Validation perplexity: {figure(validation.perplexity)}."
    return Answer(fields, (sentence, perplexity, f"Weights: {fields['weights']['path']}"))


def _fields(run: RunFolder, known: Told) -> dict[str, Any]:
    summary, weights = known.summary, known.result.get("weights") or {"path": None, "sha256": None}
    return {
        "run": summary.id,
        "folder": str(run.paths.folder),
        "state": _state(summary),
        "step": summary.step,
        **_by_split(*following.losses(known)),
        "weights": weights,
        "best_step": known.result.get("best_step", summary.best_step),
        "reason": summary.reason or None,
    }


def _state(summary: RunSummary) -> str:
    """A run that waits for its worker's first word counts as running."""
    return "running" if summary.state == "waiting" else summary.state


def _by_split(train: Metrics, validation: Metrics) -> dict[str, dict[str, float | None]]:
    return {
        "loss": {"train": train.loss, "validation": validation.loss},
        "perplexity": {"train": train.perplexity, "validation": validation.perplexity},
    }


# ------------------------------------------------------------------------------------------------ steering


def pause(args: Namespace, console: Console) -> Answer:
    """Let a run wait, keeping everything in memory."""
    return _steered(args, runs.pause, lambda state: state != "running")


def stop(args: Namespace, console: Console) -> Answer:
    """End a run, keeping its best weights."""
    return _steered(args, runs.stop, lambda state: state not in ACTIVE)


def _wait_until(run: RunFolder, honoured: Callable[[str], bool]) -> RunSummary:
    """Wait until a run is in a wished state, or long enough; how it stands then."""
    give_up = time.monotonic() + HONOURED_WITHIN
    while not honoured(_state(known := following.told(run).summary)) and time.monotonic() < give_up:
        time.sleep(following.POLL)
    return known


def _steered(args: Namespace, tell: Callable[[Project, str], None], honoured: Callable[[str], bool]) -> Answer:
    """Tell the worker and wait until it has done so; it may take as long as one step."""
    with reading(args.project) as project:
        run = runs.folder(project, args.run)
        tell(project, args.run)
    known = _wait_until(run, honoured)
    fields = {"run": known.id, "state": _state(known), "step": known.step}
    return Answer(fields, (f"{known.id} is {_state(known)} at step {known.step:,}.",))


# ------------------------------------------------------------------------------------------------- looking


def listed(args: Namespace, console: Console) -> Answer:
    """Every run of a project as it stands now."""
    with reading(args.project) as project:
        found = following.summaries(project)
        folder = project.paths.folder
    rows = [_row(run, folder) for run in found]
    return Answer({"runs": rows}, tuple(map(_line, found)) or ("There are no runs yet.",))


def _row(run: RunSummary, project: Path) -> dict[str, Any]:
    return {
        "run": run.id,
        "state": _state(run),
        "step": run.step,
        "steps": run.steps,
        "model": str(model_path(run.model, project)) if run.model else None,
        "method": run.method,
        "objective": run.objective,
        "started": run.started,
        **_by_split(run.train, run.validation),
        "begin": run.begin or None,
        "stacked": run.stacked,
        "parts": dict(run.parts),
    }


def _line(run: RunSummary) -> str:
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started)) if run.started else "not started"
    loss = figure(run.validation.loss)
    said = f"{run.id}: {_state(run)}, step {run.step:,} of {run.steps:,}, {run.method}, validation {loss}, {began}"
    return said + _whence(run)


def _whence(run: RunSummary) -> str:
    """What a run was made of or began with, where that was not the model as it came."""
    if run.parts:
        return f", {' and '.join(run.parts)} in one"
    if not run.begin:
        return ""
    return f", above {run.begin}" if run.stacked else f", goes on from {run.begin}"


def follow(args: Namespace, console: Console) -> Answer:
    """Every event of a run as a line of JSON, until it ends. Ctrl-C ends the following, not the run."""
    with reading(args.project) as project:
        run = runs.folder(project, args.run)
    try:
        for event in following.news(run):
            console.line(event.model_dump_json())
    except KeyboardInterrupt:
        console.say("The run goes on.")
    return Answer({}, printed=True)
