"""Finding plugins by kind. The built-in ones are found by the name of their module, so that no layer imports them.

Those from outside (`plugins/` beside the studio, the person's own folder, installed packages) are real in workers,
which call `use_real` first; everywhere else they are described by a child, and none of their code runs.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from functools import cache
from typing import Any, NamedTuple, TypeVar

from studio import __version__
from studio.api import Cleaner, Exporter, Method, Metric, Objective, Plugin, Reader
from studio.core.paths import user_folder
from studio.core.registry import Registry
from studio.plugins.asking import Asking
from studio.plugins.described import described
from studio.plugins.memory import Answers
from studio.plugins.sources import KINDS, Broken, Source, found, kind_of
from studio.plugins.telling import load_all

__all__ = [
    "Broken",
    "Source",
    "broken",
    "cleaners",
    "exporters",
    "methods",
    "metrics",
    "objectives",
    "outside",
    "readers",
    "sources",
    "use_real",
]

P = TypeVar("P", bound=Plugin[Any])
_asking = Asking()
_answers = Answers(user_folder() / "plugins.jsonl")
_real = False


class Outside(NamedTuple):
    """The plugins from outside, and a line for each that can't be used."""

    plugins: tuple[Plugin[Any], ...] = ()
    broken: tuple[Broken, ...] = ()


def use_real(real: bool = True) -> None:
    """From now on plugins from outside are loaded, and their code runs in this process: for workers."""
    global _real
    _real = real
    forget()


def forget() -> None:
    """Look again at what there is, e.g. after a plugin was added."""
    for known in (outside, readers, cleaners, objectives, methods, metrics, exporters):
        known.cache_clear()
    _answers.forget()
    _asking.close()


def sources() -> tuple[Source, ...]:
    """Where plugins from outside come from."""
    return tuple(found()[0])


def broken() -> tuple[Broken, ...]:
    """What can't be used, each with its reason in a sentence; the rest works."""
    builtin = {(kind, id) for kind in KINDS for id in _ids(kind)}
    doubled = [
        Broken(plugin.title, f"Another {kind_of(plugin)} already calls itself {plugin.id}.")
        for place, plugin in enumerate(outside().plugins)
        if (key := (kind_of(plugin), plugin.id)) in builtin
        or key in [(kind_of(earlier), earlier.id) for earlier in outside().plugins[:place]]
    ]
    return (*outside().broken, *doubled)


@cache
def outside() -> Outside:
    """The plugins from outside: real in a worker, else described."""
    present, unread = found()
    if not present:
        return Outside((), tuple(unread))
    if _real:
        plugins, failed = load_all(present)
        return Outside(tuple(plugins), (*unread, *failed))
    state = [__version__, sys.version, *(source.stamp for source in present)]

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        return _answers.to({**question, "state": state}, lambda: _asking.ask(question))

    told = _answers.to({"state": state}, _asking.describe)
    names = {source.stamp: source.name for source in present}
    hung = [Broken(names[stamp], "It does not answer.") for stamp in told["hung"] if stamp in names]
    failed = [Broken(**each) for each in told["broken"]]
    return Outside(tuple(described(each, ask) for each in told["plugins"]), (*unread, *failed, *hung))


@cache
def _builtin(kind: type[P], package: str) -> tuple[P, ...]:
    """Every plugin of a kind in `studio.builtin.<package>`."""
    found: dict[str, type[P]] = {}
    home = importlib.import_module(f"studio.builtin.{package}")
    for module_info in pkgutil.iter_modules(home.__path__, home.__name__ + "."):
        module = importlib.import_module(module_info.name)
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, kind) and not inspect.isabstract(member) and member.__module__ == module.__name__:
                found[member.id] = member
    return tuple(plugin() for plugin in found.values())


def _ids(kind: str) -> set[str]:
    return {plugin.id for plugin in _builtin(KINDS[kind], f"{kind}s")}


def _all(kind: type[P]) -> Registry[P]:
    """The built-in plugins of a kind and those from outside, ordered by `order`, then id. Whoever comes from outside
    with an id that is taken is left out, and `broken` says so."""
    name = kind.__name__.lower()
    plugins = {plugin.id: plugin for plugin in _builtin(kind, f"{name}s")}
    for plugin in outside().plugins:
        if isinstance(plugin, kind):
            plugins.setdefault(plugin.id, plugin)
    return Registry(name, sorted(plugins.values(), key=lambda plugin: (plugin.order, plugin.id)))


@cache
def readers() -> Registry[Reader[Any]]:
    """Readers by id."""
    return _all(Reader)


@cache
def cleaners() -> Registry[Cleaner[Any]]:
    """Steps of the recipe by id."""
    return _all(Cleaner)


@cache
def objectives() -> Registry[Objective[Any]]:
    """Objectives by id."""
    return _all(Objective)


@cache
def methods() -> Registry[Method[Any]]:
    """Methods by id, as the cards show them."""
    return _all(Method)


@cache
def metrics() -> Registry[Metric[Any]]:
    """Metrics by id."""
    return _all(Metric)


@cache
def exporters() -> Registry[Exporter[Any]]:
    """Exporters by id."""
    return _all(Exporter)
