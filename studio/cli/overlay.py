"""What a person asked for on the command line, laid over the project's config: --config, --model, --set, --steps."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from studio import plugins
from studio.api import Plugin
from studio.cli.faults import UsageError
from studio.core.config import ModelSection, RunConfig, Step, edit, settings_error
from studio.core.problem import StudioError
from studio.core.registry import Registry
from studio.services import beginnings, doctor, gathering, models, templates
from studio.services.facts import Facts
from studio.services.projects import Project

MOST_ROUNDS = 5
WHOLE = ("data.roles", "data.recipe", "data.imports", "train.samples")
NOT_OURS = ("data.prepared", "model.fingerprint")
P = TypeVar("P", bound=Plugin[Any])
_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


def changes_of(
    project: Project, *, config: str = "", model: str = "", template: str = "", sets: Sequence[str] = (), steps: int = 0
) -> dict[str, Any]:
    """The wished changes by dotted name, the later ones winning: a config file, a model and its chat template, --set,
    --steps."""
    wished = dict(flat(read_settings(Path(config)))) if config else {}
    wished |= {f"model.{name}": each for name, each in (("path", model), ("template", template)) if each}
    wished |= dict(setting(text) for text in sets)
    if steps:
        wished["train.steps"] = steps
    wished = {name: value for name, value in wished.items() if name not in NOT_OURS}
    if "model.path" in wished:
        section = model_section(str(wished.pop("model.path")), project)
        wished = {**models.taken(project.config(), section), **wished}
    if wished.get("model.template"):
        wished["model.template"] = templates.read(str(wished["model.template"]))
    wished = beginnings.adopted(project, wished)
    # Choosing another method clears the settings of the one before, so the choice comes first.
    return dict(sorted(wished.items(), key=lambda change: not change[0].endswith(".id")))


def setting(text: str) -> tuple[str, Any]:
    """One K=V of --set. V is JSON where it can be read as such, else text."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"--set {text} names no value.", "Write it as --set NAME=VALUE, for instance train.epochs=2.")
    try:
        return name.strip(), json.loads(value, parse_constant=lambda _: value)
    except ValueError:
        return name.strip(), value


def flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """A nested config by dotted names. Lists, and the roles with their column names, stay whole."""
    for key, value in tree.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value and name not in WHOLE:
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def read_settings(path: Path) -> dict[str, Any]:
    """A TOML or JSON file with a table of settings. Raises StudioError where it is none."""
    value = _read(path)
    if not isinstance(value, dict):
        raise _unreadable(path, "it holds no table of settings")
    return value


def read_recipe(path: Path) -> tuple[Step, ...]:
    """A recipe from a file: a list of steps, or a config that has one. Raises StudioError for an unknown step."""
    value = _read(path)
    if isinstance(value, dict):
        data = value.get("data")
        value = value.get("recipe", data.get("recipe") if isinstance(data, dict) else None)
    if not isinstance(value, list):
        raise _unreadable(path, "it holds no recipe, which is a list of steps")
    try:
        steps = _STEPS.validate_python(value)
    except ValidationError as error:
        raise settings_error(error) from error
    for step in steps:
        check_choice(plugins.cleaners(), "recipe", step.id, step.settings)
    return steps


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise StudioError(
            "file-missing",
            f"There is no file {path}.",
            data="Nothing was changed.",
            remedy="Check the path; it counts from the folder you are in.",
        ) from None
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not text in UTF-8") from error
    try:
        return tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, f"it is not valid TOML ({error})") from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"it is not valid JSON ({error})") from error


def _unreadable(path: Path, reason: str) -> StudioError:
    return StudioError(
        "bad-file",
        f"{path.name} can't be used: {reason}.",
        data="Nothing was changed.",
        remedy="Correct the file and try again.",
    )


def model_section(wanted: str, project: Project | None) -> ModelSection:
    """The model that is meant: a starter by its name, or a folder. Raises StudioError when it can't be used."""
    return models.section_of(model_folder(wanted, project), project.paths.folder if project else None)


def model_folder(wanted: str, project: Project | None = None) -> Path:
    """Where the wanted model lies: "decoder" and the other starters by name, else a folder."""
    kind, _, rest = wanted.partition(":")
    if wanted in models.STARTERS or kind == "starter":
        return models.starter_path(rest or wanted)
    if kind == "project" and project:
        return project.paths.folder / rest
    folder = Path(wanted).expanduser().resolve()
    if not folder.is_dir():
        raise StudioError(
            "model-missing",
            f"There is no model folder {folder}.",
            data="Nothing was changed.",
            remedy=f"Check the path, or choose a model that comes with the program: {', '.join(models.STARTERS)}.",
        )
    return folder


def settle(
    project: Project, before: RunConfig, config: RunConfig, wished: Mapping[str, Any]
) -> tuple[RunConfig, Facts]:
    """Let settings that nobody touched follow what is recommended; what was wished stays. Also the facts then."""
    check(config)
    devices = doctor.devices()
    old = gathering.gather(project, before, devices) if before != config else None
    for _ in range(MOST_ROUNDS):
        facts = gathering.gather(project, config, devices)
        followed = gathering.settled(config, None, facts)
        if old is not None:
            followed |= gathering.settled(config, old, facts)
        settled = edit(config, {name: value for name, value in followed.items() if name not in wished})
        if settled == config:
            return config, facts
        config = settled
    return config, gathering.gather(project, config, devices)


def facts_of(project: Project, config: RunConfig) -> Facts:
    """The facts for a config on this computer."""
    return gathering.gather(project, config, doctor.devices())


def check(config: RunConfig) -> None:
    """Raise StudioError when a chosen plugin is not here or its settings are not its own."""
    check_choice(plugins.methods(), "method", config.method.id, config.method.settings)
    check_choice(plugins.objectives(), "objective", config.objective.id, config.objective.settings)
    for step in config.data.recipe:
        check_choice(plugins.cleaners(), "recipe", step.id, step.settings)


def check_choice(registry: Registry[P], section: str, id: str, values: Mapping[str, Any]) -> None:
    """Raise StudioError for a plugin that is not here, or a value that it does not know."""
    try:
        registry[id].settings(values)
    except ValidationError as error:
        raise settings_error(error, section) from error
