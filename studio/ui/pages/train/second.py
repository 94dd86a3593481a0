"""The second number of a run, beside the loss: how unsure it is of words, or how well it does its task."""

from __future__ import annotations

from typing import NamedTuple

from studio.plugins import objectives
from studio.ui.pages.train.course import Course, Points
from studio.ui.wording import number, percent, tr

LIKELIHOOD = "likelihood"


class Second(NamedTuple):
    """What the lower chart shows: a title, a remark, the metric's name in the events ("" for perplexity, which follows
    from the loss), what it is multiplied by, and how a value is said in a sentence."""

    title: str
    aside: str
    key: str = ""
    times: float = 1.0
    sentence: str = ""


_SECOND = {
    LIKELIHOOD: Second("How unsure it is", "perplexity: it hesitates between so many words"),
    "classes": Second(
        "Right class told",
        "accuracy: % of the validation texts",
        "accuracy",
        100.0,
        "it told the right class of {value}",
    ),
    "marks": Second("Finds and names marks", "F1: % on the validation texts", "f1", 100.0, "marks found with {value}"),
    "closeness": Second(
        "Misses by, on average", "mean absolute error, lower is better", "mae", 1.0, "it missed by {value} on average"
    ),
    "preferences": Second(
        "Better answer first", "% of the validation pairs", "accuracy", 100.0, "the better answer first in {value}"
    ),
    "likings": Second(
        "Liked above disliked", "% of cases; 50 is guessing", "accuracy", 100.0, "liked above disliked in {value}"
    ),
}


def second_of(course: Course) -> Second | None:
    """What the lower chart shows of a run; None where its objective is not here or has no number of its own."""
    id = course.config.objective.id if course.config else ""
    metrics = next((each.metrics for each in objectives() if each.id == id), ())
    return _SECOND.get(metrics[0] if metrics else "")


def points_of(course: Course, second: Second, name: str, start: int = 0) -> Points:
    """The values of "train.loss" or "validation.loss" in the second number, from point `start` on."""
    if not second.key:
        return course.perplexities(name, start)
    line = course[name.replace("loss", second.key)]
    values = line.values[start:] * second.times
    return list(zip(line.steps[start:].tolist(), values.tolist(), strict=True))


def said_at(course: Course, step: int) -> str:
    """The second number of the check at a step, in a few words; empty where there is none."""
    second = second_of(course)
    if second is None or not second.key:
        return ""
    line = course[f"validation.{second.key}"]
    found = dict(zip(line.steps.tolist(), line.values.tolist(), strict=True)).get(float(step))
    if found is None:
        return ""
    return tr(second.sentence, value=percent(found, 0) if second.times == 100 else number(found))
