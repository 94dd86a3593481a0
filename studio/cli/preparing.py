"""Making examples ready for a config: cleaned, split, and counted in tokens, again only where something changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.cli import overlay
from studio.cli.console import Console
from studio.cli.opening import finish
from studio.core.config import RunConfig, edit
from studio.core.problem import Problem, StudioError
from studio.services import datasets
from studio.services.facts import Facts
from studio.services.problems import problems
from studio.services.projects import Project
from studio.services.wizard import Wizard, keep

MOST_ROUNDS = 3


def laid_over(project: Project, wished: Mapping[str, Any]) -> RunConfig:
    """The project's config with the wished changes; not kept. Prepared examples that no longer fit are left out."""
    return Wizard.of(project).edit(wished, "Command line")


def ready(project: Project, wished: Mapping[str, Any], console: Console) -> tuple[RunConfig, Facts]:
    """The config to train with: wished changes laid over, the rest as recommended, examples prepared for it.

    Preparing tells how long examples are, which changes what is recommended: so it may take a second round.
    """
    before = Wizard.of(project).config
    config, facts = overlay.settle(project, before, laid_over(project, wished), wished)
    for _ in range(MOST_ROUNDS):
        if not stale(config, facts):
            break
        block(config, facts, ("data", "model") if config.model.path else ("data",))
        config = edit(config, {"data.prepared": prepared(project, config, console)["prepared"]})
        config, facts = overlay.settle(project, before, config, wished)
    return config, facts


def stale(config: RunConfig, facts: Facts) -> bool:
    """Whether examples must be prepared, or counted anew for another model or length."""
    report = facts.report
    if report is None:
        return True
    return facts.model is not None and not report.counted_for(facts.model, config)


def prepared(project: Project, config: RunConfig, console: Console) -> dict[str, Any]:
    """Prepare now; what the task said."""
    return finish(datasets.prepare(project, config), console)


def block(config: RunConfig, facts: Facts, steps: tuple[str, ...]) -> None:
    """Raise the first thing that stands in the way on these steps, as an error."""
    for problem in problems(config, facts):
        if problem.severity == "blocks" and problem.step in steps:
            raise StudioError(problem.id, problem.sentence, data="Nothing was started.", remedy=_remedy(problem))


def warn(config: RunConfig, facts: Facts, console: Console) -> None:
    """Say what speaks against training as it stands, where it does not stand in the way."""
    for problem in problems(config, facts):
        if problem.severity == "warns":
            console.say(f"Note: {problem.sentence} {_remedy(problem)}".strip())


def _remedy(problem: Problem) -> str:
    """The remedy in the words of a command line, where a click would set something."""
    if problem.id.startswith("role-missing-"):
        return f"Import again with --role COLUMN={problem.id.removeprefix('role-missing-')}."
    if not problem.fix:
        return problem.remedy
    return " ".join(
        [problem.remedy.rstrip(".") + ":", *(f"--set {name}={value}" for name, value in problem.fix.items())]
    )


def keep_all(project: Project, config: RunConfig, wished: Mapping[str, Any], label: str) -> None:
    """Make a config the project's own: as a step that the window can undo, where something was wished."""
    wizard = Wizard.of(project)
    if wished:
        wizard.put(config, label)
    else:
        wizard.amend(config.model_dump(mode="json"))
    keep(project, wizard.unkept())


def keep_basics(project: Project, config: RunConfig) -> None:
    """What a run's config settles for the project too: its first model, and the examples made ready. The rest was
    for the one run."""
    wizard = Wizard.of(project)
    if not wizard.config.model.path:
        wizard.edit({"model": config.model.model_dump(mode="json")}, "Choose a model")
    mine = wizard.config
    same_data = mine.data == config.data.model_copy(update={"prepared": mine.data.prepared})
    if same_data and mine.objective == config.objective:
        wizard.amend({"data.prepared": config.data.prepared})
    keep(project, wizard.unkept())
