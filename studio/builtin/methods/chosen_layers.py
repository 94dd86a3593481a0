"""Layers of a person's own choice train: early, middle or late ones, or any ranges of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from studio.api import Joining, LayerState, Method, ModelInfo, Picture, Problem, Settings, modules, setting
from studio.builtin.methods.joining import go_on_with_weights, join_weights
from studio.builtin.methods.weights import count_layers, load_weights, save_weights, train_layers

_RANGE = re.compile(r"\s*(\d+)\s*(?:[-–]\s*(\d+)\s*)?")


class ChosenLayersSettings(Settings):
    """Which layers train."""

    part: Literal["early", "middle", "late", "own"] = setting(
        "middle",
        "Which layers",
        help="A third of the model each: early layers read words and their forms, middle ones work out meaning, late "
        "ones choose the answer. In a model that reads and then writes, the early layers are those that read.",
        choices=(
            ("early", "The early third"),
            ("middle", "The middle third"),
            ("late", "The late third"),
            ("own", "My own choice"),
        ),
        level="basic",
    )
    own: str = setting(
        "",
        "My own choice",
        term="layer ranges",
        help="Numbers and ranges, counted from 1 at the input: 1-4, 9. Used when the choice above says so.",
        level="basic",
    )


class ChosenLayers(Method[ChosenLayersSettings]):
    """The chosen layers train, all others stay; a stack's closing norm trains with its last layer."""

    id = "layers"
    title = "Chosen layers"
    term = "layer-wise fine-tuning"
    summary = "You say which part of the model may change: the part that reads, that thinks, or that answers."
    explanation = (
        "A model works in layers. The first ones see words and their forms, the middle ones work out what is meant, "
        "the last ones decide what to say. Here only the layers you choose are trained. Good for trying out where in "
        "the model something is learnt best; to save time, choose late ones, for nothing is computed backwards before "
        "the first layer that trains."
    )
    order = 40
    goes_on = True
    joins = True
    Settings = ChosenLayersSettings

    def check(self, model: ModelInfo, settings: ChosenLayersSettings) -> Iterable[Problem]:
        try:
            chosen = chosen_of(settings, model.layers)
        except ValueError:
            yield _problem("layers-not-understood", "The choice of layers is not written as numbers and ranges.")
            return
        if not chosen:
            yield _problem("no-layers-chosen", "No layer is chosen yet, so nothing would be trained.")
        elif max(chosen) >= model.layers:
            yield _problem("layers-beyond-the-last", f"This model has only {model.layers} layers.")
        elif min(chosen) < 0:
            yield _problem("layers-before-the-first", "Layers are counted from 1.")

    def load_options(self, settings: ChosenLayersSettings) -> dict[str, Any]:
        """Trained weights are kept in float32; the engine turns the frozen ones to the device's format."""
        import torch

        return {"dtype": torch.float32}

    def attach(self, model: Any, settings: ChosenLayersSettings) -> Any:
        train_layers(model, chosen_of(settings, len(modules.layers_in(model))))
        return model

    def trainable(self, model: ModelInfo, settings: ChosenLayersSettings) -> int:
        return count_layers(model, _known(settings, model))

    def learning_rate(self, model: ModelInfo) -> float:
        """As for the last layers: a part of the weights has to do the work."""
        return min(2e-3, 1e-4 * (1_000_000_000 / max(model.parameters, 1)) ** 0.5)

    def picture(self, model: ModelInfo, settings: ChosenLayersSettings) -> Picture:
        chosen = _known(settings, model)
        states: list[LayerState] = ["trained" if layer in chosen else "frozen" for layer in range(model.layers)]
        return Picture(tuple(states), head=bool(model.new_head))

    def save(self, model: Any, folder: Path) -> None:
        save_weights(model, folder)

    def load(self, model: Any, folder: Path) -> Any:
        return load_weights(model, folder)

    def merge(self, model: Any) -> Any:
        return model

    def go_on(self, model: Any, folder: Path, settings: ChosenLayersSettings) -> Any:
        return go_on_with_weights(self.attach(model, settings), folder)

    def join(self, model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
        join_weights(model, parts, way, folder)


def chosen_of(settings: ChosenLayersSettings, layers: int) -> frozenset[int]:
    """The chosen layers, numbered from 0. Raises ValueError for a choice that can't be read."""
    third = max(1, round(layers / 3))
    if settings.part == "early":
        return frozenset(range(third))
    if settings.part == "late":
        return frozenset(range(layers - third, layers))
    if settings.part == "middle":
        first = (layers - third) // 2
        return frozenset(range(first, first + third))
    chosen: set[int] = set()
    for piece in filter(str.strip, re.split(r"[,;]", settings.own)):
        found = _RANGE.fullmatch(piece)
        if found is None:
            raise ValueError(piece)
        first, last = int(found[1]), int(found[2] or found[1])
        chosen.update(range(first - 1, last))
    return frozenset(chosen)


def _known(settings: ChosenLayersSettings, model: ModelInfo) -> frozenset[int]:
    """The chosen layers that there are; none while the choice can't be read."""
    try:
        return chosen_of(settings, model.layers) & frozenset(range(model.layers))
    except ValueError:
        return frozenset()


def _problem(id: str, sentence: str) -> Problem:
    return Problem(
        id=id,
        step="method",
        sentence=sentence,
        remedy="Write numbers and ranges such as 1-4, 9, or choose a third of the model.",
        field="method.own",
    )
