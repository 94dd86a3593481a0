"""Making the steps' pages when they are first wanted, or ahead of that, and letting them go with their project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, cast, runtime_checkable

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.ui.messages import STEPS
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


@runtime_checkable
class InParts(Protocol):
    """A page that makes parts of itself when they are first looked at."""

    def make_parts(self) -> Iterator[QWidget]:
        """Make those that are not there yet, one at each step."""
        ...


class Pages:
    """The steps' pages of a project, in the stack that shows them. `made(step, page)` hears of each new one."""

    def __init__(self, session: Session, stack: QStackedWidget, made: Callable[[str, Page], None]) -> None:
        self._session, self._stack, self._made = session, stack, made
        self._pages: dict[str, QWidget] = {}

    def __getitem__(self, step: str) -> QWidget:
        """A step's page, made when it is first wanted."""
        if step not in self._pages:
            page = self._pages[step] = make_page(step, self._session)
            self._stack.addWidget(page)
            self._made(step, cast(Page, page))
        return self._pages[step]

    def make_all(self) -> Iterator[QWidget]:
        """Make what is not there yet, a page or a part of one at each step."""
        for step in STEPS:
            page = self[step]
            yield page
            if isinstance(page, InParts):
                yield from page.make_parts()

    def let_go(self) -> None:
        """Forget the pages; each goes for good once everything that it asked for has arrived."""
        pages, self._pages = list(self._pages.values()), {}
        desk = self._session.desk

        def delete(_: object) -> None:
            for page in pages:
                page.deleteLater()

        for page in pages:
            self._stack.removeWidget(page)
            page.hide()
        desk.call(lambda: None, lambda _: desk.call(lambda: None, delete, lane="library"))


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
