"""Making a step's page when it is first wanted: the window opens sooner, and charts are loaded only where they are."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from studio.ui.session import Session, State


class Page(Protocol):
    """What the window asks of every step's page."""

    page_id: str
    set_explain: SignalInstance
    go: SignalInstance

    def refresh(self, state: State) -> None:
        """Show the project as it is; cheap, and the same state twice changes nothing."""
        ...

    def primary(self) -> tuple[str, bool, str]:
        """The primary button: its words, whether it is enabled, and why not."""
        ...

    def activate_primary(self) -> None:
        """Do what the primary button says."""
        ...


def make_page(step: str, session: Session) -> QWidget:
    """The page of a step."""
    match step:
        case "data":
            from studio.ui.pages.data import DataPage as Made
        case "model":
            from studio.ui.pages.model import ModelPage as Made
        case "method":
            from studio.ui.pages.method import MethodPage as Made
        case "settings":
            from studio.ui.pages.settings import SettingsPage as Made
        case "train":
            from studio.ui.pages.train import TrainPage as Made
        case "evaluate":
            from studio.ui.pages.evaluate import EvaluatePage as Made
        case "share":
            from studio.ui.pages.share import SharePage as Made
        case _:
            raise KeyError(step)
    return Made(session)
