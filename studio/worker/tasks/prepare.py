"""Prepare examples: clean, divide, check, and count tokens when a model is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio import plugins
from studio.core.config import RunConfig
from studio.core.model_folder import read_model
from studio.core.paths import ProjectPaths, model_path
from studio.data.preparation import Prepared, objective_settings, prepare
from studio.data.preview import page
from studio.data.reports import write_report
from studio.data.statistics import counts_of, with_counts
from studio.data.templates import load_encoder
from studio.worker.work import Work

MOST_TOKENS = 400
"""So much of the first example is kept to be shown."""


def run(work: Work) -> dict[str, Any]:
    """Prepare what the config chooses, or find it again. Returns its hash and its report."""
    work.started()
    project = ProjectPaths(Path(work.arguments["project"]))
    config = RunConfig.model_validate(work.arguments["config"])
    prepared = prepare(
        project.data, config, plugins.objectives()[config.objective.id], plugins.cleaners(), work.progress
    )
    if config.model.path:
        prepared = _counted(work, project, config, prepared)
    return {"prepared": prepared.hash, **prepared.report.model_dump(mode="json")}


def _counted(work: Work, project: ProjectPaths, config: RunConfig, prepared: Prepared) -> Prepared:
    """With what the chosen model makes of the examples."""
    model = read_model(model_path(config.model.path, project.folder))
    objective = plugins.objectives()[config.objective.id]
    settings = objective_settings(objective, config)
    encoder = load_encoder(model.path, config.train.max_length, template=config.model.template)
    cache = project.folder / "cache"
    counts = counts_of(prepared.path, (objective, settings, encoder), cache, model.fingerprint, work.progress)
    chosen = config.model.model_copy(update={"fingerprint": model.fingerprint})
    report = with_counts(prepared.report, counts, chosen, encoder)
    if report.template and objective.converses:
        shown = page(prepared.path, (objective, settings, encoder), [0])[0].tokens[:MOST_TOKENS]
        report = report.model_copy(update={"template": report.template.model_copy(update={"example": shown})})
    write_report(prepared.path, report)
    return prepared._replace(report=report)
