"""Measuring a model on examples, without changing anything about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from studio.api import Prediction, Scorer
from studio.engine.batches import Portions, lay_out
from studio.engine.examples import Examples
from studio.engine.failures import does_not_fit
from studio.engine.memory import is_out_of_memory
from studio.engine.precision import Precision


def measure(
    model: Any,
    examples: Examples,
    scorer: Scorer,
    portions: Portions,
    precision: Precision,
    between: Callable[[], None] = lambda: None,
) -> list[Prediction]:
    """Loss and taught tokens of each example, in order. `between` runs before each portion. What does not fit the
    memory is measured again in smaller portions."""
    training = model.training
    model.eval()
    try:
        while True:
            losses, too_large = _losses(model, examples, scorer, (portions, precision), between)
            if not too_large:
                break
            smaller = portions.halved(too_large)
            if smaller is None:
                raise does_not_fit(0)
            portions = smaller
    finally:
        model.train(training)
    return [Prediction(float(loss), int(units)) for loss, units in zip(losses, examples.units, strict=True)]


@torch.no_grad()
def _losses(
    model: Any, examples: Examples, scorer: Scorer, how: tuple[Portions, Precision], between: Callable[[], None]
) -> tuple[torch.Tensor, int]:
    """(summed loss of each example, 0), or the size of the portion that did not fit."""
    portions, precision = how
    losses = torch.zeros(len(examples), dtype=torch.float64)
    for portion in portions.split(range(len(examples)), examples.lengths):
        between()
        batch = lay_out(examples, portion, precision.device, portions.packing)
        try:
            with precision.compute():
                each = scorer.losses(model, batch)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return losses, len(portion)
        owners = batch.segments[batch.targets != -100]
        sums = torch.zeros(len(portion), dtype=torch.float64, device=owners.device)
        losses[portion] = sums.index_add_(0, owners, each.double()).cpu()
    return losses, 0


def mean_loss(predictions: Sequence[Prediction]) -> float | None:
    """Nats per taught token over all examples; None when there is nothing, or nothing finite, to speak of."""
    units = sum(prediction.units for prediction in predictions)
    loss = sum(prediction.loss for prediction in predictions)
    return loss / units if units and math.isfinite(loss) else None


def perplexity(loss: float | None) -> float | None:
    """e to the loss: among how many tokens the model wavers. None when not measured or beyond all numbers."""
    return math.exp(loss) if loss is not None and loss < 700 else None
