"""BitFit: only the offsets train (Ben Zaken et al., 2022). A whole method as a plugin."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.api import Method, ModelInfo, NoSettings, Picture, Problem, anatomy, modules

FILE = "weights.safetensors"


class BitFit(Method[NoSettings]):
    """Every bias trains, and what the objective put on anew; all else stays."""

    id = "bitfit"
    title = "Offsets only"
    term = "BitFit"
    summary = "Only the small numbers that are added in each step of the model change: less than one in a thousand."
    explanation = (
        "Each step of a model multiplies by a large table and adds a short row of numbers, the offsets. Here only the "
        "offsets are trained. The result is a tiny file, and little is forgotten; it is enough for sorting texts with "
        "models of BERT's kind. Many newer models have no offsets at all."
    )
    order = 220
    goes_on = True

    def check(self, model: ModelInfo, settings: NoSettings) -> Iterable[Problem]:
        if not self._offsets(model):
            yield Problem(
                id="no-offsets",
                step="method",
                sentence="This model has no offsets that could be trained.",
                remedy="Train small additions (LoRA), or the norms, instead.",
                fix={"method.id": "lora"},
            )

    def attach(self, model: Any, settings: NoSettings) -> Any:
        model.requires_grad_(False)
        for name, weight in model.named_parameters():
            weight.requires_grad_(weight.ndim == 1 and name.endswith("bias"))
        modules.train_new_head(model)
        return model

    def trainable(self, model: ModelInfo, settings: NoSettings) -> int:
        return self._offsets(model) + model.new_head

    def _offsets(self, model: ModelInfo) -> int:
        return sum(group.each * group.count for group in anatomy.vectors_of(model) if group.name.endswith("bias"))

    def learning_rate(self, model: ModelInfo) -> float:
        """The authors found 1e-4 to 1e-2 to work; the same for every size, for the offsets are few in all."""
        return 2e-3

    def picture(self, model: ModelInfo, settings: NoSettings) -> Picture:
        return Picture(("lora",) * model.layers, head=bool(model.new_head))

    def save(self, model: Any, folder: Path) -> None:
        from safetensors.torch import save_file

        trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        save_file({name: weight.detach().cpu().contiguous() for name, weight in trained.items()}, folder / FILE)

    def load(self, model: Any, folder: Path) -> Any:
        return _put(model, folder).eval()

    def go_on(self, model: Any, folder: Path, settings: NoSettings) -> Any:
        return _put(self.attach(model, settings), folder)

    def merge(self, model: Any) -> Any:
        return model


def _put(model: Any, folder: Path) -> Any:
    """Put what `save` wrote in its place."""
    from safetensors.torch import load_file

    places = dict(model.named_parameters())
    for name, value in load_file(folder / FILE).items():
        places[name].data = value.to(places[name].device)
    return model
