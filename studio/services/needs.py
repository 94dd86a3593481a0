"""What a run will take, as a worker finds it by tracing a step; the instant estimate where that can't be had."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.core.config import RunConfig, edit
from studio.core.device import Device
from studio.core.problem import StudioError
from studio.services import advice, fixes, gathering, jobs
from studio.services.estimate import ROOM, START_SECONDS, tokens_of
from studio.services.facts import Estimate, Fact, Facts, Fix
from studio.services.projects import Project
from studio.worker.run_folder import RunFolder


class Needs(Fact):
    """What a run will take, the changes that would make it fit where it does not, and whether a step was traced."""

    estimate: Estimate
    fixes: tuple[Fix, ...] = ()
    traced: bool = False


def ask(place: Path, project: Project, config: RunConfig, facts: Facts) -> RunFolder:
    """Start a worker that traces the run, with its folder in `place`; `told` reads what it found."""
    device, report = _device(facts), facts.report
    counted = report is not None and facts.model is not None and report.model == facts.model.fingerprint
    arguments = {
        "project": str(project.paths.folder),
        "config": config.model_dump(mode="json"),
        "others": [edit(config, change.changes).model_dump(mode="json") for change in _changes(config, device)],
        "limit": int(device.memory_bytes * ROOM),
        "counted": report.max_length if report is not None and counted else None,
        "names": len(report.classes) if report is not None and report.classes else None,
    }
    return jobs.start(place, "estimate", arguments)


def told(result: Mapping[str, Any], project: Project, config: RunConfig, facts: Facts) -> Needs:
    """What the worker found. Time goes by past runs of this model here, where there were some."""
    instant, device, first = facts.estimate, _device(facts), result["first"]
    assert instant is not None
    tokens = tokens_of(config, facts.report) / (1.0 - config.train.replay)
    seen = gathering.measured_speed(project, config, facts.model) is not None
    found = instant.model_copy(
        update={
            "memory_bytes": first["memory_bytes"],
            "parts": first["parts"],
            "fits": first["memory_bytes"] <= device.memory_bytes * ROOM,
            "seconds": instant.seconds if seen else START_SECONDS + tokens * first["seconds_per_token"],
        }
    )
    others = {
        str(dict(change.changes)): other["memory_bytes"] if other else None
        for change, other in zip(_changes(config, device), result["others"], strict=False)
    }
    smaller = fixes.sufficient(
        _changes(config, device), lambda changes: others.get(str(dict(changes))), found.memory_bytes, device
    )
    return Needs(estimate=found, fixes=() if found.fits else smaller, traced=True)


def instant(config: RunConfig, facts: Facts) -> Needs:
    """The instant estimate with what it says would make the run fit."""
    method, estimate = advice.method_of(config), facts.estimate
    assert method and facts.model and estimate
    smaller = fixes.fixes(facts.model, method, config, _device(facts), facts.report)
    return Needs(estimate=estimate, fixes=() if estimate.fits else smaller)


def _changes(config: RunConfig, device: Device) -> tuple[fixes.Change, ...]:
    method = advice.method_of(config)
    return tuple(fixes.candidates(config, method, device)) if method else ()


def _device(facts: Facts) -> Device:
    if facts.device is None:
        raise StudioError(
            "no-device", "No place to train was found.", data="Nothing was changed.", remedy="Look at Help › System."
        )
    return facts.device
