"""Additions that begin with directions of the model's own tables: PiSSA (Meng et al., 2024), OLoRA (Büyükakyüz, 2024).

Both begin with B0·A0 taken out of each table W and put into the addition, so that W + s·(B·A − B0·A0) is the model from
the first step on. Published versions write the rest back into W. Here W stays as it is and −B0·A0 is a second, frozen
addition: switching additions off then gives the base model exactly, at any precision, and the two are written as one
addition of twice the size, which any program that knows LoRA can read.
"""

from __future__ import annotations

import copy
from typing import Any

from studio.builtin.methods.lora_layers import TRAINED, add_frozen, additions_in

NAME = "start"
EXACT_UP_TO = 1024
"""Tables up to this size are decomposed exactly; larger ones by sampling (Halko et al., 2011), which is much faster."""


def begin_with(model: Any, kind: str) -> None:
    """Give a freshly attached LoRA model its start."""
    import torch

    config = copy.deepcopy(model.peft_config[TRAINED])
    config.modules_to_save = None
    config.lora_dropout = 0.0
    add_frozen(model, NAME, config)
    for layer in additions_in(model).values():
        scale = layer.scaling[TRAINED]
        with torch.no_grad():
            first, second = _directions(_table(layer), layer.r[TRAINED], kind, scale)
            for name, sign in ((TRAINED, 1.0), (NAME, -1.0)):
                layer.lora_A[name].weight.copy_(first)
                layer.lora_B[name].weight.copy_(second * sign)


def _table(layer: Any) -> Any:
    """The layer's weight as (outputs, inputs), in float32; a compressed one as it computes."""
    base = layer.get_base_layer()
    weight = base.weight.detach()
    kind = type(base).__name__
    # peft's own way of reading an 8-bit table loses its scales on the processor.
    if kind == "Linear8bitLt":
        from bitsandbytes.functional import int8_vectorwise_dequant

        scales = base.state.SCB if base.state.SCB is not None else base.weight.SCB
        weight = int8_vectorwise_dequant(weight, scales)
    elif kind == "Linear4bit":
        from bitsandbytes.functional import dequantize_4bit

        weight = dequantize_4bit(weight, base.weight.quant_state)
    weight = weight.float()
    return weight.T if layer.fan_in_fan_out else weight


def _directions(weight: Any, rank: int, kind: str, scale: float) -> tuple[Any, Any]:
    """A0 (rank, inputs) and B0 (outputs, rank) with scale · B0·A0 close to the weight."""
    import torch

    if kind == "olora":
        along, rest = torch.linalg.qr(weight)
        return rest[:rank] / scale**0.5, along[:, :rank] / scale**0.5
    if min(weight.shape) <= EXACT_UP_TO:
        left, strength, right = torch.linalg.svd(weight, full_matrices=False)
        left, strength, right = left[:, :rank], strength[:rank], right[:rank]
    else:
        left, strength, right = torch.svd_lowrank(weight, q=rank, niter=16)
        right = right.T
    root = (strength / scale).sqrt()
    return root[:, None] * right, left * root
