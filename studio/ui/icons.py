"""Icons of the Phosphor family, drawn as glyphs so that they are sharp at every scale.

Names are Phosphor's own without a prefix: "check", "warning-circle-fill". States use the filled form, everything
else the regular one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter
from PySide6.QtWidgets import QApplication

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
def glyph(name: str) -> str:
    """The character that draws an icon. An unknown name is a bug and raises."""
    import qtawesome

    return qtawesome.charmap(f"ph.{name}")


@cache
def icon_font(size: int) -> QFont:
    """The icon family at `size` logical pixels."""
    import qtawesome

    made = qtawesome.font("ph", size)
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


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """An icon for menus and other places that want a QIcon; in the text's second colour unless one is given."""
    import qtawesome

    shade = colour or QApplication.palette().windowText().color()
    return qtawesome.icon(f"ph.{name}", color=shade)
