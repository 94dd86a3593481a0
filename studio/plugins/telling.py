"""What a plugin says of itself and answers about a model, as plain values: for whoever has loaded it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ValidationError

from studio.api import Method, ModelInfo, Objective, Picture, Plugin, Problem
from studio.plugins.sources import KINDS, Broken, Source, broken_by, kind_of, load

_WORDS = ("id", "title", "term", "summary", "explanation", "order")


def description(plugin: Plugin[Any]) -> dict[str, Any]:
    """Everything that a card and a form show of a plugin."""
    kind = kind_of(plugin)
    facts = {name: getattr(plugin, name) for name in _WORDS}
    # What a kind declares beside: an objective's roles, a reader's suffixes.
    for name in KINDS[kind].__annotations__:
        if hasattr(plugin, name):
            value = getattr(plugin, name)
            facts[name] = {"set": sorted(value)} if isinstance(value, frozenset) else value
    return {"kind": kind, **facts, "settings": plugin.Settings.model_json_schema()}


def answers(method: Method[Any], model: ModelInfo, settings: dict[str, Any]) -> dict[str, Any]:
    """A method's answers about a model: problems, weights that train, step size, what is compressed, picture. Settings
    that the method refuses beyond their declared bounds are a problem, and nothing trains."""
    try:
        chosen = method.settings(settings)
    except ValidationError as error:
        refused = Problem(id="settings-refused", step="method", sentence=f"{error.errors()[0]['msg']}.")
        return {
            "problems": [refused.model_dump(mode="json")],
            "trainable": 0,
            "learning_rate": method.learning_rate(model),
            "compressed": (0, 0.0),
            "picture": Picture(("frozen",) * model.layers)._asdict(),
        }
    return {
        "problems": [problem.model_dump(mode="json") for problem in method.check(model, chosen)],
        "trainable": method.trainable(model, chosen),
        "learning_rate": method.learning_rate(model),
        "compressed": method.compressed(model, chosen),
        "picture": method.picture(model, chosen)._asdict(),
    }


def missing_roles(objective: Objective[Any], roles: dict[str, str]) -> dict[str, Any]:
    """What an objective finds wrong with the columns' roles."""
    return {"problems": [problem.model_dump(mode="json") for problem in objective.check(roles)]}


def load_all(
    sources: Iterable[Source], before: Callable[[Source], None] = lambda source: None
) -> tuple[list[Plugin[Any]], list[Broken]]:
    """The plugins of every source that loads and tells of itself, and a line for each that does not."""
    plugins: list[Plugin[Any]] = []
    broken: list[Broken] = []
    for source in sources:
        before(source)
        try:
            loaded = load(source)
            json.dumps([description(plugin) for plugin in loaded])
        except Exception as error:  # noqa: BLE001 - a plugin's edge: whatever its code raises is told
            broken.append(broken_by(source, error))
        else:
            plugins += loaded
    return plugins, broken
