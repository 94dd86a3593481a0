"""Only the layers nearest the output train."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.api import Method, ModelInfo, Picture, Problem, Settings, setting
from studio.builtin.methods.weights import load_weights, matrices, save_weights


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
    """The last layers and the final norm train; back-propagation stops at the first of them."""

    id = "last-layers"
    title = "The last layers"
    term = "partial fine-tuning"
    summary = "Only the end of the model changes. Quick, and keeps what the model knows."
    explanation = (
        "A model works in layers, from the first, which reads, to the last, which decides what to say. Here only "
        "the last ones are trained. Nothing before them has to be computed twice, so it is quick and needs little "
        "memory; good for a change of tone or form."
    )
    order = 20
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
        model.requires_grad_(False)
        layers, after = layers_and_after(model)
        for part in [*layers[-settings.layers :], *after]:
            part.requires_grad_(True)
        if settings.head:
            untie(model)
            model.get_output_embeddings().requires_grad_(True)
        return model

    def trainable(self, model: ModelInfo, settings: LastLayersSettings) -> int:
        """The layers with their two norms each, the final norm, and the head. Qwen2 adds to its questions, keys and
        values too."""
        shapes = matrices(model)
        layer = sum(inputs * outputs for inputs, outputs in shapes.values()) + 2 * model.hidden
        if model.model_type == "qwen2":
            layer += sum(shapes[part][1] for part in "qkv")
        head = model.vocabulary * model.hidden if settings.head else 0
        return min(settings.layers, model.layers) * layer + model.hidden + head

    def learning_rate(self, model: ModelInfo) -> float:
        """As for the whole model, doubled: fewer weights have to do the work."""
        return min(2e-3, 1e-4 * (1_000_000_000 / max(model.parameters, 1)) ** 0.5)

    def picture(self, model: ModelInfo, settings: LastLayersSettings) -> Picture:
        trained = min(settings.layers, model.layers)
        return Picture(("frozen",) * (model.layers - trained) + ("trained",) * trained, head=settings.head)

    def save(self, model: Any, folder: Path) -> None:
        save_weights(model, folder)

    def load(self, model: Any, folder: Path) -> Any:
        from safetensors import safe_open

        from studio.builtin.methods.weights import FILE

        with safe_open(folder / FILE, "pt") as saved:
            if any(name.startswith("lm_head.") for name in saved.keys()):  # noqa: SIM118 - not a dict
                untie(model)
        return load_weights(model, folder)

    def merge(self, model: Any) -> Any:
        return model


def untie(model: Any) -> None:
    """Give the output head weights of its own where it shares the embedding's, for the embedding must not move."""
    import torch

    head = model.get_output_embeddings()
    if head.weight is model.get_input_embeddings().weight:
        head.weight = torch.nn.Parameter(head.weight.detach().clone())
        model.config.tie_word_embeddings = False


def layers_and_after(model: Any) -> tuple[list[Any], list[Any]]:
    """The model's layers, from input to output, and what comes after them (the final norm), whatever their names."""
    parts = list(model.base_model.children())
    place = next(i for i, part in enumerate(parts) if _is_stack(part, model.config.num_hidden_layers))
    return list(parts[place]), parts[place + 1 :]


def _is_stack(part: Any, layers: int) -> bool:
    return type(part).__name__ == "ModuleList" and len(part) == layers
