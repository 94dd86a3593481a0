"""Short fades: 120 ms for hover and panels, none when the system asks for none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QAbstractAnimation, QVariantAnimation
from PySide6.QtWidgets import QApplication, QStyle, QWidget

FADE_MS = 120


def moves() -> bool:
    """Whether the system allows animation."""
    app = QApplication.instance()
    if not isinstance(app, QApplication) or _windows_is_still():
        return False
    return app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


@cache
def _windows_is_still() -> bool:
    """Whether "Animation effects" is off in the settings of Windows, which Qt's Fusion style does not ask."""
    if sys.platform != "win32":
        return False
    import ctypes

    get_client_area_animation, on = 0x1042, ctypes.c_int(1)
    known = ctypes.windll.user32.SystemParametersInfoW(get_client_area_animation, 0, ctypes.byref(on), 0)
    return bool(known) and not on.value


class Fade:
    """A value between 0 and 1 that glides; the widget is repainted, or `step` is called, as it changes."""

    def __init__(self, widget: QWidget, step: Callable[[float], None] | None = None) -> None:
        self.value = 0.0
        self._widget = widget
        self._step = step
        self._animation = QVariantAnimation(widget)
        self._animation.setDuration(FADE_MS)
        self._animation.valueChanged.connect(self._moved)

    def to(self, target: float) -> None:
        """Glide to `target`, or jump where nothing should move or nothing can be seen."""
        self._animation.stop()
        if not moves() or not self._widget.isVisible():
            self._moved(target)
            return
        self._animation.setStartValue(self.value)
        self._animation.setEndValue(target)
        self._animation.start(QAbstractAnimation.DeletionPolicy.KeepWhenStopped)

    def _moved(self, value: object) -> None:
        self.value = float(value)  # type: ignore[arg-type]
        if self._step is None:
            self._widget.update()
        else:
            self._step(self.value)
