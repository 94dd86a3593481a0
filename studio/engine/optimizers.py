"""The optimizer, and its state as named tensors (never a pickle)."""

from __future__ import annotations

from typing import Any

import torch

from studio.core.config import TrainSettings

BETAS = (0.9, 0.999)
EPSILON = 1e-8
PARTS = ("step", "exp_avg", "exp_avg_sq")


def adamw(weights: dict[str, torch.nn.Parameter], settings: TrainSettings) -> torch.optim.AdamW:
    """Fused AdamW (Loshchilov and Hutter, 2019). Norms and biases, all with one dimension, are not pulled to zero."""
    groups = [
        {"params": [w for w in weights.values() if w.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [w for w in weights.values() if w.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=BETAS, eps=EPSILON, fused=True)


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Use this step size for the next step."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def optimizer_tensors(optimizer: torch.optim.Optimizer, weights: dict[str, torch.nn.Parameter]) -> dict[str, Any]:
    """The optimizer's memory as `<part>:<weight's name>`; empty before the first step."""
    state = optimizer.state
    return {f"{part}:{name}": state[w][part] for name, w in weights.items() if w in state for part in PARTS}


def restore_optimizer(
    optimizer: torch.optim.Optimizer, weights: dict[str, torch.nn.Parameter], tensors: dict[str, torch.Tensor]
) -> None:
    """Put the optimizer's memory back."""
    for name, weight in weights.items():
        if f"step:{name}" in tensors:
            optimizer.state[weight] = {part: tensors[f"{part}:{name}"].to(weight.device) for part in PARTS}
