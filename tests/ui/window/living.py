"""Letting the window live, and doing what a person does: clicks and keys by Qt's own test functions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from studio.ui.main_window import MainWindow
from studio.ui.pages.data import DataPage
from studio.ui.pages.model import ModelPage
from studio.ui.session import State

W = TypeVar("W", bound=QWidget)
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def until(met: Callable[[], Any], seconds: float = 30) -> None:
    """Let the window live until something holds."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not happen in time"
        QApplication.processEvents()
        time.sleep(0.005)


def live(seconds: float = 0.1) -> None:
    """Let the window live for a moment."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() > end, seconds + 5)


def click(widget: QWidget, at: QPoint | None = None) -> None:
    """Press and release the left button on a widget that can be seen."""
    assert widget.isVisible(), f"{widget} can't be seen"
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at or QPoint())
    QApplication.processEvents()


def press(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key."""
    QTest.keyClick(widget, key, modifiers)
    QApplication.processEvents()


def type_into(widget: QWidget, words: str) -> None:
    """Give a widget the focus and type."""
    widget.setFocus()
    QTest.keyClicks(widget, words)
    QApplication.processEvents()


def button(place: QWidget, words: str, seconds: float = 10) -> QAbstractButton:
    """The button that a person would call by these words, once it can be seen."""
    end = time.monotonic() + seconds
    while True:
        for each in place.findChildren(QAbstractButton):
            if each.isVisible() and words in (each.text().replace("&&", "&"), each.accessibleName()):
                return each
        assert time.monotonic() < end, f"no button says “{words}”"
        QApplication.processEvents()
        time.sleep(0.005)


def state(window: MainWindow) -> State:
    """What the session knows."""
    assert window.session.state is not None
    return window.session.state


def data_page(window: MainWindow) -> DataPage:
    """The Data page, shown."""
    page = window.show_step("data")
    assert isinstance(page, DataPage)
    return page


def model_page(window: MainWindow) -> ModelPage:
    """The Model page, shown."""
    page = window.show_step("model")
    assert isinstance(page, ModelPage)
    return page
