"""How much fits: a first guess of tokens at a time, whether activations must be saved, and telling
"out of memory" from other errors."""

from __future__ import annotations

from typing import Any

import torch

from studio.core.demands import remembered_bytes
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.train_settings import TrainSettings

NUMBERS_PER_TOKEN = 34
"""Activations kept for the gradient, per token and layer, in multiples of the width: about 34 in a transformer with
its own attention kernel (Korthikanti et al., 2022)."""
LEAST, MOST_CPU, MOST_CUDA = 256, 4096, 32768


ROOM = 0.92


def tokens_at_once(model: ModelInfo, device: Device, checkpointing: bool) -> int:
    """Tokens of one portion, so that its activations take at most a quarter of the memory. Depends on the
    computer's whole memory, not on what is free, so that a run is the same again on the same computer."""
    most = MOST_CPU if device.kind == "cpu" else MOST_CUDA
    return max(LEAST, min(most, device.memory_bytes // 4 // _activations(model, device, checkpointing)))


def _activations(model: ModelInfo, device: Device, checkpointing: bool) -> int:
    """Bytes kept for the gradient, per token."""
    width = 4 if device.kind == "cpu" else 2
    layers = 1 if checkpointing else max(1, model.layers)
    return max(1, NUMBERS_PER_TOKEN * model.hidden * layers * width)


def must_save_activations(
    info: ModelInfo, model: Any, settings: TrainSettings, device: Device, longest: int, sharers: int = 1
) -> bool:
    """Whether a run whose longest example has so many tokens would not fit if all its activations were kept: beside the
    weights, their gradients and what is remembered of them from step to step, which so many processes share. `model` is
    loaded, with what trains."""
    if settings.checkpointing != "auto":
        return settings.checkpointing == "on"
    held = sum(weight.numel() * weight.element_size() for weight in model.parameters())
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    held += trained * (4 + remembered_bytes(settings))
    return held / sharers + longest * _activations(info, device, checkpointing=False) > device.memory_bytes * ROOM


def save_activations(model: Any) -> bool:
    """Let the model compute its layers again instead of remembering what they gave; whether it can."""
    try:
        model.activation_checkpointing_enable({"use_reentrant": False})
    except ValueError:
        return False
    return True


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
