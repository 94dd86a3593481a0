"""Muon for the matrices inside the layers, AdamW for all else, as one optimizer.

Muon (Jordan, 2024) makes the directions of a matrix's step equally strong. Its steps are scaled to the size of AdamW's
(Liu et al., 2025), so that both follow the same step size and the same weight decay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch

from studio.core import modules


class MuonAndAdamW(torch.optim.Optimizer):
    """`matrices` and `others` are groups of weights; either may be empty, not both."""

    def __init__(self, matrices: list[dict[str, Any]], others: list[dict[str, Any]], lr: float, **adamw: Any) -> None:
        super().__init__([*matrices, *others], {"lr": lr})
        self.state: defaultdict[torch.Tensor, Any] = defaultdict(dict)
        mine, theirs = self.param_groups[: len(matrices)], self.param_groups[len(matrices) :]
        muon = [torch.optim.Muon(mine, lr=lr, adjust_lr_fn="match_rms_adamw")] if mine else []
        plain = [torch.optim.AdamW(theirs, lr=lr, **adamw)] if theirs else []
        self._parts: list[torch.optim.Optimizer] = [*muon, *plain]
        for part in self._parts:
            part.state = self.state

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient. The groups are shared, so each part sees their step size."""
        for part in self._parts:
            part.step()


def inner_matrices(model: Any, weights: Mapping[str, torch.nn.Parameter]) -> set[str]:
    """The names of weights with two dimensions inside the layers; tables that are looked up are none."""
    stacks = tuple(f"{stack.name}." for stack in modules.stacks_in(model))
    tables = {id(part.weight) for part in model.modules() if isinstance(part, torch.nn.Embedding)}
    return {name for name, w in weights.items() if name.startswith(stacks) and w.ndim == 2 and id(w) not in tables}
