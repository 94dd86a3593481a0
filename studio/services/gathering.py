"""Collecting the facts about an open project: the one place that reads them all from disk and database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio import plugins
from studio.core.config import RunConfig, TrainSettings
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.problem import Problem, StudioError
from studio.core.run import Metrics
from studio.core.settings import SettingField, fields_of
from studio.services import advice, beginnings, datasets, estimate, goals, models, presets, projects, runs, templates
from studio.services.facts import Evaluation, Export, Facts
from studio.services.projects import Project


def gather(project: Project, config: RunConfig, devices: Sequence[Device], shown_run: str = "") -> Facts:
    """Everything known at this moment. `shown_run` is the run the pages show; empty means the newest."""
    model, problem = _model(project, config)
    notes = () if model is None else _notes(model, config)
    report = datasets.report_of(project, config.data.prepared)
    method = advice.method_of(config)
    device = advice.pick_device(devices, config.train.device)
    speed = measured_speed(project, config, model)
    summaries = runs.summaries(project)
    pace, optimizer = advice.objective_of(config).pace, config.train.optimizer
    recommended = presets.recommended(model, method, report, pace, optimizer) if method else {}
    offered = presets.presets(recommended, method) if method else ()
    if model and method:
        offered = tuple(
            preset.model_copy(
                update={
                    "seconds": estimate.estimate(
                        model, method, presets.with_preset(config, preset), device, report, speed
                    ).seconds
                }
            )
            for preset in offered
        )
    return Facts(
        datasets=datasets.datasets(project, config),
        guessed=_guessed(project, config),
        report=report,
        model=model,
        model_problem=problem,
        model_notes=notes,
        devices=tuple(devices),
        device=device,
        estimate=estimate.estimate(model, method, config, device, report, speed) if model and method else None,
        cards=advice.method_cards(model, config, device, report, speed) if model else (),
        presets=offered,
        recommended=recommended,
        begin=beginnings.begin_of(project, config, model),
        forms=forms(config),
        runs=summaries,
        run=next((run for run in summaries if run.id == shown_run), summaries[0] if summaries else None),
        evaluations=evaluations(project),
        exports=exports(project),
        disk_free=projects.disk_free(project.paths.folder),
    )


def settled(config: RunConfig, before: Facts | None, after: Facts) -> dict[str, Any]:
    """The changes by which the objective and its columns follow the model, and untouched settings what is
    recommended now."""
    return {**_learnt_by(config, after), **_recommended_now(config, before, after)}


def _learnt_by(config: RunConfig, after: Facts) -> dict[str, Any]:
    """The goal's objective that the model can learn, or the columns' roles for it."""
    objective = goals.suited(config, after.model)
    if objective != config.objective.id:
        return {"objective.id": objective, "data.prepared": ""}
    if after.guessed and after.guessed != config.data.roles:
        return {"data.roles": dict(after.guessed), "data.prepared": ""}
    return {}


def _recommended_now(config: RunConfig, before: Facts | None, after: Facts) -> dict[str, Any]:
    method = advice.method_of(config)
    if method is None or not after.recommended:
        return {}
    # Another method's recommendation lacks this one's settings: its plain defaults stand below.
    base = presets.recommended(None, method, None) | dict(before.recommended if before else {})
    old = presets.values_of(config.preset, base, method)
    new = presets.values_of(config.preset, dict(after.recommended), method)
    return presets.settle(config, old, new)


def forms(config: RunConfig) -> dict[str, tuple[SettingField, ...]]:
    """The rows of the forms, by section of the RunConfig."""
    method = advice.method_of(config)
    return {
        "train": fields_of(TrainSettings.model_json_schema()),
        "method": method.form() if method else (),
        "objective": advice.objective_of(config).form(),
    }


def _guessed(project: Project, config: RunConfig) -> dict[str, str]:
    """Roles guessed for the objective, where columns have roles of another one only."""
    known = {role.id for role in advice.objective_of(config).roles}
    given = {role for role in config.data.roles.values() if role}
    return datasets.guessed_roles(project, config) if given and not given & known else {}


def _model(project: Project, config: RunConfig) -> tuple[ModelInfo | None, Problem | None]:
    try:
        return models.chosen(config, project.paths.folder), None
    except StudioError as error:
        return None, models.as_problem(error)


def _notes(model: ModelInfo, config: RunConfig) -> tuple[Problem, ...]:
    """What speaks against the tokenizer that lies with the model, and against the template chosen for it."""
    from studio.data.belonging import misfits

    objective = advice.objective_of(config)
    refused = templates.refusal(config, Path(model.path)) if objective.converses else None
    return (*misfits(model, hides=objective.hides), *([refused] if refused else ()))


def measured_speed(project: Project, config: RunConfig, model: ModelInfo | None) -> float | None:
    """How fast this computer was in past runs of the same model, in floating-point operations per second."""
    if model is None:
        return None
    seen: list[tuple[float, float]] = []
    for row in project.store.runs():
        past = RunConfig.from_json(row["config"])
        tokens = project.store.metric(row["id"], "tokens_per_second")
        if past.model.path == config.model.path and tokens and past.method.id in plugins.methods():
            method = plugins.methods()[past.method.id]
            trainable = method.trainable(model, method.settings(past.method.settings))
            seen.append((estimate.flops(model, trainable, 1.0), tokens))
    return advice.speed_of(seen)


def evaluations(project: Project) -> tuple[Evaluation, ...]:
    """Kept evaluations, newest first."""
    return tuple(evaluation_of(row["result"], row["time"]) for row in project.store.results("evaluations"))


def evaluation_of(result: dict[str, Any], time: float = 0.0) -> Evaluation:
    """An evaluation from the task's result."""
    return Evaluation(
        run=result["run"],
        split=result["split"],
        examples=result["examples"],
        before=Metrics.model_validate(result["before"]),
        after=Metrics.model_validate(result["after"]),
        difference=result["difference"],
        verdict_id=result["verdict"]["id"],
        sentence=result["verdict"]["sentence"],
        time=time,
        scores=(result["before"], result["after"]),
        measure=result.get("measure") or {},
        mistakes=result.get("mistakes") or {},
    )


def exports(project: Project) -> tuple[Export, ...]:
    """Kept exports whose folder is still there, newest first."""
    found = []
    for row in project.store.results("exports"):
        folder = _inside(project, row["folder"])
        if folder.is_dir():
            result = row["result"]
            files, check = tuple(result["files"]), result["check"]
            found.append(
                Export(run=row["run"], to=row["kind"], folder=folder, files=files, check=check, time=row["time"])
            )
    return tuple(found)


def _inside(project: Project, folder: str) -> Path:
    return project.paths.folder / folder
