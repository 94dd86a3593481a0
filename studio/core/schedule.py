"""The course of a run without torch: how many steps it has and how large each is. The window draws it, the engine
follows it."""

from __future__ import annotations

import math

from studio.core.train_settings import TrainSettings

CHECKS = 20
CHECK_SPACING = 5


def steps_per_epoch(examples: int, settings: TrainSettings) -> int:
    """Steps in one time through the data; the last one may be smaller."""
    return max(1, math.ceil(examples / settings.batch_size))


def total_steps(examples: int, settings: TrainSettings) -> int:
    """Steps of the whole run: as many as `steps` says, or as many as the times through the data need."""
    if settings.steps:
        return settings.steps
    return max(1, round(settings.epochs * steps_per_epoch(examples, settings)))


def check_interval(steps: int, settings: TrainSettings) -> int:
    """Steps between two measurements of validation: chosen, or about twenty in the run and not closer than five."""
    return settings.evaluate_every or max(CHECK_SPACING, steps // CHECKS)


def warmup_steps(steps: int, settings: TrainSettings) -> int:
    """Steps during which the step size rises."""
    return round(steps * settings.warmup)


def learning_rate_at(step: int, steps: int, settings: TrainSettings) -> float:
    """The step size of step `step` (counted from 1) of `steps`.

    It rises linearly to `learning_rate` during the warm-up and then falls to zero in a line or half a cosine
    (Loshchilov and Hutter, 2017), or stays. The last step still has a little left, so that none is wasted.
    """
    warmup = warmup_steps(steps, settings)
    if step <= warmup:
        return settings.learning_rate * step / (warmup + 1)
    share = (step - warmup - 1) / max(1, steps - warmup)
    if settings.schedule == "linear":
        return settings.learning_rate * (1.0 - share)
    if settings.schedule == "cosine":
        return settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * share))
    return settings.learning_rate
