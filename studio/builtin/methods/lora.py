"""LoRA: small additions beside frozen weights (Hu et al., 2021)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from studio.api import Joining, Method, ModelInfo, Picture, Problem, Settings, anatomy, modules, setting
from studio.builtin.methods import lora_layers, lora_start
from studio.builtin.methods.joining import go_on_with_adapter, join_lora
from studio.builtin.methods.weights import load_adapter, save_adapter

_FEED_FORWARD = re.compile(r"gate|up_proj|down_proj|mlp|fc|wi|wo|lin[12]|inter|dense|all-linear")
"""What the products of a layer that are none of its attention's go by."""


class LoraSettings(Settings):
    """How large the additions are and where they sit."""

    rank: int = setting(
        16,
        "Size of the additions",
        term="rank",
        help="How many directions each addition can move in.",
        too_low="Only small changes of style can be learnt.",
        too_high="More memory, and it learns examples by heart sooner.",
        minimum=1,
        maximum=1024,
        level="basic",
        good=(8, 64),
    )
    alpha: float = setting(
        32.0,
        "Strength of the additions",
        term="alpha",
        help="How strongly the additions speak: strength divided by size. Twice the size is usual.",
        too_low="The additions hardly speak.",
        too_high="Training becomes jumpy.",
        minimum=0.01,
        maximum=8192.0,
    )
    dropout: float = setting(
        0.0,
        "Share left out by chance",
        term="dropout",
        help="Leaves out a part of the additions' input in each step, against learning by heart.",
        minimum=0.0,
        maximum=0.9,
        good=(0.0, 0.1),
    )
    target: Literal["all", "attention"] = setting(
        "all",
        "Where additions sit",
        term="target modules",
        help="In all parts of each layer, or only where words look at each other.",
        choices=(("all", "All parts"), ("attention", "Attention only")),
    )
    start: Literal["zero", "pissa", "olora"] = setting(
        "zero",
        "What the additions begin with",
        term="initialisation",
        help="With nothing, or with the strongest directions of each table, which are then changed first. The latter "
        "learns faster at the beginning and takes a moment to prepare; what is saved is twice as large.",
        choices=(
            ("zero", "Nothing"),
            ("pissa", "The strongest directions (PiSSA)"),
            ("olora", "Perpendicular directions (OLoRA)"),
        ),
    )
    second_rate: float = setting(
        1.0,
        "Faster second half",
        term="LoRA+ ratio",
        help="Each addition is a pair. Its second half may take steps so many times larger (Hayou et al., 2024).",
        too_high="Training becomes jumpy.",
        minimum=1.0,
        maximum=64.0,
        good=(1.0, 16.0),
    )
    rslora: bool = setting(
        False,
        "Steady strength at large sizes",
        term="rank-stabilized LoRA",
        help="Divides by the root of the size instead of the size (Kalajdzievski, 2023). Helps from size 64 on.",
    )
    dora: bool = setting(
        False,
        "Separate length and direction",
        term="DoRA",
        help="Learns how long each weight is apart from where it points (Liu et al., 2024). A little better, slower.",
    )


