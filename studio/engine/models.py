"""Loading a base model from its folder: safetensors only, nothing from the folder is run, nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from studio.core.device import Device
from studio.core.problem import StudioError


def load_base(folder: Path, *, dtype: torch.dtype, device: Device, **options: Any) -> Any:
    """The base model for text generation, in evaluation mode. `options` are a method's own (quantization)."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=dtype,
            attn_implementation="sdpa",
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            **options,
        )
    except (ValueError, OSError, KeyError) as error:
        raise unreadable(folder) from error
    return model.to(device.kind).eval()


def unreadable(folder: Path) -> StudioError:
    """The error for a model that does not open."""
    return StudioError(
        "model-unreadable",
        f"The model in the folder “{folder.name}” could not be opened.",
        data="Your data and your runs are unchanged.",
        remedy="Choose another model, or copy this one again from where you have it.",
    )


def trainable(model: Any) -> dict[str, torch.nn.Parameter]:
    """The weights that train, by name, each once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def count(weights: dict[str, torch.nn.Parameter]) -> int:
    """How many numbers they hold."""
    return sum(weight.numel() for weight in weights.values())
