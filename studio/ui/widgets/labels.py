"""Words on the page: labels by role, always plain text, and a one-line label that elides in the text's direction."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studio.ui.fonts import FontRole, font
from studio.ui.icons import paint_icon
from studio.ui.theme import ICON_SMALL, tokens
from studio.ui.widgets.paint import antialiased, plain_tooltip

LabelRole = Literal[
    "title", "heading", "lead", "body", "strong", "caption", "second", "quiet", "number", "verdict", "medium"
]
Tone = Literal["text", "second", "quiet", "disabled", "accent", "train", "valid", "good", "warn", "bad"]

# role: font, weight, tone
_ROLES: dict[str, tuple[FontRole, int | None, Tone]] = {
    "title": ("title", None, "text"),
    "verdict": ("verdict", None, "text"),
    "heading": ("heading", None, "text"),
    "number": ("number", None, "text"),
    "lead": ("lead", None, "text"),
    "body": ("body", None, "text"),
    "medium": ("body", 500, "text"),
    "strong": ("body", 600, "text"),
    "caption": ("caption", None, "second"),
    "second": ("body", None, "second"),
    "quiet": ("caption", None, "quiet"),
}


class Label(QLabel):
    """Plain text in one of the type roles. A wrapped label always gets the height that its width needs."""

    def __init__(
        self,
        text: str = "",
        role: LabelRole = "body",
        *,
        wrap: bool = False,
        tone: Tone | None = None,
        tabular: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._role = role
        self._tabular = tabular
        self.setProperty("tone", tone or _ROLES[role][2])
        self._take_font()
        if wrap:
            self.setWordWrap(True)
            # "Minimum" would make the hint for some other width the least height; the true one is set below.
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            # Text begins at the top of whatever room a stretched row gives it.
            self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show another text, literally."""
        if text == self.text():
            return
        super().setText(text)
        self._fit_height()

    def set_tone(self, tone: Tone) -> None:
        """Colour the words by a token; the words must carry the meaning on their own."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)

    def set_selectable(self, on: bool = True) -> None:
        """Let the person mark and copy the text, with the mouse or the keyboard."""
        flags = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        self.setTextInteractionFlags(flags if on else Qt.TextInteractionFlag.NoTextInteraction)

    def minimumSizeHint(self) -> QSize:
        if not self.wordWrap():
            return super().minimumSizeHint()
        metrics = self.fontMetrics()
        longest = max((metrics.horizontalAdvance(word) for word in self.text().split()), default=0)
        return QSize(min(longest, 160) + 1, metrics.height())

    def heightForWidth(self, width: int) -> int:
        if not self.wordWrap():
            return super().heightForWidth(width)
        # QLabel's own answer never falls below its minimum height, so a label that was narrow once would stay high.
        margins = self.contentsMargins()
        room = QRect(0, 0, max(1, width - margins.left() - margins.right()), 1_000_000)
        flags = int(Qt.TextFlag.TextWordWrap) | int(self.alignment())
        return self.fontMetrics().boundingRect(room, flags, self.text()).height() + margins.top() + margins.bottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationFontChange:
            self._take_font()
            self._fit_height()

    def _fit_height(self) -> None:
        # Layouts ask a wrapped QLabel for its height at a width it never gets; the true width is known only here.
        if self.wordWrap() and self.width() > 0:
            needed = max(0, self.heightForWidth(self.width()))
            if needed != self.minimumHeight():
                self.setMinimumHeight(needed)

    def _take_font(self) -> None:
        role, weight, _tone = _ROLES[self._role]
        self.setFont(font(role, weight, self._tabular))


class ElidedLabel(Label):
    """One line that ends in an ellipsis where it does not fit; right-to-left text elides at its own end."""

    def __init__(
        self,
        text: str = "",
        role: LabelRole = "body",
        *,
        tone: Tone | None = None,
        middle: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, role, tone=tone, parent=parent)
        self._middle = middle
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def shown_text(self) -> str:
        """What stands on the screen at the present width."""
        return elided(self.text(), self.fontMetrics(), self.width(), self._middle)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(_one_line(self.text())) + 2, metrics.height() + 1)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("mm…"), self.fontMetrics().height() + 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(self)
        painter.setPen(tokens().named(str(self.property("tone"))) if self.isEnabled() else tokens().disabled)
        shown = self.shown_text()
        side = Qt.AlignmentFlag.AlignLeft
        if is_right_to_left(self.text()) or self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            side = Qt.AlignmentFlag.AlignRight
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(self.rect(), flags, shown)
        plain_tooltip(self, self.text() if shown != _one_line(self.text()) else "")


class IconLabel(QWidget):
    """A painted icon of fixed size, for rows and headings. It says nothing to a screen reader unless named."""

    def __init__(
        self, icon: str, tone: str = "second", size: int = ICON_SMALL, name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon, self._tone = icon, tone
        self.setFixedSize(size, size)
        self.setAccessibleName(name)

    def set_icon(self, icon: str, tone: str | None = None) -> None:
        """Show another icon."""
        self._icon, self._tone = icon, tone or self._tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_icon(antialiased(self), self.rect(), self._icon, tokens().named(self._tone))


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()) if "\n" in text or "\r" in text else text


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    return text[:400].isascii() is False and _first_direction(text[:400]) == "R"


def _first_direction(text: str) -> str:
    import unicodedata

    for letter in text:
        way = unicodedata.bidirectional(letter)
        if way == "L":
            return "L"
        if way in ("R", "AL"):
            return "R"
    return "L"


def elided(text: str, metrics: QFontMetrics, width: int, middle: bool = False) -> str:
    """`text` on one line, shortened to `width` with an ellipsis at its logical end (or in its middle).

    Very long cells are cut before they are measured, so that a 10 MB cell costs no more than a short one.
    """
    line = _one_line(text[: max(64, width)])
    mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
    if middle:
        line = _one_line(text[:4096])
    shown = metrics.elidedText(line, mode, width)
    return shown + "…" if len(text) > len(line) and shown == line and not shown.endswith("…") else shown
