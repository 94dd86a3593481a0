"""What the person asks for while a run is under way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from studio.core.events import AnyCommand, Pause, Paused, Resume, Resumed, Stop
from studio.engine.live import Live

POLL = 0.05


class StopAsked(Exception):
    """The person stopped the run. Raised between two portions at the latest."""


class Control:
    """Listens between portions. Stop is raised and Pause waited out on the spot; the rest waits in `wanted` for
    the end of the step, when the weights are whole."""

    def __init__(self, live: Live, save: Callable[[], None]) -> None:
        self._live = live
        self._save = save
        self._heard: deque[AnyCommand] = deque()
        self.wanted: list[AnyCommand] = []
        self.step = 0

    def listen(self) -> None:
        """Act on what was asked for. Raises StopAsked."""
        self._heard.extend(self._live.commands())
        while self._heard:
            command = self._heard.popleft()
            if isinstance(command, Stop):
                raise StopAsked
            if isinstance(command, Pause):
                self._pause()
            elif not isinstance(command, Resume):
                self.wanted.append(command)

    def take_wanted(self) -> list[AnyCommand]:
        """What waits for the end of the step, each once."""
        wanted, self.wanted = self.wanted, []
        return wanted

    def _pause(self) -> None:
        """Make a save point, so that not even a power cut costs anything, and wait."""
        self._save()
        self._live.say(Paused(step=self.step))
        self._live.sync()
        while not self._resumed():
            time.sleep(POLL)
        self._live.say(Resumed(step=self.step))

    def _resumed(self) -> bool:
        self._heard.extend(self._live.commands())
        while self._heard:
            command = self._heard.popleft()
            if isinstance(command, Stop):
                raise StopAsked
            if isinstance(command, Resume):
                return True
            if not isinstance(command, Pause):
                self.wanted.append(command)
        return False
