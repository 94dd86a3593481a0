"""The numbers of each kind of task as the table names them: a plain name, its term, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from studio.services.facts import Evaluation
from studio.ui.wording import count, number, percent, tr


class Line(NamedTuple):
    """One line of the table. `decides` marks the number that the verdict is about, `loss` the loss."""

    name: str
    term: str
    before: str
    after: str
    decides: bool = False
    loss: bool = False


_Names = Mapping[str, tuple[str, str, bool]]
"""A number's name, its term, and whether it is a share."""

_NAMES: Mapping[str, _Names] = {
    "likelihood": {"perplexity": ("How unsure it is", "perplexity", False)},
    "classes": {
        "accuracy": ("Right class told", "accuracy", True),
        "f1": ("Each class alike", "F1, macro", True),
    },
    "marks": {
        "f1": ("Finds and names marks", "F1", True),
        "recall": ("Marks that it finds", "recall", True),
        "precision": ("Set marks that are right", "precision", True),
    },
    "closeness": {
        "mae": ("Misses by, on average", "mean absolute error", False),
        "rmse": ("Large misses count more", "RMSE", False),
        "correlation": ("Rises and falls alike", "correlation", False),
    },
    "preferences": {
        "accuracy": ("Better answer first", "preference accuracy", True),
        "reward_accuracy": ("Further ahead than before", "reward accuracy", True),
        "margin": ("Ahead by, on average", "margin", False),
    },
    "likings": {
        "accuracy": ("Liked above disliked", "area under the curve", True),
        "margin": ("Ahead by, on average", "margin", False),
    },
}
_DECIDES = {
    "likelihood": "perplexity",
    "classes": "accuracy",
    "marks": "f1",
    "closeness": "mae",
    "preferences": "accuracy",
    "likings": "accuracy",
}


def lines(evaluation: Evaluation, metric: str) -> tuple[Line, ...]:
    """The table's lines: the task's numbers, and last the loss. A metric that is not known here shows all it has."""
    before, after = evaluation.scores
    names = _NAMES.get(metric) or {name: (name, "", False) for name in after if name != "loss"}
    if not after:
        before, after = evaluation.before.model_dump(), evaluation.after.model_dump()
    found = [
        Line(tr(name), tr(term), *_said(before, after, key, share), decides=_DECIDES.get(metric) == key)
        for key, (name, term, share) in names.items()
        if key in after
    ]
    return (*found, Line(tr("Error on the examples"), tr("loss"), *_said(before, after, "loss", False), loss=True))


def _said(
    before: Mapping[str, float | None], after: Mapping[str, float | None], key: str, share: bool
) -> tuple[str, str]:
    old, new = (value_in_words(values.get(key), share) for values in (before, after))
    return old, new


def value_in_words(value: float | None, share: bool) -> str:
    """A number as it stands in the table; a dash for what was not measured."""
    if value is None:
        return "–"
    if share:
        return percent(value, 0)
    if 0 < abs(value) < 0.001:
        return tr("< 0.001") if value > 0 else tr("> −0.001")
    return number(value) if abs(value) < 1000 else count(value)
