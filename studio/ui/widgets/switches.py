"""Choices in one line: a segmented switch of words, an on/off switch, and chips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QHBoxLayout, QRadioButton, QSizePolicy, QWidget

from studio.ui.fonts import font
from studio.ui.icons import paint_icon
from studio.ui.theme import HEIGHT_SMALL, RADIUS_CONTROL, tokens
from studio.ui.widgets.motion import Fade
from studio.ui.widgets.paint import antialiased, blend, box, focus_ring, keyboard_focus, note_key, plain_tooltip

ChipTone = Literal["neutral", "accent", "good", "warn", "bad", "train", "valid"]


class _Segment(QRadioButton):
    """One word of a segmented switch: a radio button to the keyboard and to screen readers."""

    def __init__(self, word: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._switch = parent
        self.word = word
        self.setText(word.replace("&", "&&"))
        self.setAccessibleName(word)
        self.setFont(font("body", 500))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        height = max(self._switch.minimumHeight() - 4, metrics.height() + 4)
        return QSize(metrics.horizontalAdvance(self.word) + 22, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        area = self.rect()
        if keyboard_focus(self):
            focus_ring(painter, area, RADIUS_CONTROL - 1)
            area = area.adjusted(3, 3, -3, -3)
        if self.isChecked():
            raised = t.hover if t.dark else t.card
            if t.dark:
                raised = blend(t.hover, t.edge, 0.35)
            box(painter, area, RADIUS_CONTROL - 1, raised, t.edge)
        ink = t.text if self.isChecked() or self.underMouse() else t.second
        painter.setPen(ink if self.isEnabled() else t.disabled)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine, self.word)


class Segmented(QWidget):
    """A switch of a few words, one of which holds. Arrow keys move, clicks choose."""

    changed = Signal(str)

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        current: str = "",
        *,
        name: str = "",
        small: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`choices` are (id, word) pairs; `current` is the id that holds (else the first)."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(HEIGHT_SMALL if small else 28)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(0)
        self._segments: dict[str, _Segment] = {}
        self._current = ""
        self.set_choices(choices, current)

    def set_choices(self, choices: Sequence[tuple[str, str]], current: str = "") -> None:
        """Offer other words; the choice stays where its id is still there. Emits nothing."""
        keep = current or self._current
        if list(self._segments) == [key for key, _word in choices]:
            for key, word in choices:
                self._rename(self._segments[key], word)
        else:
            self._rebuild(choices)
        self.set_current(keep if keep in self._segments else next(iter(self._segments), ""))

    def _rename(self, segment: _Segment, word: str) -> None:
        if segment.word != word:
            segment.word = word
            segment.setAccessibleName(word)
            segment.updateGeometry()
            segment.update()

    def _rebuild(self, choices: Sequence[tuple[str, str]]) -> None:
        for old in self._segments.values():
            self._row.removeWidget(old)
            old.deleteLater()
        self._segments = {}
        for key, word in choices:
            segment = _Segment(word, self)
            segment.toggled.connect(lambda on, key=key: self._toggled(key, on))
            self._row.addWidget(segment)
            self._segments[key] = segment

    def _toggled(self, key: str, on: bool) -> None:
        if on and key != self._current:
            self._current = key
            self.changed.emit(key)

    def current(self) -> str:
        """The id that holds."""
        return self._current

    def set_current(self, key: str) -> None:
        """Show `key` as chosen, without emitting."""
        self._current = key
        if key in self._segments:
            self._segments[key].setChecked(True)

    def set_choice_enabled(self, key: str, reason: str = "") -> None:
        """Disable one word with a reason, or enable it again with an empty one."""
        self._segments[key].setEnabled(not reason)
        plain_tooltip(self._segments[key], reason)

    def paintEvent(self, event: QPaintEvent) -> None:
        box(antialiased(self), self.rect(), RADIUS_CONTROL + 1, tokens().trough)


class Switch(QCheckBox):
    """On or off. Space toggles; a screen reader hears a check box."""

    def __init__(self, on: bool = False, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._knob = Fade(self)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setChecked(on)
        self._knob.value = float(on)
        self.toggled.connect(lambda checked: self._knob.to(float(checked)))

    def sizeHint(self) -> QSize:
        return QSize(34, 22)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        super().keyPressEvent(event)

    def set_on(self, on: bool) -> None:
        """Show on or off, without emitting."""
        if on != self.isChecked():
            self.blockSignals(True)
            self.setChecked(on)
            self.blockSignals(False)
            self._knob.to(float(on))

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        track = QRectF(3, (self.height() - 16) / 2, 28, 16)
        if keyboard_focus(self):
            focus_ring(painter, track.adjusted(-3, -3, 3, 3), 11)
        fill = blend(t.control, t.fill, self._knob.value) if self.isEnabled() else t.edge
        box(painter, track, 8, fill)
        share = self._knob.value
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        painter.setBrush(QColor("white") if self.isEnabled() or not t.dark else t.disabled)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(track.left() + 8 + 12 * share, track.center().y()), 6, 6)


class Chip(QAbstractButton):
    """A small tinted word with perhaps an icon. With `interactive` it can be clicked and focused."""

    def __init__(
        self,
        text: str,
        icon: str = "",
        *,
        tone: ChipTone = "neutral",
        interactive: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name, self._tone, self._label = icon, tone, text
        self._interactive = interactive
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if interactive else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(font("caption", 500))
        self.set(text)

    def set(self, text: str, icon: str | None = None, tone: ChipTone | None = None) -> None:
        """Show another word, icon or tone."""
        self._label = text
        self._icon_name = self._icon_name if icon is None else icon
        self._tone = tone or self._tone
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(self._label) + 18 + (19 if self._icon_name else 0)
        return QSize(width, max(22 if self._tone != "neutral" else 26, metrics.height() + 6))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _colours(self) -> tuple[QColor, QColor]:
        t = tokens()
        if self._tone == "neutral":
            return (t.hover if self._interactive and self.underMouse() else t.trough), t.second
        return t.named(f"{self._tone}_tint"), t.named(self._tone)

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, ink = self._colours()
        painter = antialiased(self)
        area = self.rect()
        radius = area.height() / 2
        if keyboard_focus(self):
            focus_ring(painter, area, radius)
            area = area.adjusted(3, 3, -3, -3)
        box(painter, area, area.height() / 2, fill)
        self._paint_words(painter, ink)

    def _paint_words(self, painter: QPainter, ink: QColor) -> None:
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left, right = 9, self.width() - 9
        if self._icon_name:
            at = right - 14 if mirrored else left
            paint_icon(painter, QRect(at, (self.height() - 14) // 2, 14, 14), self._icon_name, ink)
            left, right = (left, right - 19) if mirrored else (left + 19, right)
        painter.setPen(ink)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(QRect(left, 0, right - left, self.height()), flags, self._label)

    def mousePressEvent(self, event: object) -> None:
        if self._interactive:
            super().mousePressEvent(event)  # type: ignore[arg-type]
        else:
            event.ignore()  # type: ignore[attr-defined]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        note_key(self)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._interactive:
            self.click()
        else:
            super().keyPressEvent(event)
