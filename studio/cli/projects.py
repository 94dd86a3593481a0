"""Verbs about projects, models and this computer: new, models, estimate, doctor."""

from __future__ import annotations

from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studio.cli import overlay, preparing
from studio.cli.console import Answer, Console, duration, size
from studio.cli.opening import finish, reading
from studio.core.config import RunConfig
from studio.core.device import Device
from studio.core.problem import StudioError
from studio.services import models, needs, preferences, projects, recents
from studio.services.doctor import examine
from studio.services.facts import Estimate, Facts, Fix
from studio.services.models import KnownModel
from studio.services.needs import Needs
from studio.services.projects import Project
from studio.services.wizard import Wizard


def new(args: Namespace, console: Console) -> Answer:
    """Make a project."""
    project = projects.create(Path(args.project), goal=args.goal)
    try:
        folder = project.paths.folder
        with suppress(OSError):  # the list on Home is a comfort; a project needs none
            recents.remember(project)
    finally:
        project.close()
    fields = {"project": str(folder), "goal": args.goal}
    return Answer(fields, (f"The project is ready in {folder}.", f"Bring in a file next: studio import {folder} FILE"))


# -------------------------------------------------------------------------------------------------- models


def known(args: Namespace, console: Console) -> Answer:
    """Which models are here, or why one can't be used. --add remembers a folder."""
    if args.add:
        added = models.add_folder(overlay.model_folder(args.add))
        return Answer({"models": [_model(added)]}, (f"{added.name} is known now: {_facts(added)}.",))
    found = models.known_models()
    sentences = tuple(f"{model.name}: {_facts(model)}. {model.path}" for model in found)
    return Answer({"models": [_model(model) for model in found]}, sentences or ("No model is known here yet.",))


def _model(model: KnownModel) -> dict[str, Any]:
    facts = model.info.model_dump(mode="json", exclude={"path", "name", "starter"}) if model.info else {}
    problem = model.problem
    told = {"id": problem.id, "happened": problem.sentence, "remedy": problem.remedy} if problem else None
    start = {"path": str(model.path), "name": model.name, "starter": model.starter, "usable": model.info is not None}
    return {**start, "problem": told, **facts}


def _facts(model: KnownModel) -> str:
    info = model.info
    if info is None:
        return (model.problem.sentence if model.problem else "It can't be used").rstrip(".")
    weights = f"{info.parameters / 1e6:,.1f} million weights, {info.layers} layers, {size(info.bytes)}"
    return f"{info.architecture}, {weights}, reads up to {info.context:,} tokens"


# ------------------------------------------------------------------------------------------------ estimate


def estimate(args: Namespace, console: Console) -> Answer:
    """What a run would need: a step of it is traced, from the model's config.json and the lengths of the examples."""
    with reading(args.project) as project:
        wished = overlay.changes_of(project, config=args.config, model=args.model, sets=args.set, steps=args.steps)
        before = Wizard.of(project).config
        config, facts = overlay.settle(project, before, preparing.laid_over(project, wished), wished)
        preparing.block(config, facts, ("model", "method"))
        found = needs.instant(config, facts) if args.quick else _needs(project, config, facts, console)
    expected, device = found.estimate, facts.device
    assert device  # without one, `_needs` has refused
    fields = {
        "device": device.kind,
        "device_name": device.name,
        "fits": expected.fits,
        "memory_bytes": expected.memory_bytes,
        "seconds": expected.seconds,
        "disk_bytes": expected.disk_bytes,
        "fixes": [{"set": _sets(fix), "memory_bytes": fix.memory_bytes} for fix in found.fixes],
        "trainable": expected.trainable,
        "share": expected.share,
        "parts": dict(expected.parts),
        "traced": found.traced,
    }
    return Answer(fields, _in_words(expected, device, found.fixes))


def _needs(project: Project, config: RunConfig, facts: Facts, console: Console) -> Needs:
    """As a worker finds it; by the instant estimate where there is no engine, or the model can't be traced."""
    with TemporaryDirectory(prefix="studio-", ignore_cleanup_errors=True) as place:
        try:
            result = finish(needs.ask(Path(place), project, config, facts), console)
            return needs.told(result, project, config, facts)
        except StudioError as error:
            if error.id == "stopped":
                raise
            console.say(f"Estimated by the model's size alone: {error.happened}")
            return needs.instant(config, facts)


def _sets(fix: Fix) -> list[str]:
    return [f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in fix.changes.items()]


def _in_words(needs: Estimate, device: Device, fixes: tuple[Fix, ...]) -> tuple[str, ...]:
    fit = "It fits" if needs.fits else "It does not fit"
    memory = (
        f"{fit}: about {size(needs.memory_bytes)} of memory on {device.name}, which has {size(device.memory_bytes)}."
    )
    time = f"It should take about {duration(needs.seconds)} and {size(needs.disk_bytes)} of disk."
    smaller = (f"{fix.sentence}: {size(fix.memory_bytes)} (--set {' --set '.join(_sets(fix))})." for fix in fixes)
    return (memory, time, *smaller)


# -------------------------------------------------------------------------------------------------- doctor


def doctor(args: Namespace, console: Console) -> Answer:
    """What this computer has and lacks."""
    health = examine(preferences.projects_folder())
    device = health.devices[0]
    problems = [{"id": one.id, "happened": one.sentence, "remedy": one.remedy} for one in health.problems]
    fields = {
        "system": {**health.system, "disk_free_bytes": health.disk_free},
        "device": device.model_dump(mode="json"),
        "devices": [one.model_dump(mode="json") for one in health.devices],
        "engine": health.engine,
        "plugins": list(health.plugins),
        "problems": problems,
    }
    versions = ", ".join(f"{name} {version}" for name, version in health.engine.items() if version)
    sentences = (
        f"{health.system['system']}, Python {health.system['python']}.",
        f"It trains on {device.name} with {size(device.memory_bytes)} of memory.",
        f"{size(health.disk_free)} are free on the disk.",
        f"Engine: {versions}." if versions else "The training engine is not installed.",
        f"Plugins: {', '.join(one['name'] for one in health.plugins) or 'none'}.",
        *(f"{one['happened']} {one['remedy']}" for one in problems),
        *(() if problems else ("Nothing stands in the way.",)),
    )
    return Answer(fields, sentences)
