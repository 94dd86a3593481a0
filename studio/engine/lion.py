"""Lion (Chen et al., 2023): only the sign of a running average of gradients moves the weights.

It keeps one number per weight where AdamW keeps two. Every weight moves by the whole step size, so step sizes are three
to ten times smaller than AdamW's, and weight decay as much larger.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch


class Lion(torch.optim.Optimizer):
    """`betas`: how much of the average counts in a step, and how much of it is kept for the next."""

    def __init__(
        self,
        groups: Iterable[Any],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group)

    def _move(self, weight: torch.Tensor, gradient: torch.Tensor, group: dict[str, Any]) -> None:
        """w ← w − lr (sign(β₁ m + (1 − β₁) g) + λ w), then m ← β₂ m + (1 − β₂) g."""
        state = self.state[weight]
        if not state:
            state["exp_avg"] = torch.zeros_like(weight)
        average, (now, later) = state["exp_avg"], group["betas"]
        weight.mul_(1.0 - group["lr"] * group["weight_decay"])
        weight.add_(torch.lerp(gradient, average, now).sign_(), alpha=-group["lr"])
        average.lerp_(gradient, 1.0 - later)
