"""Keeping weights that belong to the model itself, and counting a decoder layer's, for the methods that train them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.api import ModelInfo

FILE = "weights.safetensors"


def save_weights(model: Any, folder: Path) -> None:
    """Write the weights that train, by name."""
    from safetensors.torch import save_file

    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    save_file({name: weight.detach().cpu().contiguous() for name, weight in trained.items()}, folder / FILE)


def load_weights(model: Any, folder: Path) -> Any:
    """Put them onto a freshly loaded base model, each in the format it was trained in."""
    from safetensors.torch import load_file

    places = dict(model.named_parameters())
    for name, value in load_file(folder / FILE).items():
        places[name].data = value.to(places[name].device)
    return model.eval()


def matrices(model: ModelInfo) -> dict[str, tuple[int, int]]:
    """The products of matrices in one layer: part to (inputs, outputs)."""
    wide, narrow = model.hidden, model.hidden // model.heads * model.key_value_heads
    shapes = {"q": (wide, wide), "k": (wide, narrow), "v": (wide, narrow), "o": (wide, wide)}
    shapes |= {"up": (wide, model.intermediate), "down": (model.intermediate, wide)}
    if model.gated_mlp:
        shapes["gate"] = (wide, model.intermediate)
    return shapes
