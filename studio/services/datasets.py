"""Bringing data in, preparing it, and reading pages of it. The work itself is done by child processes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio import plugins
from studio.api import Column
from studio.core.config import RunConfig, edit
from studio.services import goals, jobs
from studio.services.facts import Dataset, PrepareReport, StepCount, TemplateNote
from studio.services.projects import Project
from studio.worker.run_folder import RunFolder

SHOWN_ASIDE = 500
PLAIN_TEXT = (".txt", ".text", ".md")


def import_files(
    project: Project,
    files: Sequence[Path],
    *,
    format: str = "",
    roles: Mapping[str, str] | None = None,
    config: RunConfig | None = None,
) -> RunFolder:
    """Start bringing files in; `take_import` takes the result. Roles are guessed for what `config` wants learnt."""
    project.require_writable()
    config = config or project.config()
    paths = [str(Path(file).expanduser().resolve()) for file in files]
    formats = {path: format or _format(config, path) for path in paths}
    arguments = {
        "project": str(project.paths.folder),
        "files": paths,
        "formats": {path: chosen for path, chosen in formats.items() if chosen},
        "roles": dict(roles or {}),
        "objective": config.objective.id,
    }
    return jobs.start(project.paths.jobs, "import-files", arguments)


def _format(config: RunConfig, path: str) -> str:
    """The format that a goal wants: texts to be read come in pages, not in single paragraphs."""
    return "pages" if config.goal == "read" and path.lower().endswith(PLAIN_TEXT) else ""


def take_import(project: Project, result: Mapping[str, Any], config: RunConfig) -> RunConfig:
    """Remember imported datasets and return the config that uses them, roles as guessed where none was chosen."""
    imports = list(config.data.imports)
    roles = dict(config.data.roles)
    for report in result["datasets"]:
        project.store.put_dataset(report["hash"], Path(report["file"]).name, report["file"], dict(report))
        if report["hash"] not in imports:
            imports.append(report["hash"])
        roles = {**{name: guess["role"] for name, guess in report["roles"].items() if guess["role"]}, **roles}
    taken = edit(config, {"data.imports": imports, "data.roles": roles, "data.prepared": ""})
    return taken if config.data.imports else _as_the_files_say(project, taken)


def _as_the_files_say(project: Project, config: RunConfig) -> RunConfig:
    """The first files may show what the goal left open: texts with a number, or answers with a thumb. Of what they have
    all columns for, that is learnt which most columns are named for; nothing changes where nothing is named better."""
    from studio.data.labelled_columns import says

    best, surest = config, -1
    for objective in (plugins.objectives()[config.objective.id], *goals.choices(config)):
        other = objective.id != config.objective.id
        tried = edit(config, {"objective.id": objective.id}) if other else config
        roles = roles_for(project, tried) if other else config.data.roles
        if any(problem.severity == "blocks" for problem in objective.check(roles)):
            continue
        sure = sum(says(name, role) for name, role in roles.items())
        if sure > surest:
            best, surest = edit(tried, {"data.roles": roles}) if other else config, sure
    return best


def prepare(project: Project, config: RunConfig) -> RunFolder:
    """Start cleaning and splitting; `prepared` in the result is the hash for `data.prepared`."""
    project.require_writable()
    arguments = {"project": str(project.paths.folder), "config": config.model_dump(mode="json")}
    return jobs.start(project.paths.jobs, "prepare", arguments)


def preview(project: Project, config: RunConfig, split: str, start: int, count: int, only: str = "all") -> RunFolder:
    """Start reading real tokens of some prepared rows: "See what it learns"."""
    arguments = {
        "project": str(project.paths.folder),
        "config": config.model_dump(mode="json"),
        "split": split,
        "start": start,
        "count": count,
        "only": only,
    }
    return jobs.start(project.paths.jobs, "preview", arguments)


def datasets(project: Project, config: RunConfig) -> tuple[Dataset, ...]:
    """The datasets that the config uses, in its order."""
    known = {row["hash"]: row for row in project.store.datasets()}
    return tuple(_dataset(project, known[hash]) for hash in config.data.imports if hash in known)


def _dataset(project: Project, row: Mapping[str, Any]) -> Dataset:
    report = row["report"]
    path = project.paths.dataset(row["hash"])
    columns = tuple(Column(name, guess["role"], guess["reason"]) for name, guess in report["roles"].items())
    return Dataset(
        hash=row["hash"],
        file=row["file"],
        format=report["format"],
        encoding=report["encoding"],
        delimiter=report.get("delimiter", ""),
        rows_read=report["rows_read"],
        rows_kept=report["rows_kept"],
        rows_aside=report["rows_aside"],
        aside=tuple(report["aside"][:SHOWN_ASIDE]),
        columns=columns,
        path=path,
        bytes=path.stat().st_size if path.exists() else 0,
    )


def report_of(project: Project, prepared: str) -> PrepareReport | None:
    """The report beside a prepared file; None when it has not been prepared (or one of the two files is gone)."""
    path = project.paths.dataset(prepared)
    if not prepared or not path.is_file() or not path.with_suffix(".json").is_file():
        return None
    report = json.loads(path.with_suffix(".json").read_bytes())
    tokens = report.get("tokens") or {}
    return PrepareReport(
        hash=prepared,
        path=path,
        steps=tuple(StepCount.model_validate(step) for step in report["steps"]),
        **report["splits"],
        leaks=report["leaks"],
        rows=report["rows"],
        classes=report.get("classes"),
        teach_nothing=report.get("teach_nothing"),
        tokens_total=tokens.get("total"),
        tokens_learnt=tokens.get("learnt"),
        tokens_cut=tokens.get("cut"),
        longest=report.get("longest"),
        max_length=report.get("max_length"),
        model=report.get("model"),
        template=TemplateNote.model_validate(report.get("template") or {}),
    )


def dropped(project: Project, prepared: str, step: str) -> list[dict[str, Any]]:
    """Rows that a step left out, with the reason."""
    return _lines(project, prepared, "dropped", step)


def changed_cells(project: Project, prepared: str, step: str) -> list[dict[str, Any]]:
    """Cells that a step changed, before and after; the first few hundred."""
    return _lines(project, prepared, "changed", step)


def _lines(project: Project, prepared: str, kind: str, step: str) -> list[dict[str, Any]]:
    path = project.paths.data / f"{prepared}.{kind}.jsonl"
    if not prepared or not path.is_file():
        return []
    with path.open("rb") as file:
        return [row for row in map(json.loads, file) if row["step"] == step]


def remove(config: RunConfig, hash: str) -> RunConfig:
    """The config without a dataset. Its file stays, so that undo brings it back."""
    imports = [other for other in config.data.imports if other != hash]
    return edit(config, {"data.imports": imports, "data.prepared": ""})


def rows(path: Path, start: int, count: int) -> list[dict[str, str]]:
    """A page of a dataset's rows, `_origin` among their columns."""
    from studio.data import pages

    return pages.rows(path, start, count)


def find(path: Path, text: str) -> list[int]:
    """The numbers of the rows that hold a text, whatever its case; the first few thousand."""
    from studio.data import pages

    return pages.find(path, text)


def guessed_roles(project: Project, config: RunConfig) -> dict[str, str]:
    """What the columns of the project's files are for, guessed for what the config wants learnt."""
    from studio.data import columns

    wanted = [role.id for role in plugins.objectives()[config.objective.id].roles]
    found: dict[str, str] = {}
    for hash in config.data.imports:
        path = project.paths.dataset(hash)
        if path.is_file():
            found |= {column.name: column.role for column in columns.guess(columns.samples_of(path), wanted)}
    return {name: role for name, role in found.items() if role}


def roles_for(project: Project, config: RunConfig) -> dict[str, str]:
    """The roles that the config's objective knows, as they were given; what it needs besides is guessed."""
    known = {role.id for role in plugins.objectives()[config.objective.id].roles}
    kept = {name: role for name, role in config.data.roles.items() if role in known}
    guessed = guessed_roles(project, config)
    taken = set(kept.values())
    return {**{name: role for name, role in guessed.items() if role not in taken and name not in kept}, **kept}
