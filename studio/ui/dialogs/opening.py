"""Opening a dialog by its name. Each is loaded when it is first wanted, so that the window opens sooner."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from studio.ui.crash import log_path
from studio.ui.window import Window

NAMES = ("preferences", "disk", "shortcuts", "log", "about")


def open_dialog(name: str, window: Window, over: QWidget) -> None:
    """Show one of the dialogs over a widget, the window itself."""
    _make(name, window, over).show()


def _make(name: str, window: Window, over: QWidget) -> QDialog:
    match name:
        case "preferences":
            from studio.ui.dialogs.preferences import PreferencesDialog

            return PreferencesDialog(window.remembered, over)
        case "disk":
            from studio.ui.dialogs.disk import DiskDialog

            return DiskDialog(window.session, over)
        case "shortcuts":
            from studio.ui.dialogs.shortcuts import ShortcutsDialog

            return ShortcutsDialog(window.actions_by_id.all(), over)
        case "log":
            from studio.ui.dialogs.log import LogDialog

            return LogDialog(window.session, log_path(), over)
        case "about":
            from studio.ui.dialogs.about import AboutDialog

            return AboutDialog(over)
        case _:
            raise KeyError(name)
