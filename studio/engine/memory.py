"""How much fits: whether activations must be saved, and telling "out of memory" from other errors."""

from __future__ import annotations

from typing import Any

import torch

from studio.core.demands import activation_bytes, remembered_bytes
from studio.core.demands import tokens_at_once as tokens_at_once
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.train_settings import TrainSettings

ROOM = 0.92


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
    return held / sharers + longest * activation_bytes(info, device, checkpointing=False) > device.memory_bytes * ROOM


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
