"""See what a chat template makes of a real row. Arguments: {"project", "config"}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio import plugins
from studio.api import Message
from studio.core.config import RunConfig
from studio.core.model_folder import read_model
from studio.core.paths import ProjectPaths, model_path
from studio.core.problem import StudioError
from studio.data.preparation import objective_settings
from studio.data.preview import PreviewRow, page, row_of
from studio.data.reports import is_whole
from studio.data.templates import ModelEncoder, load_encoder
from studio.worker.work import Work

TALK = (
    Message("system", "Answer in one friendly sentence."),
    Message("user", "Is there a lift?"),
    Message("assistant", "Yes, it is to the left of the entrance."),
)
"""What is shown while there are no rows."""


def run(work: Work) -> dict[str, Any]:
    """The template as it is used, what it can't do, and the first training row (or a made-up one) written with it; or,
    as `refused`, why it can't be used at all."""
    work.started()
    work.check()
    project = ProjectPaths(Path(work.arguments["project"]))
    config = RunConfig.model_validate(work.arguments["config"])
    try:
        model = read_model(model_path(config.model.path, project.folder))
        length = min(config.train.max_length, model.context)
        encoder = load_encoder(model.path, length, template=config.model.template)
    except StudioError as error:
        return {"refused": error.happened}
    work.check()
    row = _first_row(project, config, encoder)
    shown = row or row_of({"id": "", "origin": ""}, encoder.conversation(TALK, "answers"), 1, 1)
    return {
        "kind": encoder.chosen.kind,
        "id": encoder.chosen.id,
        "source": encoder.template.source,
        "missing": encoder.chosen.missing,
        "shows_tools": all(encoder.template.shows),
        "ends": encoder.ends_answers,
        "made_up": row is None,
        "row": shown.model_dump(mode="json"),
    }


def _first_row(project: ProjectPaths, config: RunConfig, encoder: ModelEncoder) -> PreviewRow | None:
    """The first training row, where examples are prepared and are conversations."""
    prepared = project.dataset(config.data.prepared)
    objective = plugins.objectives()[config.objective.id]
    if not config.data.prepared or not is_whole(prepared) or not objective.converses:
        return None
    found = page(prepared, (objective, objective_settings(objective, config), encoder), [0])
    return found[0] if found else None
