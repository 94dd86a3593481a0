"""Settings are declared once, as fields of a pydantic model; forms, checks, files and help are read from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["basic", "advanced"]
Kind = Literal["integer", "number", "boolean", "choice", "text", "texts"]


class Settings(BaseModel):
    """What a plugin or a part of the studio lets a person choose. Frozen; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def setting(  # noqa: PLR0913 - a declaration: every word a form may need, all by name
    default: Any,
    title: str,
    *,
    term: str = "",
    help: str = "",
    too_low: str = "",
    too_high: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[tuple[Any, str]] | None = None,
    unit: str = "",
    level: Level = "advanced",
    logarithmic: bool = False,
    good: tuple[float, float] | None = None,
) -> Any:
    """Declare one setting: its default, its words, its bounds, and how a form should show it.

    `choices` are (value, words) pairs; `good` is the range that usually works, drawn in Explain;
    `logarithmic` lets the spin box multiply instead of add.
    """
    extra = {
        "term": term,
        "too_low": too_low,
        "too_high": too_high,
        "unit": unit,
        "level": level,
        "logarithmic": logarithmic,
        "good": list(good) if good else None,
        "choices": [list(pair) for pair in choices] if choices else None,
    }
    return Field(
        default,
        title=title,
        description=help,
        ge=minimum,
        le=maximum,
        json_schema_extra={"studio": extra},
    )


class SettingField(BaseModel):
    """One row of a form, as read from a settings model's JSON Schema (so that a plugin's form needs no import)."""

    model_config = ConfigDict(frozen=True)

    key: str
    kind: Kind
    title: str
    term: str = ""
    help: str = ""
    too_low: str = ""
    too_high: str = ""
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[Any, str], ...] = ()
    unit: str = ""
    level: Level = "advanced"
    logarithmic: bool = False
    good: tuple[float, float] | None = None


_KINDS: dict[str, Kind] = {"integer": "integer", "number": "number", "boolean": "boolean", "array": "texts"}


def fields_of(schema: dict[str, Any]) -> tuple[SettingField, ...]:
    """The form fields that a settings model's `model_json_schema()` declares, in their order."""
    return tuple(_field(key, entry) for key, entry in schema.get("properties", {}).items() if "studio" in entry)


def _field(key: str, entry: dict[str, Any]) -> SettingField:
    extra = entry["studio"]
    choices = tuple((value, words) for value, words in extra["choices"] or ())
    kind: Kind = "choice" if choices else _KINDS.get(entry.get("type", "string"), "text")
    shown = {name: extra[name] for name in ("term", "too_low", "too_high", "unit", "level", "logarithmic", "good")}
    return SettingField(
        key=key,
        kind=kind,
        title=entry.get("title", key),
        help=entry.get("description", ""),
        default=entry.get("default"),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        choices=choices,
        **shown,
    )
