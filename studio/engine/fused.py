"""LoRA beside a frozen product, in fewer passes over memory.

An addition computes y = x Wᵀ + s · (x Aᵀ) Bᵀ. Done step by step this writes four arrays of the size of y; here the
second product is added in place to the first, forward and backward, and nothing but x and the narrow x Aᵀ is kept. The
gradients are those of the same formula:

    dA = s · (dy B)ᵀ x,   dB = s · dyᵀ (x Aᵀ),   dx = dy W + s · (dy B) A.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Frozen = tuple[torch.Tensor, torch.Tensor | None]
"""A weight and its offset, neither of which trains."""


class LoraProduct(torch.autograd.Function):
    """x Wᵀ + bias + s · (x Aᵀ) Bᵀ, for a frozen W. Shapes: x (…, in), W (out, in), A (rank, in), B (out, rank)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, frozen: Frozen, a: torch.Tensor, b: torch.Tensor, s: float) -> torch.Tensor:
        """y, (…, out), in the format that the product of x and W has by itself."""
        weight, bias = frozen
        compute = torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else weight.dtype
        with torch.autocast(x.device.type, enabled=False):
            flat = x.reshape(-1, x.shape[-1]).to(compute)
            low = flat @ a.to(compute).T
            y = F.linear(flat, weight.to(compute), None if bias is None else bias.to(compute))
            y.addmm_(low, b.to(compute).T, alpha=s)
        ctx.save_for_backward(flat, low, a, b)
        ctx.weight, ctx.scale, ctx.shape, ctx.dtype = weight, s, x.shape, x.dtype
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, given: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        """Gradients of x, A and B."""
        flat, low, a, b = ctx.saved_tensors
        compute = flat.dtype
        with torch.autocast(given.device.type, enabled=False):
            dy = given.reshape(-1, given.shape[-1]).to(compute)
            narrow = dy @ b.to(compute)
            # This way round the product is twice as fast in bf16.
            by_a = torch.mm(flat.T, narrow).T.to(a.dtype).mul(ctx.scale) if ctx.needs_input_grad[2] else None
            by_b = torch.mm(dy.T, low).to(b.dtype).mul_(ctx.scale) if ctx.needs_input_grad[3] else None
            by_x = None
            if ctx.needs_input_grad[0]:
                by_x = torch.mm(dy, ctx.weight.to(compute)).addmm_(narrow, a.to(compute), alpha=ctx.scale)
                by_x = by_x.view(ctx.shape).to(ctx.dtype)
        return by_x, None, by_a, by_b, None


def fuse(model: Any) -> int:
    """Let every plain LoRA addition of a model compute in place; how many do. What is not plain (DoRA, dropout,
    quantized or trained base weights, several adapters at once) stays with peft."""
    count = 0
    for module in model.modules():
        if _is_plain(module):
            module.forward = MethodType(_forward, module)
            count += 1
    return count


def _is_plain(module: nn.Module) -> bool:
    from peft.tuners.lora.layer import Linear

    if type(module) is not Linear or type(module.base_layer) is not nn.Linear:
        return False
    names = list(module.lora_A)
    frozen = not any(weight.requires_grad for weight in module.base_layer.parameters())
    return frozen and len(names) == 1 and _adds_only_a_product(module, names[0])


def _adds_only_a_product(module: Any, name: str) -> bool:
    dropless = isinstance(module.lora_dropout[name], nn.Identity)
    unbiased = module.lora_A[name].bias is None and module.lora_B[name].bias is None
    return dropless and unbiased and name not in module.lora_variant and not module.fan_in_fan_out


def _forward(self: Any, x: torch.Tensor, *given: Any, **named: Any) -> torch.Tensor:
    """In the place of peft's own, which answers where the addition is switched off, merged, or asked for otherwise."""
    names = self.active_adapters
    if given or named or self.disable_adapters or self.merged or len(names) != 1 or names[0] not in self.lora_A:
        return type(self).forward(self, x, *given, **named)
    name = names[0]
    base = (self.base_layer.weight, self.base_layer.bias)
    return LoraProduct.apply(x, base, self.lora_A[name].weight, self.lora_B[name].weight, self.scaling[name])  # type: ignore[return-value]
