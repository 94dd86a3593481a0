"""The rows of the settings form and the values in them, from declared settings and a RunConfig. Draws nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from studio.core.config import RunConfig
from studio.core.device import Device
from studio.core.settings import SettingField
from studio.ui.widgets.explain import Explanation, GoodRange
from studio.ui.widgets.fields import FieldKind, FieldSpec, worded
from studio.ui.wording import tr

_KINDS: dict[str, FieldKind] = {
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "choice": "choice",
    "text": "text",
}
# How Expert groups what belongs to training itself; what is not named here stands in the first group.
_GROUPS: dict[str, tuple[str, ...]] = {
    "How far it goes": ("epochs", "steps", "batch_size", "max_length"),
    "Step size and its course": (
        "learning_rate",
        "schedule",
        "warmup",
        "cooldown",
        "cycles",
        "clip",
        "weight_decay",
        "layer_decay",
    ),
    "How steps are made": ("optimizer", "momentum", "average"),
    "Against forgetting, and learning by heart": (
        "replay",
        "kl",
        "kl_share",
        "anchor",
        "noise",
        "smoothing",
        "dropout",
    ),
    "Checks and save points": ("check_tokenizer", "evaluate_every", "patience", "save_every", "keep"),
    "Speed and memory": ("micro_batch", "packing", "checkpointing", "precision", "device", "threads"),
    "Several graphics cards": ("processes", "sharding"),
    "Chance": ("seed",),
}
_AMONG_CARDS = ("train.processes", "train.sharding")


@dataclass(frozen=True)
class Preferred:
    """The value that a preset or a recommendation gives a setting, and why."""

    value: Any
    why: str = ""
    preset: str = ""


def value_of(config: RunConfig, path: str, default: Any = None) -> Any:
    """The value under a dotted name; a plugin's setting that was left out has its declared default."""
    section, _, key = path.partition(".")
    part = getattr(config, section)
    return getattr(part, key) if section == "train" else part.settings.get(key, default)


def declared(forms: Mapping[str, tuple[SettingField, ...]]) -> dict[str, SettingField]:
    """Every declared setting by its dotted name, in the order of the form; lists of texts have editors of their own."""
    return {
        f"{section}.{field.key}": field
        for section in ("train", "method", "objective")
        for field in forms.get(section, ())
        if field.kind in _KINDS
    }


def fitting(
    fields: Mapping[str, SettingField], devices: Iterable[Device], config: RunConfig
) -> dict[str, SettingField]:
    """Those that make sense here: how graphics cards share the work is asked where there are several, or where
    something other than usual was chosen."""
    chosen = any(value_of(config, path) != fields[path].default for path in _AMONG_CARDS if path in fields)
    several = sum(device.kind == "cuda" for device in devices) > 1
    return {path: field for path, field in fields.items() if several or chosen or path not in _AMONG_CARDS}


def preferred(
    fields: Mapping[str, SettingField],
    recommended: Mapping[str, tuple[Any, str]],
    changes: Mapping[str, Any],
    title: str,
) -> dict[str, Preferred]:
    """What each setting would be without the person's own changes: preset over recommendation over declared default."""
    found = {}
    for path, field in fields.items():
        value, why = recommended.get(path, (field.default, ""))
        if path in changes:
            found[path] = Preferred(changes[path], why if changes[path] == value else "", title)
        else:
            found[path] = Preferred(value, why)
    return found


def specs(
    fields: Mapping[str, SettingField],
    wanted: Mapping[str, Preferred],
    recommended: Mapping[str, Any],
    *,
    grouped: bool,
) -> list[FieldSpec]:
    """The rows of the form; `grouped` puts them under headings, as Expert shows them."""
    made = [_spec(path, field, wanted[path], path in recommended) for path, field in fields.items()]
    if not grouped:
        return made
    grouped_specs = [_with_group(spec) for spec in made]
    order = [*_GROUPS, "method", "objective"]
    place = {tr(name) if name in _GROUPS else name: at for at, name in enumerate(order)}
    grouped_specs.sort(key=lambda spec: (place.get(spec.group, 0), _place_in_group(spec.key)))
    return [_titled(spec) for spec in grouped_specs]


def _spec(path: str, field: SettingField, wanted: Preferred, recommended: bool) -> FieldSpec:
    spec = FieldSpec(
        key=path,
        name=tr(field.title),
        term=tr(field.term) if field.term else "",
        sentence=tr(field.help) if field.help else "",
        kind=_KINDS[field.kind],
        minimum=field.minimum,
        maximum=field.maximum,
        choices=tuple((value, tr(words)) for value, words in field.choices),
        unit=tr(field.unit) if field.unit else "",
        level=field.level,
        recommended=wanted.value,
        why=wanted.why,
        too_low=tr(field.too_low) if field.too_low else "",
        too_high=tr(field.too_high) if field.too_high else "",
    )
    return replace(spec, recommended_note=_note(spec, wanted, recommended))


def _note(spec: FieldSpec, wanted: Preferred, recommended: bool) -> str:
    words = worded(spec, wanted.value)
    if wanted.preset and not wanted.why:
        return tr("{preset}: {value}", preset=wanted.preset, value=words)
    if spec.kind in ("choice", "bool", "text"):
        # The value stands in words beside it already.
        return tr("Recommended") if recommended else tr("As usual")
    return "" if recommended else tr("Usual: {value}", value=words)


def _with_group(spec: FieldSpec) -> FieldSpec:
    section, _, key = spec.key.partition(".")
    if section != "train":
        return replace(spec, group=section)
    group = next((name for name, keys in _GROUPS.items() if key in keys), next(iter(_GROUPS)))
    return replace(spec, group=tr(group))


def _place_in_group(path: str) -> int:
    key = path.partition(".")[2]
    return next((keys.index(key) for keys in _GROUPS.values() if key in keys), 99)


def _titled(spec: FieldSpec) -> FieldSpec:
    titles = {"method": tr("Method"), "objective": tr("What is learnt")}
    return replace(spec, group=titles.get(spec.group, spec.group))


def explanation(spec: FieldSpec, field: SettingField, value: Any, wanted: Preferred, problem: str) -> Explanation:
    """What the Explain panel says about a setting and its present value."""
    words = worded(spec, wanted.value)
    return Explanation(
        title=spec.name,
        term=spec.term,
        paragraphs=(spec.sentence,) if spec.sentence else (),
        too_low=spec.too_low,
        too_high=spec.too_high,
        why_title=tr("Why {value}", value=words),
        why=wanted.why,
        good_range=_good_range(spec, field, value, wanted.value),
        notice=problem,
    )


def _good_range(spec: FieldSpec, field: SettingField, value: Any, usual: Any) -> GoodRange | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or field.kind not in ("integer", "number"):
        return None
    good = field.good
    if field.logarithmic and isinstance(usual, int | float) and usual > 0:
        good = (usual / 2, usual * 1.5)
    if good is None or good[0] <= 0:
        return None
    if isinstance(usual, int | float) and usual > 0:
        # What is recommended here is good here, whatever usually holds.
        good = (min(good[0], usual / 1.5), max(good[1], usual * 1.5)) if not good[0] <= usual <= good[1] else good
    # Four times below and above the good range is as far as a picture of it needs to reach.
    low, high = math.log(good[0] / 4), math.log(good[1] * 4)

    def share(number: float) -> float:
        return min(1.0, max(0.0, (math.log(number) - low) / (high - low))) if number > 0 else 0.0

    return GoodRange(share(good[0]), share(good[1]), share(float(value)), f"{worded(spec, value)} {spec.unit}".strip())
