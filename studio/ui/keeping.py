"""Where the window stood and how its panes were divided: packed into the preferences, and taken from them."""

from __future__ import annotations

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget

from studio.services.preferences import Preferences


def packed(window: QMainWindow, before: Preferences) -> dict[str, object]:
    """The changes to the preferences that keep the window as it is."""
    named = [splitter for splitter in window.findChildren(QSplitter) if splitter.objectName()]
    now = {splitter.objectName(): _text(splitter.saveState()) for splitter in named}
    return {"window": _text(window.saveGeometry()), "splitters": {**before.splitters, **now}}


def restore_window(window: QMainWindow, kept: Preferences) -> None:
    """Put the window where it was."""
    if kept.window:
        window.restoreGeometry(QByteArray.fromBase64(kept.window.encode()))


def restore_splitters(page: QWidget, kept: Preferences) -> None:
    """Divide a page's panes as they were."""
    for splitter in page.findChildren(QSplitter):
        if state := kept.splitters.get(splitter.objectName()):
            splitter.restoreState(QByteArray.fromBase64(state.encode()))


def _text(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode()
