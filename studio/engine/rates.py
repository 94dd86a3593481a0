"""Which weights take larger or smaller steps than the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from studio.core import modules
from studio.core.train_settings import TrainSettings


def factors_of(
    model: Any, weights: Iterable[str], settings: TrainSettings, rates: Mapping[str, float]
) -> dict[str, float]:
    """By which factor of the usual step size each weight moves: the method's own, times that of its depth."""
    depths = depths_of(model, weights) if settings.layer_decay != 1.0 else {}
    return {name: rates.get(name, 1.0) * settings.layer_decay ** depths.get(name, 0) for name in weights}


def depths_of(model: Any, weights: Iterable[str]) -> dict[str, int]:
    """How many layers lie between each weight and the output: 0 for the head, 1 for the last layer, one more than there
    are layers for what is looked up at the input. A stack's closing norm counts to its last layer."""
    depth_of: dict[int, int] = {}
    beneath = {id(weight) for part in _inputs(model) for weight in part.parameters()}
    depth = len(modules.layers_in(model))
    inputs = depth + 1
    for stack in modules.stacks_in(model):
        for layer in stack.layers:
            depth_of |= {id(weight): depth for weight in layer.parameters()}
            depth -= 1
        depth_of |= {id(weight): depth + 1 for part in stack.closing for weight in part.parameters()}
    named = dict(model.named_parameters())
    return {name: inputs if id(named[name]) in beneath else depth_of.get(id(named[name]), 0) for name in weights}


def _inputs(model: Any) -> Iterable[Any]:
    """What texts go through before the first layer: tables, and what belongs to them. A layer's own tables are none."""
    stacks = tuple(f"{stack.name}." for stack in modules.stacks_in(model))
    for name, part in model.named_modules():
        if not name.startswith(stacks) and (isinstance(part, torch.nn.Embedding) or "embed" in name.rpartition(".")[2]):
            yield part
