"""Where plugins from outside come from: folders with a static `plugin.toml`, and installed packages.

Finding one reads text only. `load` imports it and so runs its code: only a worker or a describing child does that.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from studio.api import Cleaner, Exporter, Method, Metric, Objective, Plugin, Reader
from studio.core.paths import plugins_folder, user_folder

FILE = "plugin.toml"
GROUP = "studio.plugins"
KINDS: dict[str, type[Plugin[Any]]] = {
    "reader": Reader,
    "cleaner": Cleaner,
    "objective": Objective,
    "method": Method,
    "metric": Metric,
    "exporter": Exporter,
}


@dataclass(frozen=True)
class Source:
    """A place that plugins come from. `where` is "shipped", "own" or "package"; `stamp` changes with its content."""

    name: str
    version: str
    where: str
    module: str
    stamp: str
    folder: Path | None = None
    entry: EntryPoint | None = None


@dataclass(frozen=True)
class Broken:
    """A source or a plugin that can't be used, with the reason in a sentence."""

    name: str
    sentence: str


def found() -> tuple[list[Source], list[Broken]]:
    """Every source in order: those that ship, the person's own, installed packages; and what can't be read."""
    sources: list[Source] = []
    broken: list[Broken] = []
    for where, home in (("shipped", plugins_folder()), ("own", user_folder() / "plugins")):
        for file in sorted(home.glob(f"*/{FILE}")):
            try:
                sources.append(_described_by(file, where))
            except (OSError, ValueError, KeyError, TypeError) as error:
                sentence = f"Its description ({FILE}) can't be read: {_reason(error)}"
                broken.append(Broken(file.parent.name, sentence))
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        version = entry.dist.version if entry.dist else ""
        sources.append(Source(entry.name, version, "package", entry.value, f"{entry.value} {version}", entry=entry))
    return sources, broken


def _described_by(file: Path, where: str) -> Source:
    facts = tomllib.loads(file.read_text(encoding="utf-8"))
    module = str(facts["module"])
    if not module.isidentifier():
        raise ValueError(f"{module} is no name of a module")
    return Source(str(facts["name"]), str(facts["version"]), where, module, _stamp(file.parent), folder=file.parent)


def _stamp(folder: Path) -> str:
    """A hash of a plugin's own files."""
    digest = hashlib.sha256(str(folder).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path.relative_to(folder)}:".encode() + path.read_bytes())
    return digest.hexdigest()


def load(source: Source) -> list[Plugin[Any]]:
    """Import a source and make its plugins. Whatever its code raises comes through."""
    if source.entry is not None:
        named = source.entry.load()
        kinds = list(_classes(named)) if isinstance(named, ModuleType) else [named]
    else:
        assert source.folder is not None
        kinds = list(_classes(_imported(source.folder, source.module)))
    return [kind() for kind in kinds]


def _imported(folder: Path, module: str) -> ModuleType:
    """A module of a plugin's folder. The folder is imported as a package of a name that only it can have, so that its
    modules find each other (`from . import table`) and never get in the way of others."""
    name = f"studio_plugin_{folder.name}_{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = module_from_spec(spec)
    return importlib.import_module(f"{name}.{module}")


def _classes(module: ModuleType) -> Iterator[type[Plugin[Any]]]:
    """A module's plugins: those it lists in `PLUGINS`, else every class of a kind that is its own."""
    listed = getattr(module, "PLUGINS", None)
    if listed is not None:
        yield from listed
        return
    kinds = tuple(KINDS.values())
    for _, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, kinds) and not inspect.isabstract(member) and member.__module__ == module.__name__:
            yield member


def kind_of(plugin: Plugin[Any]) -> str:
    """A plugin's kind by name."""
    return next(name for name, kind in KINDS.items() if isinstance(plugin, kind))


def broken_by(source: Source, error: BaseException) -> Broken:
    """The line for a source whose code failed."""
    return Broken(source.name, f"It could not be loaded: {_reason(error)}")


def _reason(error: BaseException) -> str:
    words = " ".join(str(error).split())[:200]
    return f"{type(error).__name__} ({words})." if words else f"{type(error).__name__}."
