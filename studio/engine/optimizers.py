"""The optimizer, and its state as named tensors (never a pickle)."""

from __future__ import annotations

from typing import Any

import torch

from studio.core.problem import StudioError
from studio.core.train_settings import TrainSettings
from studio.engine.lion import Lion
from studio.engine.muon import MuonAndAdamW, inner_matrices
from studio.engine.rates import factors_of
from studio.engine.spreading import beside

BETAS = (0.9, 0.999)
EPSILON = 1e-8
SHARED = ("qmap1", "qmap2")
"""The tables of an 8-bit optimizer's formats: the same for all weights, and made anew each time."""


def choose_optimizer(
    model: Any, weights: dict[str, torch.nn.Parameter], settings: TrainSettings, rates: dict[str, float] | None = None
) -> torch.optim.Optimizer:
    """The optimizer that was asked for. `rates` are a method's own factors of the step size, by a weight's name."""
    factors = factors_of(model, weights, settings, rates or {})
    if settings.optimizer == "muon":
        inner = inner_matrices(model, weights)
        matrices = {name: weight for name, weight in weights.items() if name in inner}
        others = {name: weight for name, weight in weights.items() if name not in inner}
        grouped = grouped_weights(matrices, settings, factors), grouped_weights(others, settings, factors)
        return MuonAndAdamW(*grouped, lr=settings.learning_rate, betas=BETAS, eps=EPSILON, fused=True)
    groups = grouped_weights(weights, settings, factors)
    if settings.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=settings.momentum)
    if settings.optimizer == "lion":
        return Lion(groups, lr=settings.learning_rate)
    if settings.optimizer == "adafactor":
        return _adafactor(groups, settings.learning_rate)
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=BETAS, eps=EPSILON, fused=True)
    return _of_bitsandbytes(settings.optimizer)(groups, lr=settings.learning_rate, betas=BETAS, eps=EPSILON)


def _adafactor(groups: list[dict[str, Any]], learning_rate: float) -> torch.optim.Optimizer:
    """Adafactor (Shazeer and Stern, 2018) with the step size taken as it is: torch's own measures it by the size of a
    weight, and so hardly moves additions that begin with nothing."""
    from transformers.optimization import Adafactor

    return Adafactor(groups, lr=learning_rate, scale_parameter=False, relative_step=False)


def _of_bitsandbytes(name: str) -> Any:
    """AdamW that remembers in 8 bits, or one whose memory makes room on the card when that runs short."""
    try:
        from bitsandbytes.optim.adamw import AdamW8bit, PagedAdamW
    except (ImportError, OSError, RuntimeError) as error:
        raise StudioError(
            "no-bitsandbytes",
            "The part that keeps an optimizer small on a graphics card is not installed, or does not open.",
            data="Nothing was changed.",
            remedy="Choose “AdamW” or “Adafactor” as the optimizer.",
        ) from error
    return AdamW8bit if name == "adamw-8bit" else PagedAdamW


def grouped_weights(
    weights: dict[str, torch.nn.Parameter], settings: TrainSettings, factors: dict[str, float]
) -> list[dict[str, Any]]:
    """Weights with the same step size and decay together. Norms and biases, all with one dimension, are not pulled to
    zero (Loshchilov and Hutter, 2019)."""
    groups: dict[tuple[float, bool], dict[str, Any]] = {}
    for decays in (True, False):
        for name, weight in weights.items():
            if (weight.ndim >= 2) == decays:
                factor = factors.get(name, 1.0)
                decay = settings.weight_decay if decays else 0.0
                made = groups.setdefault((factor, decays), {"params": [], "weight_decay": decay, "factor": factor})
                made["params"].append(weight)
    return list(groups.values())


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Use this step size for the next step; each group has its own share of it."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["factor"]


def optimizer_tensors(optimizer: torch.optim.Optimizer, weights: dict[str, torch.nn.Parameter]) -> dict[str, Any]:
    """The optimizer's memory as `<part>:<weight's name>`; empty before the first step."""
    state = optimizer.state
    return {
        f"{part}:{name}": kept if torch.is_tensor(kept) else torch.tensor(kept)
        for name, weight in weights.items()
        if weight in state
        for part, kept in state[weight].items()
        if kept is not None and part not in SHARED
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, weights: dict[str, torch.nn.Parameter], tensors: dict[str, torch.Tensor]
) -> None:
    """Put the optimizer's memory back."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        part, _, name = key.partition(":")
        found.setdefault(name, {})[part] = tensor
    if hasattr(optimizer, "init_state"):
        _restore_bitsandbytes(optimizer, {id(weights[name]): parts for name, parts in found.items()})
        return
    for name, parts in found.items():
        weight = weights[name]
        optimizer.state[weight] = {part: _told(tensor, weight) for part, tensor in parts.items()}


def _told(kept: torch.Tensor, weight: torch.Tensor) -> torch.Tensor | int:
    """What was kept, beside its weight; counts that were plain numbers are plain numbers again."""
    return int(kept) if kept.dtype == torch.int64 else beside(weight, kept)


def _restore_bitsandbytes(optimizer: Any, found: dict[int, dict[str, torch.Tensor]]) -> None:
    """Its state is made by itself first: where it lies, in the card's memory or beside it, is its own business."""
    for g, group in enumerate(optimizer.param_groups):
        for p, weight in enumerate(group["params"]):
            if id(weight) not in found:
                continue
            optimizer.init_state(group, weight, g, p)
            state = optimizer.state[weight]
            for part, tensor in found[id(weight)].items():
                if torch.is_tensor(state[part]):
                    state[part].copy_(tensor)
                else:
                    state[part] = tensor.item()
