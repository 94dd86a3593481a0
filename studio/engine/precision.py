"""In which number format a run computes.

On a graphics card that has bf16, `auto` computes in bf16 with trained weights kept in float32, and keeps frozen
weights in bf16. On the processor `auto` is float32: see PRECISION in the benchmark for what was measured.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch

from studio.core.device import Device


@dataclass(frozen=True)
class Precision:
    """The number format of a run on its device. `frozen` is the format of weights that do not train."""

    name: Literal["bf16", "fp32"]
    device: str

    @property
    def frozen(self) -> torch.dtype:
        return torch.bfloat16 if self.name == "bf16" and self.device == "cuda" else torch.float32

    def compute(self) -> AbstractContextManager[object]:
        """A context in which the model computes in this format."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(self.device, torch.bfloat16)


def choose_precision(wanted: str, device: Device) -> Precision:
    """The format that was asked for, or the one that suits the device."""
    if wanted == "auto":
        wanted = "bf16" if device.kind == "cuda" and device.bf16 else "fp32"
    return Precision("bf16" if wanted == "bf16" else "fp32", device.kind)
