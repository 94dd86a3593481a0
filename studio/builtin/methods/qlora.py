"""QLoRA: small additions beside a base model that is kept in four or eight bits (Dettmers et al., 2023)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from studio.api import Joining, Method, ModelInfo, Picture, Problem, StudioError, anatomy, modules, setting
from studio.builtin.methods import lora_layers
from studio.builtin.methods.joining import go_on_with_adapter, join_lora
from studio.builtin.methods.lora import (
    LoraSettings,
    attach_lora,
    lora_problems,
    lora_rate,
    lora_rates,
    lora_size,
    recognised_lora,
    save_lora,
)
from studio.builtin.methods.weights import load_adapter

KEPT_WHOLE = (
    r"(.*\.)?(lm_head|embed_out|cls|classifier|pre_classifier|score|classification_head|pooler|vocab_transform"
    r"|vocab_projector)"
)
"""Heads, old and new: few weights, and the last word about every answer."""
BYTES = {4: 0.52, 8: 1.01}
"""Per weight, with its share of the scales (4 bits: nf4 with the scales quantized too)."""
WORTHWHILE = 300_000_000


class QloraSettings(LoraSettings):
    """As for LoRA, and how small the base model is kept."""

    bits: Literal[4, 8] = setting(
        4,
        "Bits per weight of the base",
        term="quantization",
        help="Four bits need a quarter of the usual memory and change answers a little; eight need half and change "
        "them hardly at all.",
        choices=((4, "4 bits (nf4)"), (8, "8 bits")),
        level="basic",
    )


class Qlora(Method[QloraSettings]):
    """The base model's tables are loaded quantized and stay frozen; additions train in full precision beside them."""

    id = "qlora"
    title = "On a compressed model"
    term = "QLoRA"
    summary = "The model is held in a quarter of the memory while small additions learn. For models that hardly fit."
    explanation = (
        "While it trains, the model is kept in four bits per weight instead of sixteen, which is a little less exact "
        "but needs a quarter of the memory. Small additions in full precision learn beside it and make up for the "
        "difference. At the end the additions are put onto the exact model. Each step takes longer; for a model that "
        "fits anyway, small additions without compression are quicker."
    )
    order = 15
    goes_on = True
    stacks = True
    joins = True
    Settings = QloraSettings

    def check(self, model: ModelInfo, settings: QloraSettings) -> Iterable[Problem]:
        yield from lora_problems(model, settings)
        if settings.dora and settings.bits == 8:
            yield Problem(
                id="dora-in-eight-bits",
                step="method",
                sentence="Additions with a separate length can't stand on a model of eight bits.",
                remedy="Choose four bits, or switch the separate length off.",
                fix={"method.bits": 4},
                field="method.bits",
            )
        if model.parameters < WORTHWHILE:
            yield Problem(
                id="too-small-to-compress",
                step="method",
                severity="advises",
                sentence="This model is small; compressing it saves little and makes each step slower.",
                remedy="Small additions without compression (LoRA) are quicker here.",
                fix={"method.id": "lora"},
            )

    def load_options(self, settings: QloraSettings) -> dict[str, Any]:
        """Quantize while loading; products are computed in bf16 on a card that has it."""
        import torch
        from transformers import BitsAndBytesConfig

        never_pack_again()
        bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
        config = BitsAndBytesConfig(
            load_in_4bit=settings.bits == 4,
            load_in_8bit=settings.bits == 8,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16 if bf16 else torch.float32,
            llm_int8_skip_modules=[KEPT_WHOLE],
        )
        return {"quantization_config": config}

    def attach(self, model: Any, settings: QloraSettings) -> Any:
        return attach_lora(model, settings)

    def rates(self, model: Any, settings: QloraSettings) -> Mapping[str, float]:
        return lora_rates(model, settings)

    def trainable(self, model: ModelInfo, settings: QloraSettings) -> int:
        return lora_size(model, settings)

    def compressed(self, model: ModelInfo, settings: QloraSettings) -> tuple[int, float]:
        weights = sum(line.inputs * line.outputs * line.count for line in anatomy.linears_of(model))
        return weights, BYTES[settings.bits]

    def learning_rate(self, model: ModelInfo) -> float:
        """As for LoRA; Dettmers et al. use 2e-4 up to 13 billion weights."""
        return lora_rate(model)

    def picture(self, model: ModelInfo, settings: QloraSettings) -> Picture:
        return Picture(("quantized",) * model.layers, head=bool(model.new_head))

    def save(self, model: Any, folder: Path) -> None:
        save_lora(model, folder)

    def load(self, model: Any, folder: Path) -> Any:
        return load_adapter(model, folder)

    def merge(self, model: Any) -> Any:
        if any(is_quantized(part) for _, part in modules.linears_in(modules.plain(model))):
            raise StudioError(
                "merge-needs-exact-base",
                "Additions can't be folded into a compressed model without losing precision.",
                data="The run and its files are unchanged.",
                remedy="Merge them into the exact base model, as Share does.",
            )
        modules.settle_new_head(model)
        return model.merge_and_unload()

    def go_on(self, model: Any, folder: Path, settings: QloraSettings) -> Any:
        return go_on_with_adapter(model, folder)

    def stack(self, model: Any, folder: Path, settings: QloraSettings) -> Any:
        return lora_layers.stand_above(attach_lora(model, settings), folder)

    def recognise(self, adapter: Mapping[str, Any]) -> dict[str, Any] | None:
        return recognised_lora(adapter)

    def join(self, model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
        join_lora(model, parts, way, folder)


def is_quantized(part: Any) -> bool:
    """Whether a product's table is one of bitsandbytes'."""
    return type(getattr(part, "base_layer", part)).__name__ in ("Linear4bit", "Linear8bitLt")


def never_pack_again() -> None:
    """Keep bitsandbytes from packing 4-bit tables anew, in place, the first time that a model answers on a processor
    with bf16 instructions: training on a packed table has no gradient, and what is then saved is broken. Must be said
    before a model is loaded, for the base model answers before anything is attached to it."""
    from bitsandbytes.nn import modules as parts

    if hasattr(parts, "has_avx512bf16"):
        parts.has_avx512bf16 = lambda: False  # pyright: ignore[reportPrivateImportUsage]
