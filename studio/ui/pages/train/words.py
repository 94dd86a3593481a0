"""A run in words: how it goes, where it is, when it ends. Pure functions; draws nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from studio.core.run import RunSummary
from studio.core.schedule import check_interval
from studio.services.advice import training_state
from studio.ui import wording
from studio.ui.pages.train.course import VALIDATION, Course
from studio.ui.pages.train.second import said_at
from studio.ui.pages.whence import listed, shares
from studio.ui.wording import count, number, plural, run_name, tr

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SIGNS = {
    "learning": ("trend-down", "good"),
    "slow": ("minus", "second"),
    "starting": ("hourglass-medium", "accent"),
    "memorising": ("trend-up", "warn"),
    "unstable": ("waves", "warn"),
    "planned": ("calendar-blank", "second"),
    "waiting": ("hourglass-medium", "accent"),
    "paused": ("pause", "second"),
    "finished": ("check", "good"),
    "stopped": ("stop", "second"),
    "failed": ("warning-octagon", "bad"),
}


@dataclass(frozen=True)
class Told:
    """How a run stands: a sign with its colour, a title and one sentence."""

    icon: str
    tone: str
    title: str
    sentence: str


def told(run: RunSummary, course: Course) -> Told:
    """How the run stands now."""
    if run.parts and run.state != "failed":
        return _joined(run)
    if run.state == "running" and course.step and course.config is not None:
        state = training_state(course.losses(), course.config)
        return Told(*_SIGNS.get(state.id, _SIGNS["starting"]), tr(state.title), tr(state.sentence))
    title, sentence = _standing(run, course)
    key = "waiting" if run.state == "running" else run.state
    return Told(*_SIGNS[key], title, sentence)


def _joined(run: RunSummary) -> Told:
    """A run that is made of others takes no steps."""
    names = listed([run_name(part) for part in run.parts])
    if run.state == "finished":
        said = tr("{runs} are one model now. Evaluate says how good it is.", runs=names)
        return Told("git-merge", "good", tr("Joined"), said)
    if run.state == "stopped":
        return Told("stop", "second", tr("Stopped"), tr("Nothing was kept. {runs} are as they were.", runs=names))
    said = tr("{runs} are being joined. With a large model that takes a few minutes.", runs=names)
    return Told("git-merge", "accent", tr("Joining"), said)


def _standing(run: RunSummary, course: Course) -> tuple[str, str]:
    kept = _kept(run, course)
    if run.state == "planned":
        return tr("To be started elsewhere"), tr(
            "As soon as a scheduler or torchrun starts it, it is followed from here. Resume starts it on this computer."
        )
    if run.state in ("waiting", "running"):
        return tr("Getting ready"), course.doing or tr("The model is being loaded; the first step follows.")
    if run.state == "paused":
        return tr("Paused"), tr(
            "Everything up to step {step} is saved. Resume goes on from there.", step=count(run.step)
        )
    if run.state == "stopped":
        return tr("Stopped at step {step}", step=count(run.step)), kept
    if run.state == "failed":
        return tr("The run stopped at step {step}", step=count(run.step)), kept
    if run.reason == "early-stop":
        patience = course.config.train.patience if course.config else 0
        why = plural(
            patience, "Validation had not improved for {n} check.", "Validation had not improved for {n} checks."
        )
        return tr("Finished early"), f"{why} {kept}" if patience else kept
    return tr("Finished"), kept


def _kept(run: RunSummary, course: Course) -> str:
    best = course[VALIDATION].best()
    if run.best_step is None or best is None:
        return tr("The last step is kept.")
    value = dict(zip(course[VALIDATION].steps.tolist(), course[VALIDATION].values.tolist(), strict=True))
    loss = value.get(float(run.best_step), best[1])
    said = tr("Step {step} was the best and is kept: validation {loss}.", step=count(run.best_step), loss=number(loss))
    also = said_at(course, run.best_step)
    return tr("{kept} At that check, {also}.", kept=said, also=also) if also else said


def where(run: RunSummary, course: Course) -> tuple[str, str]:
    """(Step 760 of 1,290, second time through the data); of a joined run how much of each it holds."""
    if run.parts:
        return shares(run), ""
    step = max(run.step, course.step)
    steps = course.steps or run.steps
    place = (
        tr("Step {step} of {steps}", step=count(step), steps=count(steps)) if steps else tr("Step {n}", n=count(step))
    )
    epoch = course.epoch()
    if epoch is None or not step:
        return place, ""
    turn = max(1, math.ceil(epoch - 1e-9))
    if turn <= len(_ORDINALS):
        return place, tr("{nth} time through the data", nth=tr(_ORDINALS[turn - 1]))
    return place, tr("time {n} through the data", n=turn)


def ending(run: RunSummary, course: Course, now: datetime) -> tuple[str, str]:
    """(8 min left, ends about 15:40); empty once the run has ended."""
    if run.state != "running" or not course.step:
        return "", ""
    left = course.seconds_left
    if left is None:
        return wording.time_left(None), ""
    end = now + timedelta(seconds=left)
    day = "" if end.date() == now.date() else f"{wording.when(end, end + timedelta(days=2))} "
    return wording.time_left(left), tr("ends about {time}", time=f"{day}{wording.clock(end)}")


def epoch_ticks(run: RunSummary, course: Course) -> tuple[float, ...]:
    """The shares of the run at which the data begins anew; none where they would stand too close to tell."""
    per_epoch, steps = course.per_epoch(), course.steps or run.steps
    if not per_epoch or not steps:
        return ()
    turns = int((steps - 1e-9) // per_epoch)
    return tuple(turn * per_epoch / steps for turn in range(1, turns + 1)) if turns <= 30 else ()


def early_stop(run: RunSummary, course: Course) -> tuple[float, str] | None:
    """Where the run ends unless a check is better, and the sentence for it; None where it would go to its end."""
    if course.config is None or course[VALIDATION].size < 2:
        return None
    train, best = course.config.train, course[VALIDATION].best()
    steps = course.steps or run.steps
    if best is None or not train.patience or not steps:
        return None
    if run.reason == "early-stop":
        return float(run.step), tr("Ended here: no gain for {n} checks", n=train.patience)
    if run.state not in ("running", "paused"):
        return None
    at = best[0] + train.patience * check_interval(steps, train)
    if at >= steps:
        return None
    return at, tr("Stops early here, unless a check beats {loss}", loss=number(best[1]))


def trend(values: list[float]) -> str:
    """rising, falling or steady, by the last fifth of the values."""
    recent = values[-max(3, len(values) // 5) :]
    if len(recent) < 3:
        return ""
    half = len(recent) // 2
    first, last = sum(recent[:half]) / half, sum(recent[-half:]) / half
    if abs(last - first) <= 0.03 * max(abs(first), abs(last), 1e-12):
        return tr("steady")
    return tr("rising") if last > first else tr("falling")


def restlessness(values: list[float]) -> str:
    """steady or jumpy, by how far recent values lie from their middle."""
    recent = sorted(values[-50:])
    if len(recent) < 5:
        return ""
    middle = recent[len(recent) // 2]
    return tr("jumpy") if recent[int(len(recent) * 0.95)] > 3 * max(middle, 1e-12) else tr("steady")
