"""Several runs of one method made into one, which is then evaluated and shared like any run."""

from __future__ import annotations

from collections.abc import Mapping

from studio.api import Joining
from studio.core.config import RunConfig
from studio.core.problem import StudioError
from studio.services import runs
from studio.services.projects import Project
from studio.worker import client

FEWEST = 2


def join(project: Project, parts: Mapping[str, float], way: Joining) -> str:
    """Start making one run of several finished ones, each with its share; returns the new run's id.

    All must have trained the same model for the same goal in the same way, so that their changes are of one kind.
    """
    if len(parts) < FEWEST:
        raise _cannot("One run alone can't be joined.", "Choose two runs or more.")
    configs = {id: runs.folder(project, id).config() for id in parts}
    for id in parts:
        if project.store.run(id)["state"] not in ("finished", "stopped"):
            raise _cannot(f"{id} has not ended yet.", "Wait for it, or stop it.")
    first, *others = configs.values()
    for id, other in zip(list(parts)[1:], others, strict=True):
        if _kind(other) != _kind(first):
            raise _cannot(
                f"{id} differs from the first run in its model, its goal or its method.",
                "Choose runs that trained the same model for the same goal in the same way.",
            )
    arguments = {"project": str(project.paths.folder), "parts": dict(parts), "way": way}
    id = runs.add(project, "join", arguments, first)
    client.start(runs.folder(project, id))
    return id


def _kind(config: RunConfig) -> tuple[str, str, str]:
    return config.model.fingerprint or config.model.path, config.objective.id, config.method.id


def _cannot(happened: str, remedy: str) -> StudioError:
    return StudioError("cannot-join", happened, data="Nothing was changed.", remedy=remedy)
