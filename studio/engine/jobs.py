"""From a project and a RunConfig to a job with every place found and checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from studio.core.config import RunConfig
from studio.core.model_folder import read_model
from studio.core.paths import ProjectPaths, RunPaths, model_path
from studio.core.problem import StudioError
from studio.data.templates import ModelEncoder, load_encoder
from studio.engine.devices import find_device
from studio.engine.models import load_base
from studio.engine.parts import Job
from studio.engine.precision import choose_precision
from studio.engine.tuned import Opened


def find_job(project: Path, folder: Path, config: RunConfig) -> Job:
    """The run's job. Raises StudioError when the model is gone or is no longer the one the run was made for."""
    model = read_model(model_path(config.model.path, project))
    if config.model.fingerprint and config.model.fingerprint != model.fingerprint:
        raise StudioError(
            "another-model",
            f"The model in the folder “{model.name}” is no longer the one this run was made for.",
            data="The run and its save points are unchanged.",
            remedy="Put the original model back, or start a new run with this one.",
        )
    speaker = load_encoder(model.path, config.train.max_length, moment_of(folder))
    return Job(
        config=config,
        model=model,
        prepared=ProjectPaths(project).dataset(config.data.prepared),
        folder=folder,
        speaker=speaker,
        template=speaker.template.source,
    )


def moment_of(folder: Path) -> datetime:
    """The time that a template which writes the date sees: when the run was set up, so that a resumed run reads the
    same examples."""
    config = RunPaths(folder).config
    return datetime.fromtimestamp(config.stat().st_mtime if config.exists() else 0)


def open_model(folder: Path) -> tuple[Opened, ModelEncoder]:
    """Any model, without a run, with its encoder."""
    info = read_model(folder)
    device = find_device()
    precision = choose_precision("auto", device, info.hidden)
    opened = Opened(load_base(folder, dtype=precision.frozen, device=device), device, precision)
    return opened, load_encoder(folder, info.context)
