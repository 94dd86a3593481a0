"""A person at a real X screen: xdotool moves the pointer and presses keys, the window lives in this process."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

W = TypeVar("W", bound=QWidget)


class Robot:
    """Finds what a person would see by its words, and clicks or types there."""

    def __init__(self, window: QWidget) -> None:
        self.window = window

    def until(self, met: Callable[[], Any], what: str, seconds: float = 60) -> None:
        """Let the window live until something holds."""
        end = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < end, f"waited in vain for {what}"
            QApplication.processEvents()
            time.sleep(0.01)

    def rest(self, seconds: float = 0.15) -> None:
        """Let the window live for a moment."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, "a moment to pass")

    def find(self, kind: type[W], words: str) -> W:
        """The visible widget of a kind that a person would call by these words."""
        found: list[W] = []

        def seen() -> bool:
            shown = [widget for widget in self.window.findChildren(kind) if widget.isVisible()]
            found[:] = [widget for widget in shown if words in _words_of(widget)]
            return bool(found)

        self.until(seen, f"{kind.__name__} “{words}”")
        return found[0]

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Move the pointer onto a widget, scrolled into view, and press the left button."""
        self.until(widget.isEnabled, f"“{_words_of(widget)}” to be enabled")
        self._show(widget)
        place = widget.mapToGlobal(at or widget.rect().center())
        ratio = QGuiApplication.primaryScreen().devicePixelRatio()
        x, y = int(place.x() * ratio), int(place.y() * ratio)
        _xdotool("mousemove", "--sync", str(x), str(y))
        self.rest(0.05)
        _xdotool("click", "1")
        self.rest()

    def press(self, kind: type[W], words: str) -> W:
        """Find and click."""
        widget = self.find(kind, words)
        self.click(widget)
        return widget

    def keys(self, *keys: str) -> None:
        """Press keys or chords: "ctrl+a", "Tab", "Return"."""
        _xdotool("key", "--clearmodifiers", *keys)
        self.rest()

    def type(self, text: str) -> None:
        """Type a text into what has the keyboard."""
        _xdotool("type", "--delay", "15", text)
        self.rest()

    def _show(self, widget: QWidget) -> None:
        above = widget.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(widget)
            above = above.parentWidget()
        self.rest(0.05)


def _words_of(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    said = text() if callable(text) else ""
    return f"{said} {widget.accessibleName()}"


def _xdotool(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, timeout=20)
