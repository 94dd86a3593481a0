"""Several runs of one method made into one, which is then evaluated and shared like any run."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio import plugins
from studio.api import Joining
from studio.core.beginning import adapter_in
from studio.core.config import RunConfig, edit
from studio.core.problem import StudioError
from studio.services import runs
from studio.services.facts import Fact
from studio.services.projects import Project
from studio.worker import client

FEWEST = 2
Kind = tuple[str, str, str]


class Candidate(Fact):
    """A run that has ended, and whether it can be joined with others of its `kind` (model, goal, method). `refusal`
    says why it can't be joined with any."""

    run: str
    method: str
    kind: Kind
    refusal: str = ""


def candidates(project: Project) -> tuple[Candidate, ...]:
    """Every run with kept weights, the newest first."""
    return tuple(_candidate(project, run.id) for run in runs.summaries(project) if run.has_weights)


def _candidate(project: Project, id: str) -> Candidate:
    config = runs.folder(project, id).config()
    known = {method.id: method for method in plugins.methods()}
    method = known.get(config.method.id)
    name = (method.term or method.title) if method else config.method.id
    adapter = adapter_in(project.paths.run(id).final)
    refusal = ""
    if method is None or not method.joins:
        refusal = f"What was trained with {name} can't be joined."
    elif adapter.get("modules_to_save"):
        refusal = "It has a last step of its own, and these can't be added up."
    elif adapter.get("use_dora"):
        refusal = "Additions with a separate length (DoRA) can't be added up."
    return Candidate(run=id, method=name, kind=_kind(config), refusal=refusal)


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
    for id, share in parts.items():
        if not math.isfinite(share):
            raise _cannot(f"The share of {id} is no number.", "Write a share such as 0.5.")
        if refusal := _candidate(project, id).refusal:
            raise _cannot(f"{id} can't be joined with others. {refusal}", "Choose other runs, or share it by itself.")
    arguments = {"project": str(project.paths.folder), "parts": dict(parts), "way": way}
    made = edit(first, {"join.parts": dict(parts), "join.way": way, "train.begin": "", "train.stacked": False})
    id = runs.add(project, "join", arguments, made)
    client.start(runs.folder(project, id))
    return id


def _kind(config: RunConfig) -> Kind:
    return config.model.fingerprint or config.model.path, config.objective.id, config.method.id


def _cannot(happened: str, remedy: str) -> StudioError:
    return StudioError("cannot-join", happened, data="Nothing was changed.", remedy=remedy)
