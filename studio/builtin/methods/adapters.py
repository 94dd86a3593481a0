"""Bottleneck adapters: narrow passages between the parts of a frozen model (Houlsby et al., Pfeiffer et al.)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from studio.api import Method, ModelInfo, Picture, Problem, Settings, StudioError, anatomy, modules, setting
from studio.builtin.methods.adapter_tuner import NAME, registered
from studio.builtin.methods.joining import go_on_with_adapter
from studio.builtin.methods.weights import load_adapter, save_adapter

_CLOSES_ATTENTION = re.compile(
    r"\b(o_proj|o|out_proj|out_lin|c_proj|wo|output\.dense|attention\.dense|self_attention\.dense)$"
)
_CLOSES_FEED_FORWARD = re.compile(r"\b(down_proj|wo|c_proj|lin2|fc2|output\.dense|dense_4h_to_h)$")


class AdaptersSettings(Settings):
    """How wide the passages are and where they stand."""

    width: int = setting(
        32,
        "Width of the passages",
        term="bottleneck size",
        help="How many numbers pass through each of them.",
        too_low="Only small changes can be learnt.",
        too_high="More memory, and examples are learnt by heart sooner.",
        minimum=1,
        maximum=4096,
        level="basic",
        good=(16, 128),
    )
    form: Literal["pfeiffer", "houlsby"] = setting(
        "pfeiffer",
        "Where they stand",
        term="Pfeiffer or Houlsby",
        help="One at the end of each layer, or two: a second one after the part where words look at each other.",
        choices=(("pfeiffer", "One in each layer"), ("houlsby", "Two in each layer")),
    )


class Adapters(Method[AdaptersSettings]):
    """Adapters train, and what the objective put on anew; all else stays."""

    id = "adapters"
    title = "Narrow passages"
    term = "adapters"
    summary = "Small extra steps between the parts of the model learn; the model itself stays as it is."
    explanation = (
        "At the end of each layer a small step is put in, through which only a few numbers pass. These steps are "
        "trained; the model stays as it is. Several such sets can be kept for one model and switched on and off. "
        "Answers take a little longer, because the extra steps stay: they can't be folded into the model."
    )
    order = 25
    goes_on = True
    Settings = AdaptersSettings

    def check(self, model: ModelInfo, settings: AdaptersSettings) -> Iterable[Problem]:
        if not any(_holds(line.name, settings) for line in anatomy.linears_of(model)):
            yield Problem(
                id="no-place-for-adapters",
                step="method",
                sentence="In this model no place for narrow passages is known.",
                remedy="Small additions (LoRA) work with every model.",
                fix={"method.id": "lora"},
            )

    def attach(self, model: Any, settings: AdaptersSettings) -> Any:
        from peft import get_peft_model

        config = registered()(
            width=settings.width,
            target_modules=[name for name, _ in modules.linears_in(model) if _holds(name, settings)],
            modules_to_save=modules.new_head(model) or None,
            task_type=modules.task_type(model),
        )
        return get_peft_model(model, config)

    def trainable(self, model: ModelInfo, settings: AdaptersSettings) -> int:
        """Down and up with an offset each."""
        places = [line for line in anatomy.linears_of(model) if _holds(line.name, settings)]
        each = (line.count * (2 * line.outputs * settings.width + line.outputs + settings.width) for line in places)
        return sum(each) + model.new_head

    def learning_rate(self, model: ModelInfo) -> float:
        """1e-4 as Pfeiffer et al. train BERT-sized models, more for smaller ones with the root of the size."""
        return min(3e-3, max(1e-4, 1e-4 * (1_000_000_000 / max(model.parameters, 1)) ** 0.5))

    def picture(self, model: ModelInfo, settings: AdaptersSettings) -> Picture:
        return Picture(("adapter",) * model.layers, head=bool(model.new_head))

    def save(self, model: Any, folder: Path) -> None:
        save_adapter(model, folder)

    def load(self, model: Any, folder: Path) -> Any:
        registered()
        return load_adapter(model, folder)

    def merge(self, model: Any) -> Any:
        raise StudioError(
            "adapters-can-t-be-merged",
            "Narrow passages are steps of their own and can't be folded into the model.",
            data="The run and its files are unchanged.",
            remedy="Share the passages beside the model, or train small additions (LoRA), which can be folded in.",
        )

    def go_on(self, model: Any, folder: Path, settings: AdaptersSettings) -> Any:
        registered()
        return go_on_with_adapter(model, folder)

    def recognise(self, adapter: Mapping[str, Any]) -> dict[str, Any] | None:
        if adapter.get("peft_type") != NAME.upper():
            return None
        names = adapter.get("target_modules") or ()
        houlsby = any(anatomy.in_attention(str(name)) for name in names)
        return {"width": adapter.get("width", 32), "form": "houlsby" if houlsby else "pfeiffer"}


def _holds(name: str, settings: AdaptersSettings) -> bool:
    """Whether an adapter stands behind this product."""
    if anatomy.in_attention(name):
        return settings.form == "houlsby" and bool(_CLOSES_ATTENTION.search(name))
    return bool(_CLOSES_FEED_FORWARD.search(name))
