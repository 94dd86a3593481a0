"""A real application with our look, and windows that are closed again after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui.theme import appearance, apply_theme


@pytest.fixture(scope="session")
def app() -> QApplication:
    made = QApplication.instance() or QApplication([])
    assert isinstance(made, QApplication)
    apply_theme(made, "light")
    return made


@pytest.fixture
def show(app: QApplication) -> Iterator[Callable[..., QWidget]]:
    """show(widget, width, height): a window with the focus; it is gone after the test."""
    shown: list[QWidget] = []

    def open_window(widget: QWidget, width: int = 0, height: int = 0) -> QWidget:
        if width:
            widget.resize(width, height or widget.sizeHint().height())
        widget.show()
        widget.activateWindow()
        app.processEvents()
        shown.append(widget)
        return widget

    appearance().by_keyboard = False
    yield open_window
    for widget in shown:
        widget.close()
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
