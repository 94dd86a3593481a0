"""Contact sheets: the pictures of one page side by side with their states below them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

THUMB_WIDTH, THUMB_HEIGHT = 880, 550
GAP, CAPTION, HEAD = 24, 34, 72
GROUND, INK, EDGE = QColor("#D8D8D4"), QColor("#1C1E22"), QColor("#A8A8A2")


def sheet(folder: Path, page: str, names: Sequence[str]) -> Path:
    """Put the pictures of a page on one sheet; returns its path."""
    across = 2 if len(names) < 5 else 3
    down = -(-len(names) // across)
    width = GAP + across * (THUMB_WIDTH + GAP)
    image = QImage(width, HEAD + down * (THUMB_HEIGHT + CAPTION + GAP), QImage.Format.Format_RGB32)
    image.fill(GROUND)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setPen(INK)
    painter.setFont(_font(30, 600))
    painter.drawText(QRect(GAP, 0, width, HEAD), Qt.AlignmentFlag.AlignVCenter, page)
    painter.setFont(_font(20, 500))
    for place, name in enumerate(names):
        x = GAP + place % across * (THUMB_WIDTH + GAP)
        y = HEAD + place // across * (THUMB_HEIGHT + CAPTION + GAP)
        _paste(painter, QRect(x, y, THUMB_WIDTH, THUMB_HEIGHT), folder / f"{name}.png")
        words = name.removeprefix(f"{page}-").replace("-", " · ")
        painter.drawText(QRect(x, y + THUMB_HEIGHT, THUMB_WIDTH, CAPTION), Qt.AlignmentFlag.AlignVCenter, words)
    painter.end()
    path = folder / f"sheet-{page}.png"
    image.save(str(path))
    return path


def _paste(painter: QPainter, place: QRect, path: Path) -> None:
    picture = QImage(str(path)).scaled(
        place.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    painter.drawImage(place.topLeft(), picture)
    pen = painter.pen()
    painter.setPen(EDGE)
    painter.drawRect(QRect(place.topLeft(), picture.size()))
    painter.setPen(pen)


def _font(pixels: int, weight: int) -> QFont:
    made = QFont("Inter")
    made.setPixelSize(pixels)
    made.setWeight(QFont.Weight(weight))
    return made
