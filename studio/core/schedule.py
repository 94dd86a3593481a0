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

    It rises linearly to `learning_rate` during the warm-up and then follows the schedule. The last step still has a
    little left, so that none is wasted.
    """
    warmup = warmup_steps(steps, settings)
    if step <= warmup:
        return settings.learning_rate * step / (warmup + 1)
    return settings.learning_rate * _height(step - warmup - 1, max(1, steps - warmup), settings)


def _height(taken: int, steps: int, settings: TrainSettings) -> float:
    """What is left of the step size after so many of the steps that follow the warm-up, 1 to 0: falling in a line, in
    half a cosine or in several (Loshchilov and Hutter, 2017), staying, or staying and then falling like 1 − √share
    (Hägele et al., 2024)."""
    share = taken / steps
    if settings.schedule == "linear":
        return 1.0 - share
    if settings.schedule == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * share))
    if settings.schedule == "restarts":
        return 0.5 * (1.0 + math.cos(math.pi * (taken * settings.cycles % steps / steps)))
    if settings.schedule == "wsd":
        falling = max(1, round(steps * settings.cooldown))
        fallen = max(0.0, taken - (steps - falling)) / falling
        return 1.0 - math.sqrt(fallen)
    return 1.0
