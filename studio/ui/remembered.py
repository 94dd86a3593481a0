"""What the window remembers from one time to the next. Read once before the window opens, written at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.services import preferences
from studio.services.preferences import Preferences

if TYPE_CHECKING:
    from studio.ui.session import Session


class Remembered(QObject):
    """The preferences as the window uses them. `changed` when one of them has another value."""

    changed = Signal()

    def __init__(self, session: Session, value: Preferences) -> None:
        super().__init__(session)
        self._session = session
        self.value = value

    def change(self, **changes: Any) -> None:
        """Take new values and keep them."""
        new = self.value.model_copy(update=changes)
        if new != self.value:
            self.value = new
            self._session.call(_keep, changes)
            self.changed.emit()


def _keep(changes: dict[str, Any]) -> None:
    # The file may have changed meanwhile (a model folder was added): only what changed here is laid over it.
    preferences.save(preferences.load().model_copy(update=changes))
