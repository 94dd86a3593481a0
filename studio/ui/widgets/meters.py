"""What the top bar tells at a glance: how full something is, and the run in progress."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QWidget

from studio.ui.fonts import font
from studio.ui.icons import STATE_ICONS, paint_icon
from studio.ui.theme import RADIUS_CONTROL, SPACE_8, tokens
from studio.ui.widgets.labels import elided
from studio.ui.widgets.paint import antialiased, box, focus_ring, keyboard_focus, rounded_path

_METER_NAME, _METER_BAR = 54, 40


class Meter(QProgressBar):
    """A name, a small bar and its numbers in words: Card ▬▬ 5.4 of 12 GB."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.words = name, ""
        self.setRange(0, 1000)
        self.setTextVisible(False)
        self.setFont(font("caption", 500, tabular=True))
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_share(self, share: float, words: str) -> None:
        """`share` from 0 to 1, and the numbers as they are read."""
        self.setValue(round(1000 * min(1.0, max(0.0, share))))
        if words != self.words:
            self.words = words
            self.setAccessibleDescription(words)
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = _METER_NAME + _METER_BAR + SPACE_8 + max(metrics.horizontalAdvance(self.words) + 2, 72)
        return QSize(width, max(15, metrics.height() - 1))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        share = self.value() / 1000
        mirrored = self.isRightToLeft()

        def place(x: int, width: int) -> QRect:
            return QRect(self.width() - x - width if mirrored else x, 0, width, self.height())

        painter.setPen(t.second)
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place(0, _METER_NAME), flags, elided(self.name, painter.fontMetrics(), _METER_NAME - 4))
        bar = QRectF(place(_METER_NAME, _METER_BAR))
        bar = QRectF(bar.left(), bar.center().y() - 2, _METER_BAR, 4)
        box(painter, bar, 2, t.edge if not t.dark else t.border)
        width = max(4.0, _METER_BAR * share)
        fill = t.bad if share > 0.97 else t.second
        box(painter, QRectF(bar.right() - width if mirrored else bar.left(), bar.top(), width, 4), 2, fill)
        painter.setPen(t.second)
        begin = _METER_NAME + _METER_BAR + SPACE_8
        painter.drawText(place(begin, self.width() - begin), flags, self.words)


class RunPill(QPushButton):
    """The run in progress: sign, words, and progress along its lower edge. A click opens the run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share, self._state, self._words = 0.0, "running", ""
        self.setFont(font("body", 500))
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_run(self, words: str, share: float, state: str = "running") -> None:
        """`state` is running, paused, good, warn, bad or failed."""
        self._words, self._share, self._state = words, share, state
        self.setText(words.replace("&", "&&"))
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self._words)
        return QSize(min(280, width + 44), 32)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = antialiased(self)
        icon, tone = STATE_ICONS[self._state]
        area = QRectF(self.rect())
        box(painter, area, RADIUS_CONTROL, t.hover if self.underMouse() else t.card, t.border)
        painter.save()
        painter.setClipPath(rounded_path(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CONTROL))
        width = area.width() * min(1.0, max(0.0, self._share))
        bar = QRectF(area.right() - width if self.isRightToLeft() else 0, area.height() - 3, width, 3)
        painter.fillRect(bar, t.accent if self._state == "running" else t.named(tone))
        painter.restore()
        self._paint_words(painter, icon, tone)
        if keyboard_focus(self):
            focus_ring(painter, area, RADIUS_CONTROL)

    def _paint_words(self, painter: QPainter, icon: str, tone: str) -> None:
        t = tokens()
        mirrored = self.isRightToLeft()
        x = self.width() - 10 - 16 if mirrored else 10
        paint_icon(painter, QRect(x, (self.height() - 17) // 2, 16, 16), icon, t.named(tone))
        words = QRect(10 if mirrored else 32, 0, self.width() - 42, self.height() - 2)
        painter.setPen(t.text)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, elided(self._words, painter.fontMetrics(), words.width()))
