"""Whether a model suits the project: the objective it must learn, and this computer's memory. Runs at the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from studio.core.config import RunConfig
from studio.core.device import Device
from studio.core.model_folder import read_model
from studio.core.model_info import ModelInfo
from studio.core.problem import StudioError
from studio.services.advice import method_of, objective_of
from studio.services.estimate import estimate
from studio.services.facts import Estimate, PrepareReport
from studio.ui.wording import tr


def unsuited(info: ModelInfo, config: RunConfig) -> str:
    """Why a model can't learn what the project wants; empty when it can."""
    objective = objective_of(config)
    if info.architecture in objective.architectures:
        return ""
    return tr("This project needs a model that writes text; this one does something else.")


def needs(
    models: Iterable[ModelInfo], config: RunConfig, device: Device | None, report: PrepareReport | None
) -> Mapping[str, Estimate]:
    """What each model would need with the chosen method, by its path."""
    method = method_of(config)
    if method is None or device is None:
        return {}
    return {info.path: estimate(info, method, config, device, report) for info in models if not unsuited(info, config)}


def same_model(folder: Path, fingerprint: str) -> Path:
    """The folder, when it holds the very model that is looked for. Raises StudioError with the reason otherwise."""
    if read_model(folder).fingerprint != fingerprint:
        raise StudioError(
            "another-model",
            f"The folder {folder.name} holds another model than the project's.",
            data="The project and its runs are safe.",
            remedy="Choose the folder of the model that was used, or pick this one as a new model on this page.",
        )
    return folder