class Lora(Method[LoraSettings]):
    """The base model stays as it is; every chosen matrix W becomes W + B·A with small trained A and B."""

    id = "lora"
    title = "Small additions"
    term = "LoRA"
    summary = "The model stays as it is; small additions learn your style. Quick, small, and easy to take off again."
    explanation = (
        "Beside each large table of weights sits a pair of thin ones, and only these are trained: about one weight "
        "in a hundred. What the model knows stays, the result is a file of a few megabytes, and it can be switched "
        "off again. For most purposes it gets as far as training the whole model."
    )
    order = 10
    goes_on = True
    stacks = True
    joins = True
    Settings = LoraSettings

    def check(self, model: ModelInfo, settings: LoraSettings) -> Iterable[Problem]:
        return lora_problems(model, settings)

    def attach(self, model: Any, settings: LoraSettings) -> Any:
        return attach_lora(model, settings)

    def rates(self, model: Any, settings: LoraSettings) -> Mapping[str, float]:
        return lora_rates(model, settings)

    def trainable(self, model: ModelInfo, settings: LoraSettings) -> int:
        return lora_size(model, settings)

    def learning_rate(self, model: ModelInfo) -> float:
        return lora_rate(model)

    def picture(self, model: ModelInfo, settings: LoraSettings) -> Picture:
        return Picture(("lora",) * model.layers, head=bool(model.new_head))

    def save(self, model: Any, folder: Path) -> None:
        save_lora(model, folder)

    def load(self, model: Any, folder: Path) -> Any:
        return load_adapter(model, folder)

    def merge(self, model: Any) -> Any:
        return model.merge_and_unload()

    def go_on(self, model: Any, folder: Path, settings: LoraSettings) -> Any:
        return go_on_with_adapter(model, folder)

    def stack(self, model: Any, folder: Path, settings: LoraSettings) -> Any:
        return lora_layers.stand_above(attach_lora(model, settings), folder)

    def recognise(self, adapter: Mapping[str, Any]) -> dict[str, Any] | None:
        return recognised_lora(adapter)

    def join(self, model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
        join_lora(model, parts, way, folder)


def lora_problems(model: ModelInfo, settings: LoraSettings) -> Iterable[Problem]:
    """What speaks against additions of this size and kind on this model."""
    if settings.rank > model.hidden // 2:
        yield Problem(
            id="rank-too-large",
            step="method",
            severity="warns",
            sentence="The additions are about as large as the model's own tables, so nothing is saved.",
            remedy=f"Choose a size of at most {max(1, model.hidden // 4)}.",
            fix={"method.rank": max(1, model.hidden // 4)},
            field="method.rank",
        )
    narrowest = min((min(line.inputs, line.outputs) for line in anatomy.linears_of(model)), default=settings.rank)
    if settings.start != "zero" and settings.rank > narrowest:
        yield Problem(
            id="rank-too-large-for-start",
            step="method",
            sentence=f"This model's tables have only {narrowest} directions to begin with.",
            remedy=f"Choose a size of at most {narrowest}, or begin with nothing.",
            fix={"method.rank": narrowest},
            field="method.rank",
        )
    if settings.start != "zero" and settings.dora:
        yield Problem(
            id="start-with-dora",
            step="method",
            sentence="Additions with a separate length can only begin with nothing.",
            remedy="Begin with nothing, or switch the separate length off.",
            fix={"method.start": "zero"},
            field="method.start",
        )


def attach_lora(model: Any, settings: LoraSettings) -> Any:
    """Put additions beside the products in the layers; parts that the objective put on anew train too."""
    from peft import LoraConfig, get_peft_model

    fan_in_fan_out = any(modules.is_transposed(part) for _, part in modules.linears_in(model))
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # type: ignore[arg-type]
        lora_dropout=settings.dropout,
        target_modules=modules.targets(model, attention=settings.target == "attention"),
        use_rslora=settings.rslora,
        use_dora=settings.dora,
        fan_in_fan_out=fan_in_fan_out,
        modules_to_save=modules.new_head(model) or None,
        task_type=modules.task_type(model),  # type: ignore[arg-type]
    )
    attached = get_peft_model(model, config)
    if settings.start != "zero":
        lora_start.begin_with(attached, settings.start)
    return attached


def lora_rates(model: Any, settings: LoraSettings) -> Mapping[str, float]:
    """Larger steps for the second half of each pair (LoRA+)."""
    if settings.second_rate == 1.0:
        return {}
    return {name: settings.second_rate for name, _ in model.named_parameters() if ".lora_B." in name}


def lora_rate(model: ModelInfo) -> float:
    """2e-4 at 1 billion weights and above (Hu et al., 2021; Dettmers et al., 2023), more for smaller models with the
    root of the size, at most 3e-3. Measured on the starter of 3 million weights, validation loss after 80 steps: 3.45
    at 1.4e-3, 2.75 at 3e-3."""
    return min(3e-3, max(2e-4, 2e-4 * (1_000_000_000 / max(model.parameters, 1)) ** 0.5))


def lora_size(model: ModelInfo, settings: LoraSettings) -> int:
    """rank · (inputs + outputs) of every chosen matrix; DoRA adds one length per output."""
    chosen = [line for line in anatomy.linears_of(model) if line.attention or settings.target == "all"]
    pairs = sum(line.count * settings.rank * (line.inputs + line.outputs) for line in chosen)
    lengths = sum(line.count * line.outputs for line in chosen) if settings.dora else 0
    return pairs + lengths + model.new_head


def save_lora(model: Any, folder: Path) -> None:
    """Write the additions: as one with what they began with, for the base model stays as it is, and with those that
    they stand above."""
    if len(model.peft_config) > 1:
        lora_layers.save_as_one(model, folder)
    else:
        save_adapter(model, folder)


def recognised_lora(adapter: Mapping[str, Any]) -> dict[str, Any] | None:
    """The settings of additions that peft describes; None where it describes something else."""
    if adapter.get("peft_type") != "LORA":
        return None
    targets = adapter.get("target_modules") or ""
    names = [targets] if isinstance(targets, str) else [str(name) for name in targets]
    return {
        "rank": adapter.get("r", 8),
        "alpha": adapter.get("lora_alpha", 8),
        "dropout": adapter.get("lora_dropout", 0.0),
        "target": "all" if any(_FEED_FORWARD.search(name) for name in names) else "attention",
        "rslora": bool(adapter.get("use_rslora")),
        "dora": bool(adapter.get("use_dora")),
        "start": "zero",
    }
