"""All weights train."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studio.api import Joining, Method, ModelInfo, NoSettings, Picture, Problem, anatomy
from studio.builtin.methods.joining import go_on_with_weights, join_weights
from studio.builtin.methods.weights import load_weights, save_weights


class Full(Method[NoSettings]):
    """Every weight of the model may move."""

    id = "full"
    title = "The whole model"
    term = "full fine-tuning"
    summary = "Every part of the model may change. Learns most, needs most memory."
    explanation = (
        "All weights are trained. The model can change its style and its knowledge most deeply, and it also forgets "
        "most easily what it knew. It needs about four times the memory of the model itself: the weights, their "
        "gradients and two running averages. A good choice for small models and many examples."
    )
    order = 30
    goes_on = True
    joins = True

    def check(self, model: ModelInfo, settings: NoSettings) -> Iterable[Problem]:
        if model.parameters > 500_000_000:
            yield Problem(
                id="full-is-large",
                step="method",
                severity="advises",
                sentence="Training the whole of a model this large takes much memory and time.",
                remedy="Small additions (LoRA) usually get as far with a fraction of both.",
                fix={"method.id": "lora"},
            )

    def load_options(self, settings: NoSettings) -> dict[str, Any]:
        """Trained weights are kept in float32, for small steps vanish in bf16."""
        import torch

        return {"dtype": torch.float32}

    def attach(self, model: Any, settings: NoSettings) -> Any:
        return model.requires_grad_(True)

    def trainable(self, model: ModelInfo, settings: NoSettings) -> int:
        return anatomy.base_size(model) + model.new_head

    def learning_rate(self, model: ModelInfo) -> float:
        """2e-5 at 7 billion weights, as published recipes have it, and more for smaller models with the root of
        the size (wider layers need smaller steps; Yang et al., 2022): 5e-5 at 1 billion, at most 1e-3."""
        return min(1e-3, 5e-5 * (1_000_000_000 / max(model.parameters, 1)) ** 0.5)

    def picture(self, model: ModelInfo, settings: NoSettings) -> Picture:
        return Picture(("trained",) * model.layers, head=True, embedding=True)

    def save(self, model: Any, folder: Path) -> None:
        save_weights(model, folder)

    def load(self, model: Any, folder: Path) -> Any:
        return load_weights(model, folder)

    def merge(self, model: Any) -> Any:
        return model

    def go_on(self, model: Any, folder: Path, settings: NoSettings) -> Any:
        return go_on_with_weights(self.attach(model, settings), folder)

    def join(self, model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
        join_weights(model, parts, way, folder)
