"""What a run would take of this computer, found by tracing one of its steps.

Arguments: {"project", "config", "others", "limit", "counted", "names"}. `others` are configs that might take less;
they are traced where the first takes more than `limit` bytes. `counted` tells that the prepared examples' tokens are
known, for this model and length.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import plugins
from studio.core.config import RunConfig
from studio.core.model_folder import read_model
from studio.core.paths import ProjectPaths, model_path
from studio.core.problem import StudioError
from studio.worker.work import Work

if TYPE_CHECKING:
    from studio.core.model_info import ModelInfo
    from studio.engine.tracing_examples import Shape

CANT_BE_TRACED = (RuntimeError, TypeError, ValueError, KeyError, AttributeError, NotImplementedError, AssertionError)
"""How models show that their course depends on numbers, which hollow tensors have not."""


def run(work: Work) -> dict[str, Any]:
    """`first`, and one of the same kind for each of the others, None where it could not be traced."""
    work.started()
    arguments = work.arguments
    first = _foreseen(arguments, arguments["config"])
    others: list[dict[str, Any] | None] = []
    if first["memory_bytes"] > arguments["limit"]:
        for done, config in enumerate(arguments["others"]):
            work.progress(done, len(arguments["others"]), "Looking for what would fit")
            others.append(_if_it_can_be(arguments, config))
    return {"first": first, "others": others}


def _if_it_can_be(arguments: dict[str, Any], told: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return _foreseen(arguments, told)
    except (StudioError, *CANT_BE_TRACED):
        return None


def _foreseen(arguments: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    from studio.engine.devices import find_device
    from studio.engine.tracing_program import foreseen

    config = RunConfig.model_validate(told)
    project = Path(arguments["project"])
    info = read_model(model_path(config.model.path, project))
    shape = _shape(arguments, config, info)
    return foreseen(config, info, find_device(config.train.device), shape)


def _shape(arguments: dict[str, Any], config: RunConfig, info: ModelInfo) -> Shape:
    """The heaviest batch: as the prepared examples have it where they are counted, else of the longest examples."""
    from studio.data.preparation import objective_settings
    from studio.data.statistics import counts_of
    from studio.data.templates import load_encoder
    from studio.engine.devices import find_device
    from studio.engine.tracing_examples import Shape, heaviest

    names = int(arguments.get("names") or 2)
    longest = min(config.train.max_length, info.context)
    if not arguments.get("counted"):
        return Shape((longest,) * config.train.batch_size, names=names)
    paths, objective = ProjectPaths(Path(arguments["project"])), plugins.objectives()[config.objective.id]
    encoder = load_encoder(info.path, int(arguments["counted"]), template=config.model.template)
    how = objective, objective_settings(objective, config), encoder
    counts = counts_of(paths.dataset(config.data.prepared), how, paths.folder / "cache", info.fingerprint)
    return heaviest(counts, config, info, find_device(config.train.device), names)
