"""Verbs about a trained model: evaluate, generate, export."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio import plugins
from studio.cli import overlay
from studio.cli.console import Answer, Console, figure, size
from studio.cli.faults import UsageError
from studio.cli.opening import finish, reading, writing
from studio.core.model_folder import read_model
from studio.services import results
from studio.services.projects import Project


def evaluate(args: Namespace, console: Console) -> Answer:
    """Before and after on a split; the project keeps the result."""
    with writing(args.project) as project:
        found = measured(project, args.run, args.split, console)
    return Answer(found, (found["verdict"]["sentence"], *_compared(found["before"], found["after"])))


def _compared(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> tuple[str, ...]:
    """Every number that was measured, before and after, in a line each."""
    told = [name for name in after if after[name] is not None or before.get(name) is not None]
    return tuple(f"{name}: {figure(before.get(name))} before, {figure(after[name])} after" for name in told)


def measured(project: Project, run: str, split: str, console: Console) -> dict[str, Any]:
    """Measure, keep the result in the project, and return it."""
    found = finish(results.evaluate(project, run, split), console)
    results.take_evaluation(project, found)
    return found


def generate(args: Namespace, console: Console) -> Answer:
    """One answer: of a run's tuned model, or of any model folder, which needs no project."""
    if not args.model and not (args.project and args.run):
        raise UsageError(
            "generate needs a run or a model.", "Write studio generate PROJECT RUN --prompt TEXT, or --model M."
        )
    if args.model and args.run:
        raise UsageError("generate takes a run or a model, not both.", "Leave one of the two out.")
    if args.model:
        arguments = _of_model(args.model)
    else:
        with reading(args.project) as project:
            results.require_weights(project, args.run)
            arguments = {"project": str(project.paths.folder), "run": args.run, "model": None}
    asked = {"prompt": args.prompt, "system": args.system, "max_tokens": args.max_tokens}
    with tempfile.TemporaryDirectory(prefix="studio-", ignore_cleanup_errors=True) as jobs:
        said = finish(results.generate(Path(jobs), {**arguments, **asked}), console)
    return Answer(said, (said["text"],))


def _of_model(wanted: str) -> dict[str, Any]:
    folder = overlay.model_folder(wanted)
    read_model(folder)
    return {"project": str(folder), "run": None, "model": str(folder)}


def export(args: Namespace, console: Console) -> Answer:
    """Take a run's model away; it is loaded back and compared before it is called done."""
    _ = plugins.exporters()[args.to]
    with writing(args.project) as project:
        made = taken_away(project, args.run, args.to, Path(args.out), console)
    check = made["check"]
    total = size(sum(file["bytes"] for file in made["files"]))
    proof = f"Loaded back, it answered {check['agree']} of {check['prompts']} questions exactly as the trained model."
    return Answer(made, (f"{len(made['files'])} files ({total}) are in {made['folder']}.", proof))


def taken_away(project: Project, run: str, to: str, out: Path, console: Console) -> dict[str, Any]:
    """Export, keep the result in the project, and return it with whole paths."""
    made = finish(results.export(project, run, to, out), console)
    results.take_export(project, run, to, made)
    return {**made, "files": [_whole(file, Path(made["folder"])) for file in made["files"]]}


def _whole(file: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return {**file, "path": str(folder / file["path"])}
