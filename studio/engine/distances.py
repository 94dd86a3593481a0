"""How far what a model says has gone from what it said before training: the Kullback-Leibler divergence over the whole
vocabulary, at each taught place, in chunks. As in `losses`, the gradient of a chunk is computed while its logits are at
hand, so that full logits never exist."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from studio.engine.losses import active_head, chunk_rows


class Said(NamedTuple):
    """What a model is about to say at some places: its hidden states there (places, width), and the output head."""

    hidden: torch.Tensor
    head: nn.Module


def distance(now: Said, was: Said) -> torch.Tensor:
    """Nats by which `now` misses what `was` said, Σ was · (log was − log now), summed over all places; differentiable
    in `now`."""
    head, before = active_head(now.head), _as_before(was.head)
    if type(head) is nn.Linear and type(before) is nn.Linear:
        graph = torch.is_grad_enabled()
        return LinearDistance.apply(now.hidden, head.weight, head.bias, was._replace(head=before), graph)  # type: ignore
    rows = chunk_rows(getattr(head, "out_features", 32_000), now.hidden.device.type)
    parts = zip(now.hidden.split(rows), was.hidden.split(rows), strict=True)
    return torch.stack([_chunk(head, before, *part) for part in parts]).sum()


def distance_of_logits(now: torch.Tensor, was: torch.Tensor) -> torch.Tensor:
    """The same from logits (places, vocabulary)."""
    return F.kl_div(now.float().log_softmax(-1), was.float().log_softmax(-1), log_target=True, reduction="sum")


def _as_before(head: nn.Module) -> nn.Module:
    """A head without what was added to it."""
    for name in ("original_module", "base_layer"):
        head = getattr(head, name, head)
    return head


def _chunk(head: nn.Module, before: nn.Module, now: torch.Tensor, was: torch.Tensor) -> torch.Tensor:
    """One chunk under a head of more than one matrix; its logits are computed again for the gradient."""

    def missed(part: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            said = before(was)
        return distance_of_logits(head(part), said)

    return checkpoint(missed, now, use_reentrant=False) if torch.is_grad_enabled() else missed(now)  # type: ignore


class LinearDistance(torch.autograd.Function):
    """The distance under linear heads. The gradient of a place's logits is now − was, as shares of one."""

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, was: Said, graph: bool
    ) -> torch.Tensor:
        """The sum over all places, float32."""
        wanted = [needed and graph for needed in ctx.needs_input_grad[:3]]
        kind = hidden.device.type
        compute = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype
        total, ctx.grads = _pass(hidden, (weight, bias), was, compute, wanted)
        return total

    @staticmethod
    def backward(ctx: Any, factor: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        """Scale what was computed with the distance."""
        return *(None if grad is None else grad.mul_(factor.to(grad.dtype)) for grad in ctx.grads), None, None


def _pass(
    hidden: torch.Tensor,
    own: tuple[torch.Tensor, torch.Tensor | None],
    was: Said,
    compute: torch.dtype,
    wanted: list[bool],
) -> tuple[torch.Tensor, list[torch.Tensor | None]]:
    """The distance and the wanted gradients of hidden states, weight and bias."""
    head: Any = was.head
    with torch.autocast(hidden.device.type, enabled=False), torch.no_grad():
        weight, offset = own[0].to(compute), None if own[1] is None else own[1].to(compute)
        before = head.weight.to(compute), None if head.bias is None else head.bias.to(compute)
        grads = [torch.zeros_like(hidden) if wanted[0] else None]
        grads += [torch.zeros_like(each, dtype=torch.float32) if wanted[1 + place] and each is not None else None
                  for place, each in enumerate((weight, offset))]  # fmt: skip
        total = torch.zeros((), device=hidden.device)
        rows = chunk_rows(len(weight), hidden.device.type)
        for start in range(0, len(hidden), rows):
            part = slice(start, start + rows)
            chunk = hidden[part].to(compute)
            says = F.linear(chunk, weight, offset).float().log_softmax(-1)
            said = F.linear(was.hidden[part].to(compute), *before).float().log_softmax(-1)
            shares = said.exp()
            total += (shares * (said - says)).sum()
            error = says.exp_().sub_(shares)
            by_hidden, by_weight, by_bias = grads
            if by_bias is not None:
                by_bias += error.sum(0)
            error = error.to(compute)
            if by_hidden is not None:
                by_hidden[part] = error @ weight
            if by_weight is not None:
                by_weight += error.T @ chunk
    return total, grads
