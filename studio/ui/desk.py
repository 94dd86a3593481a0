"""Where file, database and tokenizer work is done: two threads beside the window's.

The desk does what concerns the project, one thing after another, because a database has one user; the library reads
pages of data, so that scrolling never waits for the desk. Results come back in the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal

from studio.core.problem import StudioError

Lane = Literal["desk", "library"]
Then = Callable[[Any], None]


class Desk(QObject):
    """Runs functions in a lane and hands their result, or their StudioError, to the window's thread.

    Any other exception is a bug: it is raised again in the window's thread, where the crash dialog sees it.
    """

    _delivered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = {name: ThreadPoolExecutor(1, thread_name_prefix=name) for name in ("desk", "library")}
        self._open = True
        self._delivered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def call(
        self,
        work: Callable[[], Any],
        then: Then | None = None,
        failed: Callable[[StudioError], None] | None = None,
        lane: Lane = "desk",
    ) -> None:
        """Do `work` in a lane, then call `then(result)` or `failed(error)` in the window's thread."""
        if self._open:
            self._lanes[lane].submit(self._work, work, then, failed)

    def _work(self, work: Callable[[], Any], then: Then | None, failed: Callable[[StudioError], None] | None) -> None:
        try:
            result = work()
        except StudioError as error:
            self._hand_over(partial(failed, error) if failed else None)
        except Exception as error:  # noqa: BLE001 - our bug: told where the window's hook sees it
            self._hand_over(partial(_raise, error))
        else:
            self._hand_over(partial(then, result) if then else None)

    def _hand_over(self, delivery: Callable[[], None] | None) -> None:
        if delivery and self._open:
            self._delivered.emit(delivery)

    def _deliver(self, delivery: Callable[[], None]) -> None:
        # What was under way when the window closed has nobody left to take it.
        if self._open:
            delivery()

    def close(self) -> None:
        """Finish what is begun, and take nothing more."""
        self._open = False
        for lane in self._lanes.values():
            lane.shutdown(wait=True)


def _raise(error: Exception) -> None:
    raise error
