"""Opening a dialog by its name. Each is loaded when it is first wanted, so that the window opens sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog

from studio.ui.crash import log_path

if TYPE_CHECKING:
    from studio.ui.main_window import MainWindow

NAMES = ("preferences", "disk", "shortcuts", "log", "about")


def open_dialog(name: str, window: MainWindow) -> None:
    """Show one of the dialogs over the window."""
    _make(name, window).show()


def _make(name: str, window: MainWindow) -> QDialog:
    match name:
        case "preferences":
            from studio.ui.dialogs.preferences import PreferencesDialog

            return PreferencesDialog(window.remembered, window)
        case "disk":
            from studio.ui.dialogs.disk import DiskDialog

            return DiskDialog(window.session, window)
        case "shortcuts":
            from studio.ui.dialogs.shortcuts import ShortcutsDialog

            return ShortcutsDialog(window.actions_by_id.all(), window)
        case "log":
            from studio.ui.dialogs.log import LogDialog

            return LogDialog(window.session, log_path(), window)
        case "about":
            from studio.ui.dialogs.about import AboutDialog

            return AboutDialog(window)
        case _:
            raise KeyError(name)
