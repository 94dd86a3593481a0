"""Doing a thing often enough, and no oftener."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Throttle:
    """Does a thing at once, and then at most every so many milliseconds, never losing the last wish."""

    def __init__(self, owner: QObject, milliseconds: int, work: Callable[[], None]) -> None:
        self._work = work
        self._wanted = False
        self._timer = QTimer(owner, singleShot=True, interval=milliseconds)
        self._timer.timeout.connect(self._due)

    def wish(self) -> None:
        """Do it now, or when it is due."""
        if self._timer.isActive():
            self._wanted = True
            return
        self._work()
        self._timer.start()

    def _due(self) -> None:
        if self._wanted:
            self._wanted = False
            self.wish()
