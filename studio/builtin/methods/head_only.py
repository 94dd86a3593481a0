"""Only the last step trains, on what the untouched model makes of each text (feature-based learning)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studio.api import Joining, Method, ModelInfo, NoSettings, Picture, Problem, anatomy
from studio.builtin.methods.joining import go_on_with_weights, join_weights
from studio.builtin.methods.weights import load_weights, save_weights, train_layers


class HeadOnly(Method[NoSettings]):
    """The objective's own head trains, or else the choice of words, parted from the embedding."""

    id = "head"
    title = "The last step only"
    term = "feature-based"
    summary = "The model reads as ever; only the last step, which names the answer, is learnt. The quickest way."
    explanation = (
        "The model stays exactly as it is and turns each text into numbers. Only the small last step is trained, which "
        "turns these numbers into an answer. It is the quickest way to sort texts into classes and shows how much the "
        "model knows already. To change how a model writes it is a poor choice: all it can learn is which words to "
        "prefer."
    )
    order = 50
    goes_on = True
    joins = True

    def check(self, model: ModelInfo, settings: NoSettings) -> Iterable[Problem]:
        if not model.new_head and model.architecture != "encoder":
            yield Problem(
                id="head-only-for-writing",
                step="method",
                severity="advises",
                sentence="For a model that writes, the last step alone can only learn to prefer words.",
                remedy="Small additions (LoRA) learn far more at little more cost.",
                fix={"method.id": "lora"},
            )

    def load_options(self, settings: NoSettings) -> dict[str, Any]:
        """Trained weights are kept in float32; the engine turns the frozen ones to the device's format."""
        import torch

        return {"dtype": torch.float32}

    def attach(self, model: Any, settings: NoSettings) -> Any:
        train_layers(model, (), head=True)
        return model

    def trainable(self, model: ModelInfo, settings: NoSettings) -> int:
        return model.new_head or anatomy.head_size(model)

    def learning_rate(self, model: ModelInfo) -> float:
        """Far from everything else that trains, a single product can take large steps: 1e-3 whatever the size."""
        return 1e-3

    def picture(self, model: ModelInfo, settings: NoSettings) -> Picture:
        return Picture(("frozen",) * model.layers, head=True)

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
