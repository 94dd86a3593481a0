"""Chat templates as a person chooses them: what ships, what one writes, and what a choice makes of a real row."""

from __future__ import annotations

from pathlib import Path

from studio.core.config import RunConfig
from studio.core.problem import Problem, StudioError
from studio.services import jobs
from studio.services.facts import Fact
from studio.services.projects import Project
from studio.worker.run_folder import RunFolder

OWN = "own"


class TemplateChoice(Fact):
    """A template that can be chosen: its id in a config ("" for the model's own), its name and a sentence about it."""

    id: str
    title: str
    summary: str


def is_own(choice: str) -> bool:
    """Whether a choice is a text of the person's own."""
    from studio.data.shipped_templates import is_text

    return is_text(choice)


def choices() -> tuple[TemplateChoice, ...]:
    """The templates that ship, in the order in which they are offered."""
    from studio.data.shipped_templates import shipped

    return tuple(TemplateChoice(id=each.id, title=each.title, summary=each.summary) for each in shipped())


def refusal(config: RunConfig, model: Path) -> Problem | None:
    """Why the chosen template can't be used with a model, if it can't."""
    if not config.model.template:
        return None
    from studio.data.model_files import chat_template_of, special_tokens
    from studio.data.shipped_templates import choose
    from studio.data.template_probe import check_template

    try:
        chosen = choose(config.model.template, chat_template_of(model), lambda sign: True)
        if chosen.kind == "own":
            check_template(chosen.source, special_tokens(model), model.name, own=True)
    except StudioError as error:
        use = "Use the model's own" if chat_template_of(model) else "Use plain words"
        return Problem(id=error.id, step="model", sentence=error.happened, remedy=use, fix={"model.template": ""})
    return None


def read(choice: str) -> str:
    """A choice as it is written on a command line: an id, `own` for the model's own, a text, or a file that holds one,
    which is read. Raises StudioError where it is none of these."""
    from studio.data.shipped_templates import is_text, named

    if choice == OWN or is_text(choice):
        return "" if choice == OWN else choice
    file = Path(choice).expanduser()
    if not file.is_file():
        return named(choice).id
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StudioError(
            "template-unreadable",
            f"The chat template {file} can't be read as text.",
            data="Nothing was changed.",
            remedy="Check the file; it must be readable UTF-8 text.",
        ) from error


def text_of(choice: str, model: str) -> str:
    """The text of a template, to begin a person's own with: a chosen one's, or that which the model (a folder) has."""
    from studio.data.model_files import chat_template_of
    from studio.data.shipped_templates import choose

    return choose(choice, chat_template_of(Path(model)), lambda sign: True).source


def try_out(project: Project, config: RunConfig) -> RunFolder:
    """Start writing a real row with a config's template; see `worker/tasks/try_template.py` for the result."""
    arguments = {"project": str(project.paths.folder), "config": config.model_dump(mode="json")}
    return jobs.start(project.paths.jobs, "try-template", arguments)
