"""How far each step is, as the rail beside the pages shows it: pure functions of the config and the facts."""

from __future__ import annotations

from typing import Literal

from studio.core.config import RunConfig
from studio.services import presets
from studio.services.advice import method_of
from studio.services.facts import Fact, Facts
from studio.services.problems import STEPS, problems

State = Literal["not_started", "ready", "running", "attention", "done", "failed"]


class StepState(Fact):
    """A step of the rail: its name, one fact, and how far it is."""

    id: str
    name: str
    fact: str
    state: State


def rail(config: RunConfig, facts: Facts) -> tuple[StepState, ...]:
    """Each step with its one fact and its state."""
    found = problems(config, facts)
    blocked = {problem.step for problem in found if problem.severity == "blocks"}
    warned = {problem.step for problem in found if problem.severity == "warns"}
    answers = {
        "data": _data_state(config, facts, blocked, warned),
        "model": _model_state(config, facts, blocked),
        "method": _method_state(config, facts, warned | blocked),
        "settings": _settings_state(config, facts, warned | blocked),
        "train": _train_state(facts, blocked),
        "evaluate": _evaluate_state(facts),
        "share": _share_state(facts),
    }
    return tuple(StepState(id=id, name=name, fact=answers[id][0], state=answers[id][1]) for id, name in STEPS)


def _data_state(config: RunConfig, facts: Facts, blocked: set[str], warned: set[str]) -> tuple[str, State]:
    if not facts.datasets:
        return "Bring in a file", "ready"
    if "data" in blocked:
        return "Needs a decision", "attention"
    if facts.report is None:
        return "Being prepared", "running"
    noun = "texts" if config.goal == "read" else "examples"
    return f"{facts.report.rows:,} {noun}", "attention" if "data" in warned else "done"


def _model_state(config: RunConfig, facts: Facts, blocked: set[str]) -> tuple[str, State]:
    if not config.model.path:
        return "Not chosen", "ready" if facts.datasets else "not_started"
    if "model" in blocked or facts.model is None:
        return "Needs a decision", "attention"
    size = facts.model.parameters
    words = f"{size / 1e9:.1f} B" if size >= 1e9 else f"{size / 1e6:.1f} M"
    fits = ", fits" if facts.estimate and facts.estimate.fits else ""
    return words + fits, "done"


def _method_state(config: RunConfig, facts: Facts, warned: set[str]) -> tuple[str, State]:
    method = method_of(config)
    if method is None or facts.model is None:
        return (method.title if method else "Missing"), "not_started" if method else "attention"
    return method.title, "attention" if "method" in warned else "done"


def _settings_state(config: RunConfig, facts: Facts, warned: set[str]) -> tuple[str, State]:
    preset = next((one for one in facts.presets if one.id == config.preset), None)
    if preset is None or facts.model is None:
        return "Not started", "not_started"
    changed = len(presets.own(config, preset, facts.recommended, facts.forms))
    words = f", {changed} change{'s' if changed > 1 else ''}" if changed else ""
    return preset.title + words, "attention" if "settings" in warned else "done"


def _train_state(facts: Facts, blocked: set[str]) -> tuple[str, State]:
    run = facts.run
    if run is None:
        return ("Not started", "not_started") if blocked or facts.report is None else ("Ready to start", "ready")
    if run.parts and run.state in ("running", "finished"):
        return ("Joining", "running") if run.state == "running" else ("Joined", "done")
    words: dict[str, tuple[str, State]] = {
        "planned": ("To be started elsewhere", "running"),
        "waiting": ("Starting", "running"),
        "running": (f"Step {run.step:,} of {run.steps:,}", "running"),
        "paused": (f"Paused at step {run.step:,}", "attention"),
        "stopped": (f"Stopped at step {run.step:,}", "done"),
        "finished": (f"{run.step:,} steps", "done"),
        "failed": ("Could not finish", "failed"),
    }
    return words[run.state]


def _evaluate_state(facts: Facts) -> tuple[str, State]:
    if facts.run is None or facts.run.state not in ("finished", "stopped"):
        return "After the run", "not_started"
    mine = next((one for one in facts.evaluations if one.run == facts.run.id), None)
    if mine is None:
        return "Not measured", "ready"
    words = {"better": "Better", "worse": "Worse", "no_difference": "No clear gain", "too_few": "Too few examples"}
    return words.get(mine.verdict_id, mine.verdict_id), "done" if mine.verdict_id == "better" else "attention"


def _share_state(facts: Facts) -> tuple[str, State]:
    if facts.run is None or facts.run.state not in ("finished", "stopped"):
        return "After the run", "not_started"
    mine = [one for one in facts.exports if one.run == facts.run.id]
    return (f"{len(mine)} exported", "done") if mine else ("Ready", "ready")
