"""What the menus, the toolbar and dropped files do. Each command is a few lines; the work is the session's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.services import projects
from studio.ui.dialogs.opening import NAMES, open_dialog
from studio.ui.dropping import Dropped, recognise
from studio.ui.pages.files import choose_data_files, choose_folder
from studio.ui.pages.home.projects import show_folder
from studio.ui.window import Window
from studio.ui.wording import tr

if TYPE_CHECKING:
    from studio.ui.pages.data import DataPage
    from studio.ui.pages.model import ModelPage


class Commands(QObject):
    """The window's commands by the id of their action. Dialogs lie over `over`, the window as a widget."""

    def __init__(self, window: Window, over: QWidget) -> None:
        super().__init__(over)
        self._window, self._over = window, over
        self._session = window.session

    def do(self, id: str) -> None:
        """Do what an action says."""
        known = {
            "new": lambda: self.new_project("answer"),
            "open": self.choose_project,
            "sample": self._window.try_sample,
            "import": self.bring_in,
            "folder": self._show_folder,
            "close": self._session.close_project,
            "quit": self._window.close,
            "undo": self._session.undo,
            "redo": self._session.redo,
            "copy": self._copy,
            "paste": self._paste,
            "find": self._find,
            "home": lambda: self._window.show_home(),
            "expert": lambda: self._window.set_expert(not self._session.expert),
            "next": self._window.go_on,
            "back": self._window.go_back,
            "explain": self._window.explain,
        }
        open_dialog(id, self._window, self._over) if id in NAMES else known[id]()

    # Projects

    def new_project(self, goal: str) -> None:
        """Ask for a name and start a project from a goal."""
        from studio.ui.dialogs.new_project import NewProjectDialog

        chosen = self._window.remembered.value.projects_folder
        folder = Path(chosen) if chosen else Path.home() / "Fine-Tuning Studio"
        dialog = NewProjectDialog(goal, folder, self._over)
        dialog.chosen.connect(self.start_project)
        dialog.open()

    def start_project(self, goal: str, parent: Path, name: str) -> None:
        """Make the project in a folder of its own and open it."""
        begin = lambda folder: self._session.new_project(goal, (), folder)  # type: ignore[arg-type]  # noqa: E731
        self._session.call(projects.new_folder, parent, name, then=begin)

    def choose_project(self) -> None:
        """Ask for a project's folder and open it."""
        folder = choose_folder(self._over, tr("Open a project: choose its folder"))
        if folder:
            self.open_project(folder)

    def open_project(self, folder: Path) -> None:
        """Open a project; the one that is open is only shown."""
        state = self._session.state
        if state is not None and state.folder == folder:
            self._window.show_step(self._window.last_step())
        else:
            self._session.open_project(folder)

    def _show_folder(self) -> None:
        if self._session.state:
            show_folder(self._session.state.folder)

    # Files

    def bring_in(self) -> None:
        """Ask for files; without a project they begin a new one."""
        if files := choose_data_files(self._over):
            self.take(Dropped("files", tuple(files)))

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Take what was dropped, once it is known what it is."""
        self._session.call(recognise, list(paths), then=self.take)

    def take(self, dropped: Dropped) -> None:
        """Open a project, choose a model, or bring files in."""
        window = self._window
        if dropped.kind == "project":
            self.open_project(dropped.paths[0])
        elif self._session.state is None or (window.at_home() and dropped.kind == "files"):
            if dropped.kind == "files":
                self._session.new_project("answer", dropped.paths)
            else:
                window.take_model(dropped.paths[0])
        elif dropped.kind == "model":
            cast("ModelPage", window.show_step("model")).take_folder(dropped.paths[0])
        else:
            cast("DataPage", window.show_step("data")).take_files(dropped.paths)

    # Editing

    def _copy(self) -> None:
        """Hand the keys to whatever has the focus: it knows what is marked in it."""
        focus = QApplication.focusWidget()
        if focus is not None:
            control = Qt.KeyboardModifier.ControlModifier
            action = self._window.actions_by_id.action("copy")
            # While it is off, Qt does not take the very same keys for the action again.
            action.setEnabled(False)
            QApplication.sendEvent(focus, QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_C, control))
            action.setEnabled(True)

    def _paste(self) -> None:
        if self._session.state:
            cast("DataPage", self._window.show_step("data")).paste()

    def _find(self) -> None:
        if self._session.state and self._session.state.facts.datasets:
            page = cast("DataPage", self._window.show_step("data"))
            page.show_view("rows")
            page.rows.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            page.rows.search.selectAll()
