"""The course of the step size over a run, as points for the chart. Draws nothing."""

from __future__ import annotations

from studio.core.config import TrainSettings
from studio.core.schedule import learning_rate_at, steps_per_epoch, total_steps

Points = list[tuple[float, float]]

_POINTS = 240
_USUAL_EXAMPLES = 1000


def course(settings: TrainSettings, examples: int) -> Points:
    """(times through the data, step size) for so many training examples; while none are prepared, for a thousand."""
    examples = examples or _USUAL_EXAMPLES
    steps = total_steps(examples, settings)
    per_epoch = steps_per_epoch(examples, settings)
    taken = sorted({max(1, round(1 + (steps - 1) * at / (_POINTS - 1))) for at in range(_POINTS)})
    points = [(step / per_epoch, learning_rate_at(step, steps, settings)) for step in taken]
    return [(0.0, 0.0 if settings.warmup else points[0][1]), *points]


def side_by_side(yours: TrainSettings, usual: TrainSettings, examples: int) -> tuple[Points, Points, float]:
    """Both courses as (share of the longer run, step size), and how often that run goes through the data.

    The second is empty where the two are the same.
    """
    mine, theirs = course(yours, examples), course(usual, examples)
    end = max(mine[-1][0], theirs[-1][0])
    shares = [[(time / end, rate) for time, rate in points] for points in (mine, theirs)]
    return shares[0], shares[1] if mine != theirs else [], end
