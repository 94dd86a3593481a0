"""Buttons: primary, normal, link and icon. They paint themselves so that focus, hover and scaling are exact."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from studio.ui.fonts import font
from studio.ui.icons import paint_icon
from studio.ui.theme import HEIGHT_BUTTON, HEIGHT_SMALL, ICON_SMALL, RADIUS_CONTROL, SPACE_8, tokens
from studio.ui.widgets.motion import Fade
from studio.ui.widgets.paint import antialiased, blend, box, focus_ring, keyboard_focus, note_key, plain_tooltip

ButtonKind = Literal["primary", "normal", "link", "icon", "menu"]
_PADDING = {"primary": 17, "normal": 14, "link": 6, "icon": 7, "menu": 8}


class Button(QPushButton):
    """A button with a word and perhaps an icon. Its text is shown as it is: an ampersand is an ampersand."""

    def __init__(
        self,
        text: str = "",
        icon: str = "",
        *,
        kind: ButtonKind = "normal",
        small: bool = False,
        quiet: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._quiet = quiet
        self._label = ""
        self._icon_name = icon
        self._icon_after = ""
        self._small = small
        self._tooltip = ""
        self._hover = Fade(self)
        self.kind: ButtonKind = kind
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        if kind == "link":
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._take_font()
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show another word."""
        self._label = text
        super().setText(text.replace("&", "&&"))
        self.updateGeometry()

    def text(self) -> str:
        """The word as it is shown."""
        return self._label

    def set_icon(self, name: str, after: str = "") -> None:
        """Show another icon before the word, and perhaps one after it (a caret for a menu)."""
        self._icon_name, self._icon_after = name, after
        self.updateGeometry()
        self.update()

    def set_tooltip(self, text: str) -> None:
        """What the pointer tells, literally; the reason of a disabled button comes before it."""
        self._tooltip = text
        plain_tooltip(self, text)

    def set_disabled_reason(self, reason: str) -> None:
        """Disable the button and say why; an empty reason enables it."""
        self.setEnabled(not reason)
        plain_tooltip(self, reason or self._tooltip)
        self.setAccessibleDescription(reason)

    def sizeHint(self) -> QSize:
        width = self._content_width() + 2 * self.padding()
        least = HEIGHT_SMALL if self._small or self.kind == "link" else HEIGHT_BUTTON
        height = max(least, self.fontMetrics().height() + 10)
        return QSize(max(width, height) if self.kind == "icon" else width, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def padding(self) -> int:
        """Room at each side of icon and word."""
        return _PADDING[self.kind]

    def _content_width(self) -> int:
        parts = []
        if self._icon_name:
            parts.append(ICON_SMALL)
        if self._label and self.kind != "icon":
            parts.append(self.fontMetrics().horizontalAdvance(self._label))
        if self._icon_after:
            parts.append(12)
        return sum(parts) + SPACE_8 * max(0, len(parts) - 1)

    def _take_font(self) -> None:
        weight = {"primary": 600, "normal": 500, "link": 500, "icon": 400, "menu": 600}[self.kind]
        self.setFont(font("caption" if self._small and self.kind == "link" else "body", weight))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        area = self.rect()
        if keyboard_focus(self):
            focus_ring(painter, area, RADIUS_CONTROL)
            area = area.adjusted(3, 3, -3, -3)
        self._paint_surface(painter, area)
        self._paint_content(painter)

    def _paint_surface(self, painter: QPainter, area: QRect) -> None:
        t = tokens()
        radius = RADIUS_CONTROL if area == self.rect() else RADIUS_CONTROL - 2
        down = self.isDown() or self.isChecked()
        if self.kind == "primary":
            fill = blend(t.fill, t.text if not t.dark else t.accent, 0.12 * self._hover.value + (0.1 if down else 0))
            box(painter, area, radius, fill if self.isEnabled() else t.select)
        elif self.kind == "normal":
            fill = t.select if down else blend(t.card, t.hover, self._hover.value)
            box(painter, area, radius, fill if self.isEnabled() else t.canvas, t.edge if self.isEnabled() else t.border)
        elif down or (self._hover.value > 0 and self.isEnabled()):
            fill = QColor(t.select if down else t.hover)
            fill.setAlphaF(1.0 if down else self._hover.value)
            box(painter, area, radius, fill)

    def _ink(self) -> tuple[QColor, QColor]:
        """The colours of icon and word."""
        t = tokens()
        if not self.isEnabled():
            return t.disabled, t.disabled
        if self.kind == "primary":
            return t.on_fill, t.on_fill
        if self.kind == "link":
            return (t.second, t.second) if self._quiet else (t.accent, t.accent)
        return t.second, t.text

    def _paint_content(self, painter: QPainter) -> None:
        icon_ink, ink = self._ink()
        x = (self.width() - self._content_width()) // 2
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft

        def place(width: int) -> QRect:
            left = self.width() - x - width if mirrored else x
            return QRect(left, (self.height() - ICON_SMALL) // 2, width, ICON_SMALL)

        if self._icon_name:
            paint_icon(painter, place(ICON_SMALL), self._icon_name, icon_ink)
            x += ICON_SMALL + SPACE_8
        if self._label and self.kind != "icon":
            width = self.fontMetrics().horizontalAdvance(self._label)
            at = place(width)
            painter.setPen(ink)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine | Qt.TextFlag.TextDontClip
            painter.drawText(QRect(at.left(), 0, width, self.height()), flags, self._label)
            x += width + SPACE_8
        if self._icon_after:
            at = place(12)
            paint_icon(painter, QRect(at.left(), (self.height() - 12) // 2, 12, 12), self._icon_after, icon_ink)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover.to(1.0)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover.to(0.0)
        super().leaveEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            self._take_font()
            self.updateGeometry()


class PrimaryButton(Button):
    """The one button of a page that goes on."""

    def __init__(self, text: str = "", icon: str = "", *, small: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, icon, kind="primary", small=small, parent=parent)


class LinkButton(Button):
    """An action inside a text or list: accent words without a frame."""

    def __init__(
        self,
        text: str = "",
        icon: str = "",
        *,
        small: bool = False,
        quiet: bool = False,
        flush: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`quiet` draws the words in the second colour, for what matters less than the link beside it; `flush` lets
        them begin exactly where the text above them does."""
        self._flush = flush
        super().__init__(text, icon, kind="link", small=small, quiet=quiet, parent=parent)

    def padding(self) -> int:
        return 0 if self._flush else super().padding()


class IconButton(Button):
    """A button that is only an icon; `name` is what a screen reader and the tooltip say. `framed` gives it a box."""

    def __init__(
        self, icon: str, name: str, *, small: bool = False, framed: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__("", icon, kind="normal" if framed else "icon", small=small, parent=parent)
        self.setAccessibleName(name)
        self.set_tooltip(name)
