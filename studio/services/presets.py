"""Recommended values with their reasons, and the three presets that vary them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from studio.api import Method, SettingField
from studio.core.config import RunConfig, TrainSettings, edit
from studio.core.model_info import ModelInfo
from studio.services.facts import PrepareReport, Preset

Recommended = dict[str, tuple[Any, str]]
Forms = Mapping[str, Sequence[SettingField]]
SMALL_MODEL = 50_000_000
_WORDS = {
    "careful": ("Careful", "Small steps. Keeps most of what the model knew.", "leaf"),
    "balanced": ("Balanced", "Right for most projects of your size.", "scales"),
    "thorough": ("Thorough", "Reads the data more often, with a wider change.", "barbell"),
}


def recommended(
    model: ModelInfo | None,
    method: Method[Any],
    report: PrepareReport | None,
    pace: float = 1.0,
    optimizer: str = "adamw",
) -> Recommended:
    """Values for this model, method and data, each with its reason in a sentence; defaults where nothing speaks.
    `pace` is the objective's."""
    values: Recommended = {
        f"train.{name}": (field.default, "Suits most runs.") for name, field in TrainSettings.model_fields.items()
    }
    for field in method.form():
        values[f"method.{field.key}"] = (field.default, "Suits most runs.")
    values["train.epochs"] = _epochs(model, report)
    values["train.batch_size"] = _batch_size(report)
    if model:
        moved = _optimizer_pace(optimizer, method.trainable(model, method.settings({})))
        kind = _READERS_PACE if model.architecture == "encoder" else 1.0
        rate = min(1.0, _rounded(method.learning_rate(model) * pace * moved * kind))
        size = _parameters(model.parameters)
        name = method.term or method.title
        slower = " What is learnt here wants smaller steps than learning to answer." if pace < 1 else ""
        values["train.learning_rate"] = (
            rate,
            f"A model of {size} learns well around this value with {name}.{slower}{_OTHER.get(optimizer, '')}",
        )
        values["train.max_length"] = _length(model, report)
    return values


_READERS_PACE = 0.3
"""Models that read only, whose layers end in a norm, take smaller steps than those that write: BERT's makers use 2e-5
to 5e-5 at 110 million weights. Measured on the starter (marking names, validation loss after 260 steps): 0.27 at 3e-4,
0.29 at 1e-3, 0.30, which is no better than guessing, at 2e-3."""

_OTHER = {
    "lion": " With Lion it is a fifth of what it would be with AdamW.",
    "sgd": " Plain steps are sized to go as far as AdamW's.",
}


def _optimizer_pace(optimizer: str, trainable: int) -> float:
    """How many times AdamW's step size suits an optimizer. Lion's is three to ten times smaller (Chen et al., 2023).
    A plain step along a gradient clipped to length 1 adds up to ten with a momentum of 0.9; AdamW's is about the step
    size in each weight, so as long as the root of their number."""
    return {"lion": 0.2, "sgd": 0.1 * max(1, trainable) ** 0.5}.get(optimizer, 1.0)


def _epochs(model: ModelInfo | None, report: PrepareReport | None) -> tuple[float, str]:
    rows = report.train if report else 0
    if model and model.parameters < SMALL_MODEL:
        return 4.0, "A small model needs to read the examples more often."
    if rows and rows < 300:
        return 5.0, f"With {rows:,} examples, reading them more often helps."
    if rows > 20_000:
        return 1.0, f"With {rows:,} examples, once is enough."
    return 3.0, "Three times suits most projects of this size."


def _batch_size(report: PrepareReport | None) -> tuple[int, str]:
    rows = report.train if report else 0
    if rows and rows < 200:
        return 4, "With few examples, smaller handfuls give enough steps."
    if rows > 20_000:
        return 32, "With many examples, larger handfuls are steadier."
    return 8, "Suits projects of this size."


