"""Whether a model suits the project: the objective it must learn, and this computer's memory. Runs at the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from studio.core.config import Goal, RunConfig
from studio.core.device import Device
from studio.core.model_folder import read_model
from studio.core.model_info import ModelInfo
from studio.core.problem import StudioError
from studio.services import goals
from studio.services.advice import method_of, objective_of
from studio.services.estimate import estimate
from studio.services.facts import Estimate, PrepareReport
from studio.ui.pages.home.goals import goal_title
from studio.ui.wording import tr


def unsuited(info: ModelInfo, config: RunConfig) -> str:
    """Why a model can't learn what the project wants; empty when it can, if need be by the goal's other way."""
    if goals.offered(config.goal, info):
        return ""
    return tr(
        "It {kind}. “{goal}” needs a model that {needed}.",
        kind=tr(goals.KINDS[info.architecture]),
        goal=goal_title(config.goal),
        needed=tr(goals.needed(config)),
    )


def instead(info: ModelInfo, config: RunConfig) -> str:
    """What is learnt with a model that can't learn what was chosen on the Data page but another thing for the goal."""
    chosen = objective_of(config)
    other = goals.offered(config.goal, info)
    if info.architecture in chosen.architectures or not other or other[0] not in goals.choices(config):
        return ""
    return tr(
        "With it, “{title}” is learnt instead: it {kind}.",
        title=tr(other[0].title),
        kind=tr(goals.KINDS[info.architecture]),
    )


def recommended(info: ModelInfo, config: RunConfig) -> str:
    """Why a starter is the one to begin with; empty for all others."""
    if not info.starter or info.architecture != goals.recommended(config.goal):
        return ""
    return tr(_WHY[config.goal])


_WHY: Mapping[Goal, str] = {
    "answer": "Recommended: it writes, and so learns to answer.",
    "sort": "Recommended: it reads a text as a whole before it decides.",
    "mark": "Recommended: it sees each word with what stands before and after it.",
    "translate": "Recommended: it reads one text and writes another.",
    "read": "Recommended: it learns your field’s language word by word and can write it.",
    "prefer": "Recommended: it writes, and so can learn which answers please.",
}


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
