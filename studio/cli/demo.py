"""The whole path on the sample that ships: from a spreadsheet to a verified export."""

from __future__ import annotations

import time
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.cli import preparing, training
from studio.cli.console import Answer, Console, duration, figure
from studio.cli.opening import finish
from studio.cli.results import measured, taken_away
from studio.core.problem import StudioError
from studio.services import datasets, projects, recents, runs, sample
from studio.services.projects import Project
from studio.services.wizard import Wizard, keep

EXPORTER = "merged"


def demo(args: Namespace, console: Console) -> Answer:
    """Make the sample project in a folder and take it all the way."""
    began = time.monotonic()
    folder = Path(args.folder).expanduser().resolve()
    if (folder / "project.db").exists():
        raise StudioError(
            "project-exists",
            f"There is a project in {folder} already.",
            data="It was not touched.",
            remedy="Choose a new folder for the demonstration.",
        )
    project = sample.create_sample(folder)
    try:
        fields = _the_path(project, console)
        with suppress(OSError):  # the list on Home is a comfort
            recents.remember(project)
    finally:
        project.close()
    fields = {"project": str(folder), **fields, "seconds": round(time.monotonic() - began, 1)}
    return Answer(fields, _in_words(fields))


def _the_path(project: Project, console: Console) -> dict[str, Any]:
    """Import, clean, train, measure on the sealed test, export."""
    console.say("Bringing in the museum's questions and answers.")
    wizard = Wizard.of(project)
    wizard.put(sample.sample_config(project), "Choose the starter model")
    result = finish(datasets.import_files(project, [sample.sample_file()]), console)
    wizard.put(datasets.take_import(project, result, wizard.config), f"Bring in {sample.sample_file().name}")
    keep(project, wizard.unkept())
    console.say("Cleaning and dividing them.")
    config, facts = preparing.ready(project, {}, console)
    preparing.block(config, facts, ("data", "model", "method", "settings"))
    preparing.keep_all(project, config, {}, "Prepare")
    console.say("Training.")
    run = runs.start(project, config)
    trained = training.waited(runs.folder(project, run), console)
    runs.sync(project)
    if trained.error:
        raise trained.error
    console.say("Measuring on the sealed test.")
    found = measured(project, run, "test", console)
    console.say("Taking the tuned model away, loading it back and comparing.")
    out = projects.new_folder(project.paths.exports, f"{run}-{EXPORTER}")
    made = taken_away(project, run, EXPORTER, out, console)
    steps = facts.report.steps if facts.report else ()
    return {
        "run": run,
        "removed": {step.id: step.rows_in - step.rows_out for step in steps},
        "before": found["before"],
        "after": found["after"],
        "verdict": found["verdict"],
        "export": {"folder": made["folder"], "check": made["check"]},
    }


def _in_words(fields: dict[str, Any]) -> tuple[str, ...]:
    removed = ", ".join(f"{step} {rows:,}" for step, rows in fields["removed"].items() if rows)
    before, after = fields["before"]["perplexity"], fields["after"]["perplexity"]
    check = fields["export"]["check"]
    return (
        f"The sample went all the way in {duration(fields['seconds'])}.",
        f"Rows removed: {removed or 'none'}.",
        f"Perplexity on the sealed test: {figure(before)} before, {figure(after)} after.",
        f"The export in {fields['export']['folder']} gave {check['agree']} of {check['prompts']} answers exactly.",
        f"The project is in {fields['project']}.",
    )
