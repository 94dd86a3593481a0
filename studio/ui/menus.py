"""The menu bar: every action of the window with its shortcut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from studio.services.recents import RecentProject
from studio.ui.messages import STEP_NAMES
from studio.ui.wording import tr

Keys = QKeySequence.StandardKey | str | None


class Actions(QObject):
    """The window's actions by id, so that menus, shortcuts and tests name the same thing."""

    triggered = Signal(str)
    step_asked = Signal(str)
    recent_asked = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self.recent_menu = QMenu(tr("Open &recent"), window)
        self.project_menu = QMenu(window)

    def action(self, id: str) -> QAction:
        """One action."""
        return self._actions[id]

    def all(self) -> Sequence[QAction]:
        """Every action, in the order of the menus."""
        return tuple(self._actions.values())

    def fill(self, bar: QMenuBar) -> None:
        """Make the menus, and the one that opens at the project's name."""
        self._add_menu(
            bar,
            tr("&File"),
            (
                ("new", tr("&New project…"), QKeySequence.StandardKey.New),
                ("open", tr("&Open a project…"), QKeySequence.StandardKey.Open),
                ("recent", "", None),
                ("sample", tr("Try the &sample"), None),
                ("-", "", None),
                ("import", tr("&Bring in files…"), "Ctrl+I"),
                ("folder", tr("Show the project’s &folder"), None),
                ("disk", tr("&Disk use…"), None),
                ("-", "", None),
                ("close", tr("&Close project"), QKeySequence.StandardKey.Close),
                ("preferences", tr("&Preferences…"), "Ctrl+,"),
                ("quit", tr("&Quit"), "Ctrl+Q"),
            ),
        )
        self._add_menu(
            bar,
            tr("&Edit"),
            (
                ("undo", tr("&Undo"), QKeySequence.StandardKey.Undo),
                ("redo", tr("&Redo"), QKeySequence.StandardKey.Redo),
                ("-", "", None),
                ("copy", tr("&Copy"), QKeySequence.StandardKey.Copy),
                ("paste", tr("&Paste cells"), QKeySequence.StandardKey.Paste),
                ("find", tr("&Find in the rows"), QKeySequence.StandardKey.Find),
            ),
        )
        self._fill_view(bar)
        self._add_menu(
            bar,
            tr("&Help"),
            (
                ("explain", tr("&Explain this page"), QKeySequence.StandardKey.HelpContents),
                ("shortcuts", tr("&Shortcuts"), "Ctrl+/"),
                ("log", tr("&Log…"), None),
                ("-", "", None),
                ("about", tr("&About Fine-Tuning Studio"), None),
            ),
        )

        for id in ("home", "new", "open", "-", "folder", "disk", "-", "close"):
            if id == "-":
                self.project_menu.addSeparator()
            else:
                self.project_menu.addAction(self._actions[id])

    def _fill_view(self, bar: QMenuBar) -> None:
        view = self._add_menu(bar, tr("&View"), (("home", tr("&Home"), "Ctrl+0"), ("-", "", None)))
        for place, (step, name) in enumerate(STEP_NAMES.items(), start=1):
            action = view.addAction(tr(name))
            action.setShortcut(QKeySequence(f"Ctrl+{place}"))
            action.triggered.connect(lambda _checked=False, step=step: self.step_asked.emit(step))
            self._actions[f"step:{step}"] = action
        view.addSeparator()
        self._put(view, "expert", tr("Show &everything (Expert)"), "Ctrl+E").setCheckable(True)
        self._put(view, "next", tr("&Next step"), "Ctrl+Return")
        self._put(view, "back", tr("&Back"), "Alt+Left")

    def _add_menu(self, bar: QMenuBar, title: str, entries: Sequence[tuple[str, str, Keys]]) -> QMenu:
        menu = bar.addMenu(title)
        for id, text, keys in entries:
            if id == "-":
                menu.addSeparator()
            elif id == "recent":
                menu.addMenu(self.recent_menu)
            else:
                self._put(menu, id, text, keys)
        return menu

    def _put(self, menu: QMenu, id: str, text: str, keys: Keys) -> QAction:
        action = menu.addAction(text)
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _checked=False: self.triggered.emit(id))
        self._actions[id] = action
        return action

    def show_recent(self, projects: Sequence[RecentProject], open_it: Callable[[Path], None]) -> None:
        """Offer the projects that were open lately."""
        self.recent_menu.clear()
        for project in projects[:9]:
            action = self.recent_menu.addAction(project.name.replace("&", "&&"))
            action.setEnabled(not project.missing)
            action.triggered.connect(lambda _checked=False, folder=project.folder: open_it(folder))
        self.recent_menu.setEnabled(bool(projects))

    def show_project(self, is_open: bool, undo: str, redo: str, writable: bool) -> None:
        """Enable what makes sense now, and name what undo and redo would do."""
        for id in ("folder", "disk", "close", "find", "next", "back", *(f"step:{step}" for step in STEP_NAMES)):
            self._actions[id].setEnabled(is_open)
        for id in ("import", "paste"):
            self._actions[id].setEnabled(writable or not is_open)
        self._actions["paste"].setEnabled(is_open and writable)
        self._actions["undo"].setEnabled(bool(undo))
        self._actions["redo"].setEnabled(bool(redo))
        self._actions["undo"].setText(tr("&Undo: {what}", what=undo.replace("&", "&&")) if undo else tr("&Undo"))
        self._actions["redo"].setText(tr("&Redo: {what}", what=redo.replace("&", "&&")) if redo else tr("&Redo"))
