"""What the next clicks will need is made while nobody waits: one small piece in each pause of the window."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from PySide6.QtCore import QObject, QTimer

PAUSE_MS = 25
# pyqtgraph takes over every name of these, and PySide makes a class when it is first named: all at once they would
# hold the window up for a fifth of a second.
_QT = ("QtCore", "QtGui", "QtWidgets", "QtSvg", "QtTest", "QtOpenGLWidgets")
_NAMES_AT_ONCE = 120
_MODULES = (
    "studio.ui.widgets.tables",
    "studio.ui.widgets.token_flow",
    "studio.ui.widgets.forms",
    "studio.ui.tables",
    "difflib",
    "studio.ui.pages.data.page",
    "pyarrow",
    "pyarrow.compute",
    "pyarrow.parquet",
    "cProfile",
    "pydoc",
    "xml.etree.ElementTree",
    "multiprocessing.connection",
    "pyqtgraph",
    "studio.ui.pages.model.page",
    "studio.ui.pages.method.page",
    "studio.ui.pages.settings.page",
    "studio.ui.widgets.loss_chart",
    "studio.ui.pages.train.page",
    "studio.ui.pages.evaluate.page",
    "studio.ui.pages.share.page",
)


class Ahead(QObject):
    """Takes the next piece of an iterator in a turn of the event loop of its own, until there is none."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pieces: Iterator[object] = iter(())
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._take_one)

    def begin(self, pieces: Iterator[object]) -> None:
        """Take these pieces; those of before are forgotten."""
        self._pieces = pieces
        self._timer.start()

    def at_work(self) -> bool:
        """Whether there is something left."""
        return self._timer.isActive()

    def _take_one(self) -> None:
        try:
            next(self._pieces)
        except StopIteration:
            return
        self._timer.start()


def loading() -> Iterator[object]:
    """Load what the pages are made of."""
    for name in _MODULES:
        if name == "pyqtgraph":
            yield from _naming()
        yield _load(name)


def _load(name: str) -> ModuleType:
    """What is loaded stays: the collector need not walk through it, now or later, a tenth of a second each time."""
    gc.disable()
    try:
        module = import_module(name)
        gc.freeze()
    finally:
        gc.enable()
    return module


def _naming() -> Iterator[object]:
    for module in (import_module(f"PySide6.{name}") for name in _QT):
        names = dir(module)
        for start in range(0, len(names), _NAMES_AT_ONCE):
            yield [getattr(module, name) for name in names[start : start + _NAMES_AT_ONCE]]
