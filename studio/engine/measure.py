"""Measuring a model on examples, without changing anything about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from studio.api import Batch, Objective, Prediction, Scorer, Settings
from studio.engine.batches import Layout, Portions, lay_out
from studio.engine.dealing import turns
from studio.engine.examples import Examples
from studio.engine.failures import does_not_fit
from studio.engine.group import ALONE, Group
from studio.engine.memory import is_out_of_memory
from studio.engine.precision import Precision
from studio.plugins import metrics


def at_once(work: Callable[[], Any]) -> Any:
    """Do something with a model that is whole."""
    return work()


class Measuring(NamedTuple):
    """How a model is measured: with which objective and its settings, scorer, layout, split and number format.
    `longest` is how many tokens a text may have. `run` does what needs the model's weights together, and `even` says
    that all processes of the group must do so equally often."""

    objective: Objective[Settings]
    choices: Settings
    scorer: Scorer
    layout: Layout
    portions: Portions
    precision: Precision
    longest: int
    group: Group = ALONE
    run: Callable[[Callable[[], Any]], Any] = at_once
    even: bool = False


def look_ahead(
    model: Any, examples: Examples, how: Measuring, beginning: Callable[[int], None] = lambda size: None
) -> Mapping[str, Any]:
    """What all losses of these examples need, where the objective wants to know it beforehand. `beginning` hears of
    each portion's size before it is computed."""
    if not how.objective.exchanges or not len(examples):
        return {}
    exchanged = examples.exchanged(how.longest)

    def batches() -> Iterator[Batch]:
        for portion in how.portions.split(range(len(exchanged)), exchanged.costs):
            beginning(len(portion))
            yield lay_out(exchanged, portion, how.layout)

    training = model.training
    model.eval()
    try:
        with torch.no_grad(), how.precision.compute():
            return how.run(lambda: how.objective.look_ahead(model, batches(), how.scorer, how.choices))
    finally:
        model.train(training)


def measure(
    model: Any, examples: Examples, how: Measuring, between: Callable[[], None] = lambda: None
) -> list[Prediction]:
    """What the model does with each example, in order. `between` runs before each portion. What does not fit the memory
    is measured again in smaller portions."""
    training = model.training
    model.eval()
    try:
        while True:
            predictions, too_large = _predictions(model, examples, how, between)
            if not too_large:
                return predictions
            smaller = how.portions.halved(too_large)
            if smaller is None:
                raise does_not_fit(0)
            how = how._replace(portions=smaller)
    finally:
        model.train(training)


@torch.no_grad()
def _predictions(
    model: Any, examples: Examples, how: Measuring, between: Callable[[], None]
) -> tuple[list[Prediction], int]:
    """(what was found, 0), or the size of the portion that did not fit."""
    found: dict[int, Prediction] = {}
    largest = 1

    def beginning(size: int) -> None:
        nonlocal largest
        between()
        largest = size

    try:
        known = look_ahead(model, examples, how, beginning)
        for turn in turns(how.portions, how.group, examples.costs, even=how.even):
            beginning(len(turn.places))
            batch = lay_out(examples, turn.places, how.layout)
            batch.extra.update(known)
            with how.precision.compute():
                each = how.run(partial(how.objective.predict, model, batch, how.scorer, how.choices))
            found.update(zip(turn.places, each, strict=True) if turn.counts else ())
    except Exception as error:
        # What is done in smaller portions takes more passes, which others would have to make too.
        if how.even or not is_out_of_memory(error):
            raise
        return [], largest
    everything = how.group.gathered(found)
    return [everything[number] for number in range(len(examples))], 0


def scores(objective: Objective[Settings], predictions: Sequence[Prediction]) -> dict[str, float | None]:
    """The objective's metrics: always loss and perplexity, which is None where the model does not give words."""
    found: dict[str, float | None] = {"loss": mean_loss(predictions), "perplexity": None}
    for id in objective.metrics if predictions else ():
        metric = metrics()[id]
        found |= metric.score(predictions, metric.settings({}))
    return found


def mean_loss(predictions: Sequence[Prediction]) -> float | None:
    """Nats per taught token over all examples; None when there is nothing, or nothing finite, to speak of."""
    units = sum(prediction.units for prediction in predictions)
    loss = sum(prediction.loss for prediction in predictions)
    return loss / units if units and math.isfinite(loss) else None


def perplexity(loss: float | None) -> float | None:
    """e to the loss: among how many tokens the model wavers. None when not measured or beyond all numbers."""
    return math.exp(loss) if loss is not None and loss < 700 else None
