"""Finding plugins by kind. The built-in ones are found by the name of their module, so that no layer imports them.

The window uses only these; other plugins are described by a worker and run in workers.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from typing import Any, TypeVar

from studio.api import Cleaner, Exporter, Method, Metric, Objective, Plugin, Reader
from studio.core.registry import Registry

P = TypeVar("P", bound=Plugin[Any])


def _builtin(kind: type[P], package: str) -> Registry[P]:
    """Every plugin of a kind in `studio.builtin.<package>`, ordered by its class's `order`, then its id."""
    found: dict[str, type[P]] = {}
    home = importlib.import_module(f"studio.builtin.{package}")
    for module_info in pkgutil.iter_modules(home.__path__, home.__name__ + "."):
        module = importlib.import_module(module_info.name)
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, kind) and not inspect.isabstract(member) and member.__module__ == module.__name__:
                found[member.id] = member
    ordered = sorted(found.values(), key=lambda plugin: (plugin.order, plugin.id))
    return Registry(kind.__name__.lower(), (plugin() for plugin in ordered))


@cache
def readers() -> Registry[Reader[Any]]:
    """Readers by id."""
    return _builtin(Reader, "readers")


@cache
def cleaners() -> Registry[Cleaner[Any]]:
    """Steps of the recipe by id."""
    return _builtin(Cleaner, "cleaners")


@cache
def objectives() -> Registry[Objective[Any]]:
    """Objectives by id."""
    return _builtin(Objective, "objectives")


@cache
def methods() -> Registry[Method[Any]]:
    """Methods by id, as the cards show them."""
    return _builtin(Method, "methods")


@cache
def metrics() -> Registry[Metric[Any]]:
    """Metrics by id."""
    return _builtin(Metric, "metrics")


@cache
def exporters() -> Registry[Exporter[Any]]:
    """Exporters by id."""
    return _builtin(Exporter, "exporters")
