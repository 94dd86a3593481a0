"""Tensors of which each process of a run holds a part: put together for a save point, and taken apart again.

A part is what torch's `DTensor` makes of a tensor: its rows in as many chunks as there are processes. Tensors that are
whole go through here as they are, so that nobody needs to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


def is_spread(tensor: Any) -> bool:
    """Whether this process holds only a part of a tensor."""
    return hasattr(tensor, "full_tensor")


def local(tensor: Any) -> torch.Tensor:
    """What this process holds of a tensor; writing into it writes into the tensor."""
    return tensor.to_local() if is_spread(tensor) else tensor


@torch.no_grad()
def whole(tensors: Mapping[str, Any], *, keep: bool = True) -> dict[str, torch.Tensor]:
    """Named tensors in one piece, on the processor. Every process calls this alike and gives its parts; those that do
    not `keep` anything get nothing."""
    found = {}
    for name, tensor in tensors.items():
        full = tensor.full_tensor() if is_spread(tensor) else tensor
        if keep:
            found[name] = full.detach().cpu()
    return found


@torch.no_grad()
def fill(tensor: Any, value: torch.Tensor) -> None:
    """Copy a whole value into a tensor, or its part into the part that is here."""
    if is_spread(tensor):
        mesh = tensor.device_mesh
        chunks = value.chunk(mesh.size())
        rank = mesh.get_local_rank()
        value = chunks[rank] if rank < len(chunks) else value[:0]
    local(tensor).copy_(value)


def beside(weight: Any, value: torch.Tensor) -> Any:
    """A whole value where its weight is: on its device, and spread as the weight is if it has the weight's shape."""
    if not is_spread(weight) or value.shape != weight.shape:
        return value.to(weight.device)
    spread = torch.empty_like(weight, dtype=value.dtype, requires_grad=False)
    fill(spread, value)
    return spread
