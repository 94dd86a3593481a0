"""How the engine speaks and listens. The worker hands in the real thing; the engine knows no files of a run."""

from __future__ import annotations

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


class Silent:
    """A voice nobody hears, and an ear nobody speaks to."""

    def say(self, event: AnyEvent) -> None:
        """Tell nobody."""

    def sync(self) -> None:
        """Nothing to bring to the disk."""

    def commands(self) -> list[AnyCommand]:
        return []
