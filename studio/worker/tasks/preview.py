"""See what it learns: a page of prepared examples as the chosen model's own tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio import plugins
from studio.core.config import RunConfig
from studio.core.model_folder import read_model
from studio.core.paths import ProjectPaths, model_path
from studio.data.preparation import objective_settings, prepare
from studio.data.preview import chosen, page
from studio.data.statistics import counts_of
from studio.data.templates import load_encoder
from studio.worker.work import Work


def run(work: Work) -> dict[str, Any]:
    """A page of one split, of all rows or only of those that are cut or teach nothing."""
    work.started()
    arguments = work.arguments
    project = ProjectPaths(Path(arguments["project"]))
    config = RunConfig.model_validate(arguments["config"])
    objective = plugins.objectives()[config.objective.id]
    prepared = prepare(project.data, config, objective, plugins.cleaners(), work.progress)
    model = read_model(model_path(config.model.path, project.folder))
    encoder = load_encoder(model.path, config.train.max_length, template=config.model.template)
    how = (objective, objective_settings(objective, config), encoder)
    only = arguments.get("only", "all")
    counts = None
    if only != "all":
        counts = counts_of(prepared.path, how, project.folder / "cache", model.fingerprint, work.progress)
    numbers = chosen(prepared.path, counts, arguments.get("split", "train"), only)
    start = int(arguments.get("start", 0))
    shown = numbers[start : start + int(arguments.get("count", 20))]
    rows = [row.model_dump(mode="json") for row in page(prepared.path, how, shown.tolist())]
    return {"prepared": prepared.hash, "rows": rows, "total": len(numbers)}
