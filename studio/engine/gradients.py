"""The gradient of one step, portion by portion."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch

from studio.api import Batch
from studio.engine.batches import examples_of_step, lay_out
from studio.engine.dealing import turns
from studio.engine.measure import look_ahead
from studio.engine.parts import Parts
from studio.engine.regularisers import noise_on_words


class Taken(NamedTuple):
    """What one step computed before the weights moved; `distance` is how far it is from what was said before, where
    the step looked back."""

    loss: float
    tokens: int
    distance: float | None = None


def gradients(parts: Parts, beginning: Callable[[int], None]) -> Taken:
    """Add up the gradient of the next step's mean loss. Each loss is divided by the taught tokens of the whole step, so
    that portions of any size add up to the same. `beginning` hears of each portion's size before it is computed."""
    step = parts.progress.step
    examples = parts.drawn(examples_of_step(step, len(parts.train), parts.settings), step)
    units = max(1, int(examples.units.sum()))
    torch.manual_seed(parts.settings.seed * 1_000_003 + step)
    parts.model.train()
    parts.optimizer.zero_grad(set_to_none=True)
    known = look_ahead(parts.model, examples, parts.measuring, beginning)
    losses, tokens, distance, looks_back = [], 0, 0.0, parts.looks_back(step)
    mine = turns(parts.portions, parts.group, examples.costs, even=parts.shards is not None)
    for number, turn in enumerate(mine, 1):
        beginning(len(turn.places))
        if parts.shards:
            parts.shards.begin_portion(last=number == len(mine))
        batch = lay_out(examples, turn.places, parts.layout)
        batch.extra.update(known)
        batch.smoothing = parts.smoothing
        noise = noise_on_words(parts.model, batch, parts.settings.noise, (parts.settings.seed, step))
        with parts.precision.compute(), noise:
            loss = parts.run(partial(parts.objective.loss, parts.model, batch, parts.scorer, parts.job.choices)) / units
        loss = loss if turn.counts else loss * 0.0
        parts.scaler.scaled(loss).backward()
        losses.append(loss.detach())
        if looks_back:
            distance += _hold_on(parts, batch, turn.counts / max(1, examples.taught))
        tokens += batch.tokens * turn.counts
    if parts.shards is None:
        parts.group.sum_gradients(parts.weights.values())
    whole, read, gone = parts.group.sums(float(torch.stack(losses).sum()) if losses else 0.0, tokens, distance)
    return Taken(whole, int(read), gone if looks_back else None)


def _hold_on(parts: Parts, batch: Batch, share: float) -> float:
    """Add the gradient of how far the model is from what it said before training; each taught token has this share."""
    with parts.precision.compute():
        distance = parts.run(partial(parts.scorer.distance, parts.model, batch)) * share
    parts.scaler.scaled(parts.settings.kl * distance).backward()
    return float(distance.detach())
