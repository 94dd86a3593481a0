"""What the bar at the window's foot says: the one most important problem of the page, or that all is well. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.core.problem import Problem
from studio.ui.wording import count, duration, memory_of, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import State

STEP_NAMES = {
    "data": "Data",
    "model": "Model",
    "method": "Method",
    "settings": "Settings",
    "train": "Train",
    "evaluate": "Evaluate",
    "share": "Share",
}
STEPS = tuple(STEP_NAMES)
_KINDS = {"blocks": "bad", "warns": "warn", "advises": "info"}

# Where on the Data page a problem can be seen.
PLACES = {
    "rows-aside": "aside",
    "teach-nothing": "learn:teach-nothing",
    "cut-off": "learn:cut",
    "role-missing": "roles",
}


@dataclass(frozen=True)
class Message:
    """A sentence with its kind; `link` does `fix`, or opens `go` ("step" or "data:place"); `more` counts the rest."""

    text: str = ""
    kind: str = "info"
    link: str = ""
    fix: Mapping[str, Any] | None = None
    go: str = ""
    more: str = ""


def bottom_message(state: State, page: str) -> Message:
    """The page's own problem first, then what blocks an earlier step, then how well things stand."""
    own = [problem for problem in state.problems if problem.step == page]
    earlier = [p for p in state.problems if p.severity == "blocks" and STEPS.index(p.step) < STEPS.index(page)]
    concerning = own or earlier
    if not concerning:
        return Message(*_all_well(state, page))
    first, others = concerning[0], len(concerning) - 1
    more = tr("and {n} more", n=count(others)) if others else ""
    return _of_problem(first, page, more)


def place_of(problem: Problem) -> tuple[str, str]:
    """Where on the Data page a problem can be seen, and the word of the link that leads there."""
    id = "role-missing" if problem.id.startswith("role-missing") else problem.id
    return PLACES.get(id, ""), tr("Choose") if id == "role-missing" else tr("Show")


def _of_problem(problem: Problem, page: str, more: str) -> Message:
    kind = _KINDS[problem.severity]
    # What merely waits for its turn is no failure: red is for what is broken.
    if problem.id in ("no-data", "no-model"):
        kind = "info"
    place, word = place_of(problem) if problem.step == "data" else ("", "")
    if place == "roles":
        kind = "warn"
    if problem.fix is not None:
        return Message(problem.sentence, kind, problem.remedy or tr("Fix"), problem.fix, more=more)
    if problem.step != page:
        link = tr("Go to {step}", step=tr(STEP_NAMES[problem.step]))
        return Message(problem.sentence, kind, link, go=problem.step, more=more)
    if place:
        return Message(problem.sentence, kind, word, go=f"data:{place}", more=more)
    return Message(problem.sentence, kind, more=more)


def _all_well(state: State, page: str) -> tuple[str, str]:
    facts = state.facts
    if page == "data" and facts.report:
        return plural(
            facts.report.train, "{n} example is ready to train on", "{n} examples are ready to train on"
        ), "good"
    if page == "model" and facts.model:
        return tr("{model} suits this project", model=facts.model.name), "good"
    if page in ("method", "settings") and facts.estimate and facts.device:
        words = tr(
            "Fits this computer: {memory}, about {time}",
            memory=memory_of(facts.estimate.memory_bytes, facts.device.memory_bytes),
            time=duration(facts.estimate.seconds),
        )
        return words, "good" if facts.estimate.fits else "warn"
    return "", "info"
