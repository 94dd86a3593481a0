"""How the engine speaks and listens. The worker hands in the real thing; the engine knows no files of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from studio.core.events import AnyCommand, AnyEvent


class Live(Protocol):
    """A voice for events and an ear for commands."""

    def say(self, event: AnyEvent) -> None:
        """Tell what happened."""
        ...

    def sync(self) -> None:
        """Make what was said survive a power cut."""
        ...

    def commands(self) -> list[AnyCommand]:
        """What was asked for since the last call."""
        ...


class Shared:
    """A voice, and an ear that all processes of a run have in common: `told` gives all of them what the first one
    hears, at the same point of the run."""

    def __init__(self, live: Live, told: Callable[[Sequence[AnyCommand]], list[AnyCommand]]) -> None:
        self._live = live
        self._told = told

    def say(self, event: AnyEvent) -> None:
        """Tell what happened."""
        self._live.say(event)

    def sync(self) -> None:
        """Make what was said survive a power cut."""
        self._live.sync()

    def commands(self) -> list[AnyCommand]:
        """What the first process was asked for since the last call."""
        return self._told(self._live.commands())


class Silent:
    """A voice nobody hears, and an ear nobody speaks to."""

    def say(self, event: AnyEvent) -> None:
        """Tell nobody."""

    def sync(self) -> None:
        """Nothing to bring to the disk."""

    def commands(self) -> list[AnyCommand]:
        return []
