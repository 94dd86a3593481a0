"""Icons of the Phosphor family, drawn as glyphs so that they are sharp at every scale.

Names are Phosphor's own without a prefix: "check", "warning-circle-fill". States use the filled form, everything
else the regular one.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter

if TYPE_CHECKING:
    from PySide6.QtCore import QRect

# One filled sign and one colour token per state; the sign carries the meaning, the colour only repeats it.
STATE_ICONS: dict[str, tuple[str, str]] = {
    "good": ("check-circle-fill", "good"),
    "warn": ("warning-circle-fill", "warn"),
    "bad": ("warning-octagon-fill", "bad"),
    "failed": ("x-circle-fill", "bad"),
    "info": ("info", "second"),
    "running": ("play-circle-fill", "accent"),
    "paused": ("pause-circle-fill", "second"),
}


@cache
def _phosphor() -> tuple[str, Mapping[str, str]]:
    """The family's name, and its characters by icon name.

    The font ships with qtawesome. It is loaded from that package's folder without importing the package, which would
    load every family it has: a fifth of the time that the window takes to open.
    """
    spec = importlib.util.find_spec("qtawesome")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "fonts"
    (font_file,), (names_file,) = folder.glob("phosphor-[0-9]*.ttf"), folder.glob("phosphor-charmap-*.json")
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(font_file)))
    return families[0], json.loads(names_file.read_bytes())


@cache
def glyph(name: str) -> str:
    """The character that draws an icon. An unknown name is a bug and raises."""
    return chr(int(_phosphor()[1][name], 16))


@cache
def icon_font(size: int) -> QFont:
    """The icon family at `size` logical pixels."""
    made = QFont(_phosphor()[0])
    made.setPixelSize(max(1, size))
    made.setStyleStrategy(QFont.StyleStrategy.NoFontMerging)
    return made


def paint_icon(painter: QPainter, rect: QRect | QRectF, name: str, colour: QColor) -> None:
    """Draw an icon centred in `rect`, as large as its shorter side."""
    area = QRectF(rect)
    painter.save()
    painter.setFont(icon_font(round(min(area.width(), area.height()))))
    painter.setPen(colour)
    # Glyph boxes are a little higher than wide: centring without clipping keeps the drawing in the middle.
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, glyph(name))
    painter.restore()
