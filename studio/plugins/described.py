"""Plugins from outside as the window knows them: by what a child tells of them. None of their code runs here.

A described plugin is an object of its kind with the same words and the same form. A method answers everything that is
asked before training; what works on data or models raises StudioError here, for that is a worker's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from pydantic import Field, create_model

from studio.api import Method, ModelInfo, Objective, Picture, Plugin, Problem, Role, Settings, StudioError
from studio.plugins.sources import KINDS

Ask = Callable[[dict[str, Any]], dict[str, Any]]
_TYPES: dict[str, Any] = {"integer": int, "number": float, "boolean": bool, "string": str, "array": tuple[str, ...]}


def described(told: dict[str, Any], ask: Ask) -> Plugin[Any]:
    """The plugin that a description tells of."""
    facts = {name: _value(value) for name, value in told.items() if name not in ("kind", "settings")}
    facts["Settings"] = settings_of(told["settings"])
    if "roles" in facts:
        facts["roles"] = tuple(Role(*role) for role in facts["roles"])
    kind = KINDS[told["kind"]]
    answered = {Method: DescribedMethod, Objective: DescribedObjective}.get(kind, kind)  # type: ignore[arg-type]
    missing = dict.fromkeys(getattr(answered, "__abstractmethods__", ()), _elsewhere)
    plugin = type(f"Described_{told['id']}", (answered,), {**missing, **facts, "__doc__": told["summary"]})()
    plugin.__dict__.update(ask=ask)
    return plugin


class DescribedMethod(Method[Settings]):
    """A method whose answers a child gives."""

    ask: Ask

    def check(self, model: ModelInfo, settings: Settings) -> Iterable[Problem]:
        return [Problem.model_validate(problem) for problem in self._answers(model, settings)["problems"]]

    def trainable(self, model: ModelInfo, settings: Settings) -> int:
        return self._answers(model, settings)["trainable"]

    def compressed(self, model: ModelInfo, settings: Settings) -> tuple[int, float]:
        weights, each = self._answers(model, settings)["compressed"]
        return weights, each

    def learning_rate(self, model: ModelInfo) -> float:
        return self._answers(model, self.settings({}))["learning_rate"]

    def picture(self, model: ModelInfo, settings: Settings) -> Picture:
        told = self._answers(model, settings)["picture"]
        return Picture(**{**told, "layers": tuple(told["layers"])})

    def _answers(self, model: ModelInfo, settings: Settings) -> dict[str, Any]:
        """All answers come together."""
        facts, chosen = model.model_dump(mode="json"), settings.model_dump(mode="json")
        return self.ask({"kind": "method", "id": self.id, "model": facts, "settings": chosen})


class DescribedObjective(Objective[Settings]):
    """An objective that a child asks about columns."""

    ask: Ask

    def check(self, roles: Mapping[str, str]) -> Iterable[Problem]:
        told = self.ask({"kind": "objective", "id": self.id, "roles": dict(roles)})
        return [Problem.model_validate(problem) for problem in told["problems"]]


def _value(told: Any) -> Any:
    """What JSON made of a value, back again."""
    if isinstance(told, dict) and "set" in told:
        return frozenset(told["set"])
    return tuple(told) if isinstance(told, list) else told


def settings_of(schema: dict[str, Any]) -> type[Settings]:
    """A settings model that checks and shows what the schema declares (see `studio.core.settings.setting`)."""
    fields: dict[str, Any] = {}
    for key, entry in schema.get("properties", {}).items():
        only = entry.get("enum") or ([entry["const"]] if "const" in entry else None)
        kind = Literal[tuple(only)] if only else _TYPES.get(entry.get("type", "string"), str)
        fields[key] = (
            kind,
            Field(
                tuple(entry["default"]) if entry.get("type") == "array" else entry.get("default"),
                title=entry.get("title"),
                description=entry.get("description"),
                ge=entry.get("minimum"),
                le=entry.get("maximum"),
                json_schema_extra={"studio": entry["studio"]} if "studio" in entry else None,
            ),
        )
    return create_model(schema.get("title", "Settings"), __base__=Settings, **fields)


def _elsewhere(self: Plugin[Any], *arguments: object, **named: object) -> Any:
    raise StudioError(
        "plugin-works-elsewhere",
        f"The plugin {self.id} does its work in a worker only.",
        data="Nothing was changed.",
        remedy="Start it as a run or a job.",
    )
