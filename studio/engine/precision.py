"""In which number format a run computes.

On a graphics card that has bf16, `auto` computes in bf16 with trained weights kept in float32, and keeps frozen
weights in bf16. On a processor with bf16 instructions `auto` computes wide models in bf16: measured on one core of
an EPYC, LoRA steps of a model of width 384 are 1.45 times as fast as in float32 and need two thirds of the memory;
at width 192 nothing is gained, so small models stay in float32.

fp16 is for cards without bf16. Its smallest numbers are not small enough for gradients, so the loss is scaled up before
they are computed (Micikevicius et al., 2018); see `Scaler`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

from studio.core.device import Device

WIDE = 320


@dataclass(frozen=True)
class Precision:
    """The number format of a run on its device. `frozen` is the format of weights that do not train."""

    name: Literal["bf16", "fp16", "fp32"]
    device: str

    @property
    def computed(self) -> torch.dtype:
        return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[self.name]

    @property
    def frozen(self) -> torch.dtype:
        return self.computed if self.device == "cuda" else torch.float32

    def compute(self) -> AbstractContextManager[object]:
        """A context in which the model computes in this format."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(self.device, self.computed)

    def answering(self) -> AbstractContextManager[object]:
        """A context for answering, one token at a time: weights are used as they are stored, for turning all of
        them to a shorter format at each token would cost more than it saves. Where frozen weights are stored in one
        beside trained ones in float32, the two must be brought together."""
        return nullcontext() if self.frozen == torch.float32 else self.compute()


def choose_precision(wanted: str, device: Device, width: int) -> Precision:
    """The format that was asked for, or the one that suits the device and a model of this width."""
    if wanted == "auto":
        wanted = "bf16" if device.bf16 and (device.kind == "cuda" or width >= WIDE) else "fp32"
    if wanted == "fp16" and device.kind == "cuda":
        return Precision("fp16", device.kind)
    return Precision("bf16" if wanted == "bf16" else "fp32", device.kind)


class Scaler:
    """Keeps the gradients of a run in fp16 within its numbers: the loss is multiplied by a scale, which doubles after
    many good steps and halves when gradients overflow. In other formats everything here does nothing."""

    def __init__(self, precision: Precision) -> None:
        self._scaler = torch.amp.GradScaler(precision.device, enabled=precision.name == "fp16")

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss to compute gradients of."""
        return self._scaler.scale(loss)

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Make the gradients what they are, once all of them are summed."""
        self._scaler.unscale_(optimizer)

    def overflowed(self) -> bool:
        """Whether the step must be left out because its gradients overflowed; the next ones are scaled less. When no
        scale is small enough, the gradients themselves are at fault."""
        before = self._scaler.get_scale()
        self._scaler.update()
        return 1.0 <= self._scaler.get_scale() < before

    def tell(self) -> dict[str, torch.Tensor]:
        """What must be remembered from step to step, for a save point."""
        return {name: torch.tensor(value) for name, value in self._scaler.state_dict().items()}

    def recall(self, told: Mapping[str, torch.Tensor]) -> None:
        """Go on with what was told."""
        self._scaler.load_state_dict({name: value.item() for name, value in told.items()})
