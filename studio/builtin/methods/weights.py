"""Keeping what was trained: weights that belong to the model itself, or an adapter beside it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from studio.api import ModelInfo, anatomy, modules

FILE = "weights.safetensors"


def save_weights(model: Any, folder: Path) -> None:
    """Write the weights that train, by name."""
    from safetensors.torch import save_file

    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    save_file({name: weight.detach().cpu().contiguous() for name, weight in trained.items()}, folder / FILE)


def load_weights(model: Any, folder: Path) -> Any:
    """Put them onto a freshly loaded base model, each in the format it was trained in. A choice of words that was
    trained apart from the embedding is parted from it first."""
    from safetensors.torch import load_file

    saved = load_file(folder / FILE)
    name, head = modules.language_head(model)
    if head is not None and f"{name}.weight" in saved:
        modules.untie(model)
    places = dict(model.named_parameters())
    for name, value in saved.items():
        places[name].data = value.to(places[name].device)
    return model.eval()


def save_adapter(model: Any, folder: Path) -> None:
    """Write a peft adapter, with the parts that the objective put on anew."""
    model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)


def load_adapter(model: Any, folder: Path) -> Any:
    """Put a peft adapter onto a freshly loaded base model, for use without training."""
    from peft import PeftModel

    return PeftModel.from_pretrained(
        model,
        str(folder),
        is_trainable=False,
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=True,
    ).eval()


def train_layers(model: Any, chosen: Collection[int], *, head: bool = False) -> None:
    """Freeze the model but these layers (numbered from 0, input to output), the norm that closes a stack whose last
    layer is among them, what the objective put on anew, and the choice of words if it is wanted."""
    model.requires_grad_(False)
    number = 0
    for stack in modules.stacks_in(model):
        for layer in stack.layers:
            layer.requires_grad_(number in chosen)
            number += 1
        for norm in stack.closing:
            norm.requires_grad_(number - 1 in chosen)
    modules.train_new_head(model)
    words = modules.language_head(model)[1]
    if head and words is not None:
        modules.untie(model)
        words.requires_grad_(True)


def count_layers(model: ModelInfo, chosen: Collection[int], *, head: bool = False) -> int:
    """How many weights `train_layers` lets train."""
    sizes = anatomy.layer_sizes(model)
    total = sum(size for number, size in enumerate(sizes) if number in chosen)
    end = 0
    for stack, closing in zip(anatomy.stacks_of(model), anatomy.closing_sizes(model), strict=True):
        end += stack.layers
        total += closing if end - 1 in chosen else 0
    words = anatomy.head_size(model) if head and not model.new_head else 0
    return total + words + model.new_head
