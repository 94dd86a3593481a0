"""A real window with a home of its own, and a camera."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QWidget

from studio.core.run import ACTIVE
from studio.services import preferences
from studio.ui import application
from studio.ui.main_window import MainWindow
from studio.ui.session import Session, State
from studio.ui.theme import ThemeName, apply_theme

WIDTH, HEIGHT = 1280, 800
BASE_PIXELS = 13


def own_home(home: Path) -> None:
    """Let nothing of the person's own be read or changed. Before the first thing of the studio looks for its folder."""
    os.environ["STUDIO_HOME"] = str(home / "studio")
    os.environ["HOME"] = os.environ["USERPROFILE"] = str(home)
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


class Stage:
    """The window, and what a photographer does with it."""

    def __init__(self, folder: Path, projects: Path) -> None:
        self.folder = folder
        self.taken: list[str] = []
        self.closed = False
        self.began = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        self.app = application.make_application()
        base = QFont("Inter") if "Inter" in QFontDatabase.families() else self.app.font()
        base.setPixelSize(BASE_PIXELS)
        self.app.setFont(base)
        # The theme appends the fallback fonts to whatever the application's font is.
        self.app.setProperty("studio_themed", None)
        apply_theme(self.app, "light")
        preferences.save(preferences.load().model_copy(update={"projects_folder": str(projects)}))
        self.window: MainWindow = application.make_window()
        self.window.resize(WIDTH, HEIGHT)
        self.window.show()
        self.window.activateWindow()
        self.settle()

    @property
    def session(self) -> Session:
        return self.window.session

    @property
    def state(self) -> State:
        assert self.session.state is not None
        return self.session.state

    def until(self, met: Callable[[], Any], what: str, seconds: float = 600) -> None:
        """Let the window live until something holds; otherwise say what did not come."""
        end = time.monotonic() + seconds
        while not met():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
            self.live(0.01)

    def live(self, seconds: float) -> None:
        """Let the window live for a while."""
        end = time.monotonic() + seconds
        while True:
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            if time.monotonic() >= end:
                return
            time.sleep(0.005)

    def settle(self) -> None:
        """Until layouts and short fades are at rest."""
        self.live(0.3)

    def show(self, page: str) -> Any:
        """Show a page and give it."""
        if page == "home":
            self.window.show_home()
            self.settle()
            return self.window.home
        shown = self.window.show_step(page)
        self.settle()
        return shown

    def take(self, name: str, *, settle: bool = True, dark: bool = False) -> None:
        """Take a picture, and one in the dark theme beside it where that is asked for."""
        if settle:
            self.settle()
        self._grab(name)
        if dark:
            self.theme("dark")
            self._grab(f"{name}-dark")
            self.theme("light")

    def theme(self, name: ThemeName) -> None:
        """Another theme."""
        apply_theme(self.app, name)
        self.settle()

    def _grab(self, name: str) -> None:
        self.window.grab().save(str(self.folder / f"{name}.png"))
        self.taken.append(name)
        sys.stderr.write(f"{time.monotonic() - self.began:6.1f} s  {name}\n")

    def find(self, kind: type[QWidget], name: str) -> Any:
        """A visible widget by the beginning of its accessible name or text."""
        for widget in self.window.findChildren(kind):
            said = widget.accessibleName() or getattr(widget, "text", lambda: "")()
            if widget.isVisible() and said.startswith(name):
                return widget
        raise LookupError(f"no {kind.__name__} called {name}")

    def close(self) -> None:
        """End what is still at work, close the project and the window. Twice does no harm."""
        if self.closed:
            return
        self.closed = True
        state = self.session.state
        for run in state.facts.runs if state else ():
            if run.state in ACTIVE:
                self.session.run.stop(run.id)
        self.live(0.5)
        self.session.close_project()
        self.live(0.3)
        self.window.close()
        self.session.close()
