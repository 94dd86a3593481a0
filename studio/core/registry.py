"""A list of plugins of one kind, by id, in the order they were added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Generic, Protocol, TypeVar

from studio.core.problem import StudioError


class Named(Protocol):
    """Whatever class has an id and a title."""

    id: ClassVar[str]
    title: ClassVar[str]


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Plugins of one kind. Two with the same id are refused, so that a plugin can't replace another unseen."""

    def __init__(self, kind: str, plugins: Iterable[T] = ()) -> None:
        self.kind = kind
        self._plugins: dict[str, T] = {}
        for plugin in plugins:
            self.add(plugin)

    def add(self, plugin: T) -> None:
        """Add one plugin. Raises StudioError when its id is taken."""
        if plugin.id in self._plugins:
            raise StudioError(
                "plugin-id-taken",
                f"Two {self.kind} plugins call themselves {plugin.id}.",
                data="The first one is used; your projects are unchanged.",
                remedy="Remove one of the two plugins.",
            )
        self._plugins[plugin.id] = plugin

    def __getitem__(self, id: str) -> T:
        try:
            return self._plugins[id]
        except KeyError:
            raise StudioError(
                "plugin-missing",
                f"There is no {self.kind} called {id} here.",
                data="The project is unchanged.",
                remedy=f"Choose one of: {', '.join(self._plugins) or 'none are installed'}.",
            ) from None

    def __contains__(self, id: object) -> bool:
        return id in self._plugins

    def __iter__(self) -> Iterator[T]:
        return iter(self._plugins.values())

    def __len__(self) -> int:
        return len(self._plugins)
