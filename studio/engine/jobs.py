"""From a project and a RunConfig to a job with every place found and checked."""

from __future__ import annotations

from pathlib import Path

from studio.core.config import RunConfig
from studio.core.model_folder import read_model
from studio.core.paths import ProjectPaths
from studio.core.problem import StudioError
from studio.data.templates import ModelEncoder
from studio.engine.devices import find_device
from studio.engine.models import load_base
from studio.engine.parts import Job
from studio.engine.precision import choose_precision
from studio.engine.tuned import Opened


def find_job(project: Path, folder: Path, config: RunConfig) -> Job:
    """The run's job. Raises StudioError when the model is gone or is no longer the one the run was made for."""
    model = read_model(project / config.model.path)
    if config.model.fingerprint and config.model.fingerprint != model.fingerprint:
        raise StudioError(
            "another-model",
            f"The model in the folder “{model.name}” is no longer the one this run was made for.",
            data="The run and its save points are unchanged.",
            remedy="Put the original model back, or start a new run with this one.",
        )
    return Job(
        config=config,
        model=model,
        prepared=ProjectPaths(project).dataset(config.data.prepared),
        folder=folder,
        speaker=ModelEncoder(Path(model.path), config.train.max_length),
    )


def open_model(folder: Path) -> tuple[Opened, ModelEncoder]:
    """Any model, without a run, with its encoder."""
    info = read_model(folder)
    device = find_device()
    precision = choose_precision("auto", device)
    opened = Opened(load_base(folder, dtype=precision.frozen, device=device), device, precision)
    return opened, ModelEncoder(folder, info.context)
