"""Scoring only what is taught.

Hidden states are gathered at the taught positions before the output head, and the cross-entropy is computed in
chunks, so that the logits of a whole batch never exist. The gradient of each chunk is computed while its logits are
at hand; nothing of vocabulary size is kept.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

CHUNK_NUMBERS = 4_000_000
CHUNK_NUMBERS_CUDA = 64_000_000
"""Logits held at a time: 16 MB of float32 on the processor, whose caches are small; 256 MB on a graphics card, which
wants much work at once."""


def head_losses(head: nn.Module, hidden: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    """Cross-entropy of each row of `hidden` (rows, width) under the output head, in chunks. `smoothing` is the share of
    certainty that is left to all tokens alike (Szegedy et al., 2016)."""
    head = active_head(head)
    if type(head) is nn.Linear:
        graph = torch.is_grad_enabled()
        losses: torch.Tensor = LinearCrossEntropy.apply(hidden, head.weight, head.bias, (targets, smoothing), graph)  # type: ignore
        return losses
    rows = chunk_rows(getattr(head, "out_features", 32_000), hidden.device.type)
    parts = zip(hidden.split(rows), targets.split(rows), strict=True)
    return (
        torch.cat([_chunk_losses(head, *part, smoothing) for part in parts])
        if len(hidden)
        else hidden.new_zeros(0).float()
    )


def active_head(head: nn.Module) -> nn.Module:
    """A head that is trained as a copy: the copy in use."""
    copies, name = getattr(head, "modules_to_save", None), getattr(head, "active_adapters", None)
    if copies is None or not name or getattr(head, "disable_adapters", False):
        return head
    return copies[name[0]]


def _chunk_losses(head: nn.Module, hidden: torch.Tensor, targets: torch.Tensor, smoothing: float) -> torch.Tensor:
    """One chunk under a head of more than one matrix; its logits are computed again for the gradient."""

    def losses(part: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(head(part).float(), targets, reduction="none", label_smoothing=smoothing)

    return checkpoint(losses, hidden, use_reentrant=False) if torch.is_grad_enabled() else losses(hidden)  # type: ignore


def chunk_rows(vocabulary: int, device: str) -> int:
    """How many positions are scored at a time."""
    numbers = CHUNK_NUMBERS_CUDA if device == "cuda" else CHUNK_NUMBERS
    return max(16, numbers // vocabulary)


Goal = tuple[torch.Tensor, float]
"""What is taught: the target of each row, and the smoothing."""


class LinearCrossEntropy(torch.autograd.Function):
    """Cross-entropy of a linear head, chunk by chunk.

    The gradient of token i's loss with respect to its hidden state is (softmax_i − wanted_i) · W, whatever the loss
    is later multiplied with; wanted_i is all at its target, but for the smoothing spread over all tokens. So it is
    computed with the loss, while the chunk's softmax exists. The gradient of W sums over tokens and so depends on those
    factors: it is computed for factor 1, scaled when all factors are equal (a sum or a mean), and computed anew
    otherwise.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        goal: Goal,
        graph: bool,
    ) -> torch.Tensor:
        """Losses in float32, shape (rows,)."""
        wanted = [needed and graph for needed in ctx.needs_input_grad[:3]]
        ctx.compute = torch.get_autocast_dtype(hidden.device.type) if _autocast(hidden) else weight.dtype
        ctx.save_for_backward(hidden, weight, bias, goal[0])
        ctx.smoothing = goal[1]
        losses, ctx.grads = _pass(hidden, (weight, bias), goal, ctx.compute, wanted, None)
        return losses

    @staticmethod
    def backward(ctx: Any, factors: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        """Scale what was computed with the losses."""
        hidden, weight, bias, targets = ctx.saved_tensors
        if ctx.grads is None:
            raise RuntimeError("the gradient of these losses was already used")
        by_hidden, by_weight, by_bias = ctx.grads
        ctx.grads = None
        if by_hidden is not None:
            by_hidden = by_hidden * factors[:, None].to(by_hidden.dtype)
        if by_weight is not None or by_bias is not None:
            if len(factors) and not bool((factors == factors[0]).all()):
                wanted = [False, by_weight is not None, by_bias is not None]
                goal = (targets, ctx.smoothing)
                _, (_, by_weight, by_bias) = _pass(hidden, (weight, bias), goal, ctx.compute, wanted, factors)
            elif len(factors):
                by_weight = None if by_weight is None else by_weight.mul_(factors[0])
                by_bias = None if by_bias is None else by_bias.mul_(factors[0])
        return by_hidden, _as(by_weight, weight), _as(by_bias, bias), None, None


Grads = tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None]


def _pass(
    hidden: torch.Tensor,
    head: tuple[torch.Tensor, torch.Tensor | None],
    goal: Goal,
    compute: torch.dtype,
    wanted: list[bool],
    factors: torch.Tensor | None,
) -> tuple[torch.Tensor, Grads]:
    """Losses and the wanted gradients (of hidden, weight, bias), each token's loss times its factor."""
    targets, smoothing = goal
    with torch.autocast(hidden.device.type, enabled=False):
        weight = head[0].to(compute)
        offset = None if head[1] is None else head[1].to(compute)
        losses = torch.empty(len(hidden), dtype=torch.float32, device=hidden.device)
        by_hidden = torch.empty_like(hidden) if wanted[0] else None
        by_weight = torch.zeros_like(weight, dtype=torch.float32) if wanted[1] else None
        by_bias = torch.zeros_like(offset, dtype=torch.float32) if wanted[2] and offset is not None else None
        rows = chunk_rows(len(weight), hidden.device.type)
        for start in range(0, len(hidden), rows):
            part = slice(start, start + rows)
            chunk, target = hidden[part].to(compute), targets[part, None]
            logits = F.linear(chunk, weight, offset).float()
            likely = _mean_wanted(logits, target, smoothing)
            top = logits.amax(-1, keepdim=True)
            shares = logits.sub_(top).exp_()
            total = shares.sum(-1, keepdim=True)
            losses[part] = (total.log() + top - likely)[:, 0]
            if not any(wanted):
                continue
            error = shares.div_(total).scatter_add_(1, target, torch.full_like(total, smoothing - 1.0))
            if smoothing:
                error.sub_(smoothing / len(weight))
            if factors is not None:
                error.mul_(factors[part, None])
            if by_bias is not None:
                by_bias += error.sum(0)
            error = error.to(compute)
            if by_hidden is not None:
                by_hidden[part] = error @ weight
            if by_weight is not None:
                _add_product(by_weight, error, chunk)
    return losses, (by_hidden, by_weight, by_bias)


def _mean_wanted(logits: torch.Tensor, target: torch.Tensor, smoothing: float) -> torch.Tensor:
    """The logit at the target, and by the smoothing's share the mean of all; (rows, 1)."""
    wanted = logits.gather(1, target)
    if smoothing:
        wanted = wanted.mul_(1.0 - smoothing).add_(logits.mean(-1, keepdim=True), alpha=smoothing)
    return wanted


def _add_product(total: torch.Tensor, error: torch.Tensor, chunk: torch.Tensor) -> None:
    """total += errorᵀ · chunk, in place where the formats agree."""
    if error.dtype == total.dtype:
        total.addmm_(error.T, chunk)
    else:
        total += error.T @ chunk


def _autocast(hidden: torch.Tensor) -> bool:
    return torch.is_autocast_enabled(hidden.device.type)


def _as(grad: torch.Tensor | None, like: torch.Tensor | None) -> torch.Tensor | None:
    return grad if grad is None or like is None else grad.to(like.dtype)
