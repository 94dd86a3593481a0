"""Measuring a model on examples, without changing anything about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from studio.api import Prediction, Scorer
from studio.engine.batches import Portions, lay_out
from studio.engine.examples import Examples
from studio.engine.precision import Precision


@torch.no_grad()
def measure(
    model: Any,
    examples: Examples,
    scorer: Scorer,
    portions: Portions,
    precision: Precision,
    between: Callable[[], None] = lambda: None,
) -> list[Prediction]:
    """Loss and taught tokens of each example, in order. `between` runs before each portion."""
    losses = torch.zeros(len(examples), dtype=torch.float64)
    training = model.training
    model.eval()
    try:
        for portion in portions.split(range(len(examples)), examples.lengths):
            between()
            batch = lay_out(examples, portion, precision.device, portions.packing)
            with precision.compute():
                each = scorer.losses(model, batch)
            owners = batch.segments[batch.targets != -100]
            sums = torch.zeros(len(portion), dtype=torch.float64, device=owners.device)
            losses[portion] = sums.index_add_(0, owners, each.double()).cpu()
    finally:
        model.train(training)
    return [Prediction(float(loss), int(units)) for loss, units in zip(losses, examples.units, strict=True)]


def mean_loss(predictions: Sequence[Prediction]) -> float | None:
    """Nats per taught token over all examples; None when there is nothing, or nothing finite, to speak of."""
    units = sum(prediction.units for prediction in predictions)
    loss = sum(prediction.loss for prediction in predictions)
    return loss / units if units and math.isfinite(loss) else None


def perplexity(loss: float | None) -> float | None:
    """e to the loss: among how many tokens the model wavers. None when not measured or beyond all numbers."""
    return math.exp(loss) if loss is not None and loss < 700 else None
