"""What the commands and dialogs need of the main window: its session, its parts, and ways to go about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio.ui.remembered import Remembered
from studio.ui.session import Session


class Actions(Protocol):
    """The window's actions by id."""

    def action(self, id: str) -> QAction: ...

    def all(self) -> Sequence[QAction]: ...


class Window(Protocol):
    """The main window, as its commands and dialogs see it."""

    session: Session
    remembered: Remembered

    @property
    def actions_by_id(self) -> Actions: ...

    def close(self) -> bool: ...

    def at_home(self) -> bool: ...

    def last_step(self) -> str: ...

    def show_home(self, place: str = "home") -> None: ...

    def show_step(self, step: str) -> QWidget | None: ...

    def go_on(self) -> None: ...

    def go_back(self) -> None: ...

    def try_sample(self) -> None: ...

    def set_expert(self, expert: bool) -> None: ...

    def explain(self) -> None: ...

    def take_model(self, folder: Path) -> None: ...
