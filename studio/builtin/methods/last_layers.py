"""Only the layers nearest the output train."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studio.api import Joining, Method, ModelInfo, Picture, Problem, Settings, modules, setting
from studio.builtin.methods.joining import go_on_with_weights, join_weights
from studio.builtin.methods.weights import count_layers, load_weights, save_weights, train_layers


class LastLayersSettings(Settings):
    """How much of the model's end trains."""

    layers: int = setting(
        2,
        "Layers to train",
        term="unfrozen layers",
        help="Counted from the output. The layers before them stay as they are and cost no training time.",
        too_low="Only the last touch of each answer can change.",
        too_high="As slow and hungry as training the whole model.",
        minimum=1,
        maximum=1000,
        level="basic",
        good=(1, 8),
    )
    head: bool = setting(
        False,
        "Train the choice of words too",
        term="output head",
        help="Also trains the last step, which turns the model's thought into words. Costs memory with large "
        "vocabularies.",
    )


class LastLayers(Method[LastLayersSettings]):
    """The last layers and the final norm train; back-propagation stops at the first of them.

    An encoder-decoder's last layers are those of its decoder, which writes; only when more are wanted than it has, the
    last ones of the encoder follow.
    """

    id = "last-layers"
    title = "The last layers"
    term = "partial fine-tuning"
    summary = "Only the end of the model changes. Quick, and keeps what the model knows."
    explanation = (
        "A model works in layers, from the first, which reads, to the last, which decides what to say. Here only "
        "the last ones are trained. Nothing before them has to be computed twice, so it is quick and needs little "
        "memory; good for a change of tone or form. In a model that reads a text and writes another, these are the "
        "layers that write."
    )
    order = 20
    goes_on = True
    joins = True
    Settings = LastLayersSettings

    def check(self, model: ModelInfo, settings: LastLayersSettings) -> Iterable[Problem]:
        if settings.layers > model.layers:
            yield Problem(
                id="more-layers-than-there-are",
                step="method",
                severity="warns",
                sentence=f"This model has only {model.layers} layers, so all of them are trained.",
                remedy=f"Choose at most {model.layers}.",
                fix={"method.layers": model.layers},
                field="method.layers",
            )

    def load_options(self, settings: LastLayersSettings) -> dict[str, Any]:
        """Trained weights are kept in float32; the engine turns the frozen ones to the device's format."""
        import torch

        return {"dtype": torch.float32}

    def attach(self, model: Any, settings: LastLayersSettings) -> Any:
        train_layers(model, _last(len(modules.layers_in(model)), settings), head=settings.head)
        return model

    def trainable(self, model: ModelInfo, settings: LastLayersSettings) -> int:
        return count_layers(model, _last(model.layers, settings), head=settings.head)

    def learning_rate(self, model: ModelInfo) -> float:
        """As for the whole model, doubled: fewer weights have to do the work."""
        return min(2e-3, 1e-4 * (1_000_000_000 / max(model.parameters, 1)) ** 0.5)

    def picture(self, model: ModelInfo, settings: LastLayersSettings) -> Picture:
        trained = min(settings.layers, model.layers)
        return Picture(("frozen",) * (model.layers - trained) + ("trained",) * trained, head=_head(model, settings))

    def save(self, model: Any, folder: Path) -> None:
        save_weights(model, folder)

    def load(self, model: Any, folder: Path) -> Any:
        return load_weights(model, folder)

    def merge(self, model: Any) -> Any:
        return model

    def go_on(self, model: Any, folder: Path, settings: LastLayersSettings) -> Any:
        return go_on_with_weights(self.attach(model, settings), folder)

    def join(self, model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
        join_weights(model, parts, way, folder)


def _last(layers: int, settings: LastLayersSettings) -> range:
    return range(max(0, layers - settings.layers), layers)


def _head(model: ModelInfo, settings: LastLayersSettings) -> bool:
    return settings.head or bool(model.new_head)
