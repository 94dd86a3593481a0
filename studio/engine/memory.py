"""How much fits: a first guess of tokens at a time, and telling "out of memory" from other errors."""

from __future__ import annotations

import torch

from studio.core.device import Device
from studio.core.model_info import ModelInfo

NUMBERS_PER_TOKEN = 34
"""Activations kept for the gradient, per token and layer, in multiples of the width: about 34 in a transformer with
its own attention kernel (Korthikanti et al., 2022)."""
LEAST, MOST_CPU, MOST_CUDA = 256, 4096, 32768


def tokens_at_once(model: ModelInfo, device: Device, checkpointing: bool) -> int:
    """Tokens of one portion, so that its activations take at most a quarter of the memory. Depends on the
    computer's whole memory, not on what is free, so that a run is the same again on the same computer."""
    width = 4 if device.kind == "cpu" else 2
    layers = 1 if checkpointing else max(1, model.layers)
    per_token = max(1, NUMBERS_PER_TOKEN * model.hidden * layers * width)
    most = MOST_CPU if device.kind == "cpu" else MOST_CUDA
    return max(LEAST, min(most, device.memory_bytes // 4 // per_token))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that something did not fit (on the processor it is a plain RuntimeError)."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        sign in words for sign in ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")
    )


def free_unused(device: Device) -> None:
    """Give cached memory back after something did not fit."""
    if device.kind == "cuda":
        torch.cuda.empty_cache()
