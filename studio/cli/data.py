"""Verbs about data: import, clean, prepare."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio import plugins
from studio.cli import overlay, preparing
from studio.cli.console import Answer, Console
from studio.cli.faults import UsageError
from studio.cli.opening import finish, writing
from studio.core.config import RunConfig, edit
from studio.core.problem import StudioError
from studio.services import advice, datasets, goals
from studio.services.projects import Project
from studio.services.wizard import Wizard, keep


def bring_in(args: Namespace, console: Console) -> Answer:
    """Import files and remember what their columns are."""
    chosen = dict(_role(text) for text in args.role)
    if args.format:
        _ = plugins.readers()[args.format]
    with writing(args.project) as project:
        wizard = Wizard.of(project)
        _check_roles(wizard.config, chosen.values())
        files = [Path(file) for file in args.files]
        job = datasets.import_files(project, files, format=args.format, roles=chosen)
        result = finish(job, console)
        _check_columns(result["datasets"], chosen)
        imported = _with_roles(datasets.take_import(project, result, wizard.config), chosen)
        data = imported.data.model_dump(mode="json", include={"imports", "roles"})
        changes = {"objective.id": imported.objective.id, **{f"data.{name}": value for name, value in data.items()}}
        wizard.edit(changes, f"Bring in {_names(files)}")
        keep(project, wizard.unkept())
    _tell_roles(result["datasets"], imported)
    return Answer({"project": str(project.paths.folder), **result}, tuple(_told(one) for one in result["datasets"]))


def _tell_roles(reports: Sequence[dict[str, Any]], config: RunConfig) -> None:
    """Report the roles that are used: what files hold may have changed what is learnt, and so what columns are for."""
    reason = f"It fits “{advice.objective_of(config).title}”, which these columns are for."
    for report in reports:
        for name, guess in report["roles"].items():
            used = config.data.roles.get(name, "")
            if used and used != guess["role"]:
                report["roles"][name] = {"role": used, "reason": reason}


def _role(text: str) -> tuple[str, str]:
    column, equals, role = text.rpartition("=")
    if not equals or not column:
        raise UsageError(
            f"--role {text} names no role.", "Write it as --role COLUMN=ROLE, for instance question=prompt."
        )
    return column, role


def _check_roles(config: RunConfig, wanted: Sequence[str] | Any) -> None:
    serving = [advice.objective_of(config), *goals.choices(config)]
    known = list(dict.fromkeys(role.id for objective in serving for role in objective.roles))
    for role in wanted:
        if role and role not in known:
            raise StudioError(
                "unknown-role",
                f"There is no role called {role}.",
                data="Nothing was imported.",
                remedy=f"Choose one of: {', '.join(known)}.",
            )


def _check_columns(imported: Sequence[Mapping[str, Any]], chosen: Mapping[str, str]) -> None:
    columns = [name for one in imported for name in one["roles"]]
    for name in chosen:
        if name not in columns:
            raise StudioError(
                "column-missing",
                f"There is no column called {name} in what was read.",
                data="The project is unchanged.",
                remedy=f"The columns are: {', '.join(dict.fromkeys(columns))}.",
            )


def _with_roles(config: RunConfig, chosen: Mapping[str, str]) -> RunConfig:
    """The chosen roles over the guessed ones. A role that was given to a column leaves the one that had it."""
    guessed = {name: role for name, role in config.data.roles.items() if role not in chosen.values()}
    roles = {name: role for name, role in {**guessed, **chosen}.items() if role}
    return edit(config, {"data.roles": roles})


def _names(files: Sequence[Path]) -> str:
    return ", ".join(file.name for file in files[:2]) + (" …" if len(files) > 2 else "")


def _told(one: Mapping[str, Any]) -> str:
    roles = [f"{name} is the {guess['role']}" for name, guess in one["roles"].items() if guess["role"]]
    aside = f", {one['rows_aside']:,} set aside" if one["rows_aside"] else ""
    return (
        f"{Path(one['file']).name}: {one['rows_kept']:,} rows{aside}; {', '.join(roles) or 'no column has a role yet'}."
    )


# ----------------------------------------------------------------------------------------- clean and prepare


def clean(args: Namespace, console: Console) -> Answer:
    """Apply the recipe, without a model: what each step does."""
    with writing(args.project) as project:
        wished = _recipe(args)
        config = preparing.laid_over(project, wished)
        overlay.check(config)
        _block_data(project, config)
        result = preparing.prepared(project, config.model_copy(update={"model": RunConfig().model}), console)
        _keep_prepared(project, config, result, wished)
        fields = {"dataset": result["prepared"], "path": str(project.paths.dataset(result["prepared"]))}
    return Answer({**fields, "steps": result["steps"]}, _steps_told(result))


def prepare(args: Namespace, console: Console) -> Answer:
    """Apply the recipe, split, and count tokens for the model."""
    with writing(args.project) as project:
        wished = {**overlay.changes_of(project, model=args.model, template=args.template), **_recipe(args)}
        _block_data(project, preparing.laid_over(project, wished))
        config, _ = preparing.ready(project, wished, console)
        preparing.keep_all(project, config, wished, "Prepare")
        path = project.paths.dataset(config.data.prepared)
        result = json.loads(path.with_suffix(".json").read_bytes())
    names = ("steps", "splits", "leaks", "tokens", "teach_nothing", "template")
    fields = {"dataset": config.data.prepared, "path": str(path), **{name: result.get(name) for name in names}}
    return Answer(fields, (*_steps_told(result), *_splits_told(result), *_template_told(result)))


def _recipe(args: Namespace) -> dict[str, Any]:
    if not args.recipe:
        return {}
    return {"data.recipe": [step.model_dump(mode="json") for step in overlay.read_recipe(Path(args.recipe))]}


def _block_data(project: Project, config: RunConfig) -> None:
    """Raise what stands in the way of cleaning: no data, or a role that nothing has."""
    facts = overlay.facts_of(project, config.model_copy(update={"model": RunConfig().model}))
    preparing.block(config, facts.model_copy(update={"report": None}), ("data",))


def _keep_prepared(project: Project, config: RunConfig, result: Mapping[str, Any], wished: Mapping[str, Any]) -> None:
    preparing.keep_all(project, edit(config, {"data.prepared": result["prepared"]}), wished, "Clean")


def _steps_told(result: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{step['id']}: {step['rows_in']:,} rows in, {step['rows_out']:,} out, {step['changed']:,} changed."
        for step in result["steps"]
        if step.get("on", True)
    )


def _template_told(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The chat template, where it is not the model's own, and what it can't do."""
    template = result.get("template") or {}
    used = template.get("id") or "your own"
    told = [] if template.get("kind", "model") == "model" else [f"Conversations are written with the template {used}."]
    if template.get("in_words"):
        told.append(f"{template['in_words']:,} examples use tools, which it can't show: they stand in plain words.")
    return tuple(told)


def _splits_told(result: Mapping[str, Any]) -> tuple[str, ...]:
    splits, tokens = result["splits"], result.get("tokens")
    parts = (
        f"{splits['train']:,} examples to train on, {splits['validation']:,} to check with, {splits['test']:,} sealed"
    )
    counted = f"{tokens['total']:,} tokens, {tokens['learnt']:,} of them learnt" if tokens else "no model is chosen yet"
    return (f"{parts}; {counted}.",)
