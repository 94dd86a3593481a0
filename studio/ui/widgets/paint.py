"""Shared drawing: rounded boxes, focus rings, hatching. Everything is in logical pixels and sharp at any scale."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from studio.ui.theme import appearance, tokens


def antialiased(widget: QWidget) -> QPainter:
    """A painter on `widget` with smooth edges and the widget's own font."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(widget.font())
    # Each text runs in its own direction, whatever the window's is; sides are chosen by whoever paints.
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    return painter


def box(
    painter: QPainter,
    rect: QRect | QRectF,
    radius: float,
    fill: QColor | None = None,
    edge: QColor | None = None,
    width: float = 1.0,
) -> None:
    """A rounded box whose edge lies wholly inside `rect`."""
    area = QRectF(rect)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    if edge is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        painter.setPen(QPen(edge, width))
        half = width / 2
        area = area.adjusted(half, half, -half, -half)
        radius = max(0.0, radius - half)
    painter.drawRoundedRect(area, radius, radius)


def keyboard_focus(widget: QWidget) -> bool:
    """Whether `widget` has the focus and the person is using the keyboard, so that the ring must be seen."""
    return widget.hasFocus() and appearance().by_keyboard


def note_key(widget: QWidget) -> None:
    """A key was pressed on `widget`: from now on the focus ring shows."""
    if not appearance().by_keyboard:
        appearance().by_keyboard = True
        widget.update()


def focus_ring(painter: QPainter, rect: QRect | QRectF, radius: float) -> None:
    """The 2 px accent ring along the inside of `rect`. Draw the control 3 px smaller so that a 1 px gap shows."""
    box(painter, rect, radius, None, tokens().accent, 2.0)


def hatch(painter: QPainter, rect: QRectF, colour: QColor, gap: float = 4.0, width: float = 1.0) -> None:
    """Slanted lines over `rect`, for what is cut off or does not fit."""
    painter.save()
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(colour, width))
    x = rect.left() - rect.height()
    while x < rect.right():
        painter.drawLine(QPointF(x, rect.bottom()), QPointF(x + rect.height(), rect.top()))
        x += gap
    painter.restore()


def rounded_path(rect: QRectF, radius: float) -> QPainterPath:
    """A rounded box as a path, for clipping."""
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def blend(a: QColor, b: QColor, share: float) -> QColor:
    """The colour `share` of the way from a to b."""
    return QColor.fromRgbF(
        *(x + (y - x) * share for x, y in zip(a.getRgbF()[:3], b.getRgbF()[:3], strict=True)),  # type: ignore[index]
    )


def faded(colour: QColor, opacity: float) -> QColor:
    """The same colour, let through by `opacity`."""
    made = QColor(colour)
    made.setAlphaF(opacity)
    return made


def escaped(text: str) -> str:
    """Text for Qt's tooltips, which would otherwise read it as HTML and even load pictures."""
    import html

    # The wrapper makes Qt wrap long lines; inside it everything is literal.
    return f"<qt style='white-space:pre-wrap'>{html.escape(text)}</qt>" if text else ""


def plain_tooltip(widget: QWidget, text: str) -> None:
    """Give `widget` a tooltip that shows `text` literally, whatever stands in it."""
    widget.setToolTip(escaped(text))


def show_tooltip(event: QEvent, widget: QWidget, text: str) -> None:
    """Show a literal tooltip at a help event's place, or hide it where there is nothing to say."""
    if isinstance(event, QHelpEvent) and text:
        QToolTip.showText(event.globalPos(), escaped(text), widget)
    else:
        QToolTip.hideText()
        event.ignore()