def _length(model: ModelInfo, report: PrepareReport | None) -> tuple[int, str]:
    if report is None or not report.longest:
        return min(512, model.context), "Suits most questions and answers."
    needed = max(64, 64 * math.ceil(report.longest / 64))
    if needed <= model.context:
        return needed, "Keeps all examples whole."
    return model.context, f"This model reads at most {model.context:,} tokens."


def presets(base: Recommended, method: Method[Any]) -> tuple[Preset, ...]:
    """Careful, balanced, thorough: the recommended values, varied. Every value any of them touches is in all."""
    rate, epochs = base["train.learning_rate"][0], base["train.epochs"][0]
    shared = {key: base[key][0] for key in ("train.batch_size", "train.max_length", "train.warmup", "train.schedule")}
    rank = "rank" in {field.key for field in method.form()}
    usual = base["method.rank"][0] if rank else 0
    usual_rank = {"method.rank": usual} if rank else {}
    wide_rank = {"method.rank": usual * 2} if rank else {}
    varied: dict[str, dict[str, Any]] = {
        "careful": {"train.learning_rate": _rounded(rate / 2), "train.epochs": epochs, **usual_rank},
        "balanced": {"train.learning_rate": rate, "train.epochs": epochs, **usual_rank},
        "thorough": {"train.learning_rate": rate, "train.epochs": epochs * 2, **wide_rank},
    }
    return tuple(
        Preset(id=id, title=title, summary=summary, icon=icon, changes={"preset": id, **shared, **varied[id]})
        for id, (title, summary, icon) in _WORDS.items()
    )


def with_preset(config: RunConfig, preset: Preset) -> RunConfig:
    """The preset laid over a config."""
    return edit(config, preset.changes)


def values_of(preset: str, base: Recommended, method: Method[Any]) -> dict[str, Any]:
    """Every value that a preset stands for: the recommended ones with its own laid over."""
    chosen = next((one for one in presets(base, method) if one.id == preset), None)
    return {**{name: value for name, (value, _) in base.items()}, **(chosen.changes if chosen else {})}


def settle(config: RunConfig, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The changes that let untouched values follow a new recommendation; what the person set stays.

    `old` and `new` are `values_of` before and after the model, the method or the data changed.
    """
    return {
        name: value
        for name, value in new.items()
        if name in old and _value(config, name, old[name]) == old[name] and value != old[name]
    }


def _value(config: RunConfig, name: str, default: Any) -> Any:
    section, _, leaf = name.partition(".")
    part = config.model_dump(mode="json")[section]
    return part.get(leaf, default) if leaf else part


def own(
    config: RunConfig, preset: Preset | None, base: Mapping[str, tuple[Any, str]], forms: Forms
) -> dict[str, tuple[Any, Any]]:
    """What is the person's own, in the order of the forms: name to (what it would be, what it is).

    It would be what the preset says, else what is recommended (`base`), else what is declared. Lists of texts, such as
    the questions asked on the way, are no setting to compare.
    """
    varied = preset.changes if preset else {}
    fields = {
        f"{section}.{field.key}": field for section, rows in forms.items() for field in rows if field.kind != "texts"
    }
    found = {}
    for name, field in fields.items():
        wanted = varied.get(name, base.get(name, (field.default, ""))[0])
        mine = _value(config, name, wanted)
        if not same(mine, wanted):
            found[name] = (wanted, mine)
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two values of a setting mean the same; 0.1 + 0.2 and 0.3 do."""
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-15)
    return one == other


def _rounded(rate: float) -> float:
    """To one significant figure of 1, 2, 3 or 5: people read 0.0002 more easily than 0.000213."""
    power = 10.0 ** math.floor(math.log10(rate))
    figure = min((1, 2, 3, 5, 10), key=lambda candidate: abs(math.log(rate / power / candidate)))
    return float(f"{figure * power:.1g}")


def _parameters(count: int) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.1f} billion weights"
    return f"{count / 1e6:.1f} million weights" if count >= 1e6 else f"{count / 1e3:.0f} thousand weights"
