"""The Explain panel: what the thing in hand is, what happens when it is too small or too big, and why this value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.fonts import font
from studio.ui.theme import SPACE_8, SPACE_16, WIDTH_EXPLAIN, tokens
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.labels import IconLabel, Label
from studio.ui.widgets.layout import clear, column, row, scrolling
from studio.ui.widgets.notices import Notice
from studio.ui.widgets.paint import antialiased, box
from studio.ui.wording import tr


@dataclass(frozen=True)
class GoodRange:
    """Where a value lies: all as shares from 0 (too small) to 1 (too big); `words` is the value as it is read."""

    low: float
    high: float
    value: float
    words: str


@dataclass(frozen=True)
class Explanation:
    """What the panel says about one thing."""

    title: str
    term: str = ""
    paragraphs: tuple[str, ...] = ()
    too_low: str = ""
    too_high: str = ""
    why_title: str = ""
    why: str = ""
    good_range: GoodRange | None = None
    notice: str = ""


class RangeBar(QWidget):
    """A bar with the good range in it and a dot for the value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range: GoodRange | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_range(self, shown: GoodRange) -> None:
        """Show a value and its good range."""
        self._range = shown
        inside = shown.low <= shown.value <= shown.high
        where = (
            tr("in the good range")
            if inside
            else (tr("below the good range") if shown.value < shown.low else tr("above the good range"))
        )
        self.setAccessibleName(f"{shown.words}, {where}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 16 + 2 * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._range
        if shown is None:
            return
        t = tokens()
        painter = antialiased(self)
        height = self.fontMetrics().height()
        y = height + 6
        span = self.width() - 12

        def at(share: float) -> float:
            share = min(1.0, max(0.0, share))
            return 6 + span * (1 - share if self.isRightToLeft() else share)

        box(painter, QRectF(0, y, self.width(), 7), 3.5, t.trough if not t.dark else t.select)
        low, high = sorted((at(shown.low), at(shown.high)))
        box(painter, QRectF(low, y, high - low, 7), 3.5, t.good)
        x = at(shown.value)
        painter.setPen(t.rail)
        painter.setBrush(t.text)
        painter.drawEllipse(QPointF(x, y + 3.5), 6.5, 6.5)
        painter.setFont(font("body", 600, tabular=True))
        painter.setPen(t.text)
        _centred(painter, self.width(), x, 0, height, shown.words)
        painter.setFont(font("tick", 500))
        words = (tr("too small"), tr("good range"), tr("too big"))
        self._captions(painter, y + 10, (low + high) / 2, words)

    def _captions(self, painter: QPainter, y: float, middle: float, words: tuple[str, str, str]) -> None:
        t = tokens()
        height = painter.fontMetrics().height()
        left, right = (words[2], words[0]) if self.isRightToLeft() else (words[0], words[2])
        area = QRectF(0, y, self.width(), height)
        painter.setPen(t.second)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute, left)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute, right)
        width = painter.fontMetrics().horizontalAdvance
        free = self.width() - width(left) - width(right) - 16
        if width(words[1]) <= free:
            middle = max(width(left) + 8 + width(words[1]) / 2, middle)
            middle = min(self.width() - width(right) - 8 - width(words[1]) / 2, middle)
            painter.setPen(t.good)
            _centred(painter, self.width(), middle, y, height, words[1])


def _centred(painter: QPainter, limit: float, x: float, y: float, height: float, words: str) -> None:
    width = painter.fontMetrics().horizontalAdvance(words) + 2
    left = min(max(0.0, x - width / 2), limit - width)
    painter.drawText(QRectF(left, y, width, height), Qt.AlignmentFlag.AlignCenter, words)


class ExplainPanel(QFrame):
    """The collapsible panel at the right. Collapsed, a narrow strip with one button stays."""

    collapsed_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName(tr("Explain"))
        self._collapsed = False
        self._toggle = IconButton("caret-double-right", tr("Hide the explanation"), small=True)
        self._toggle.clicked.connect(lambda: self.set_collapsed(not self._collapsed))
        self._heading = Label(tr("Explain"), "quiet")
        self._heading.setFont(font("caption", 600))
        self._content = QVBoxLayout()
        self._content.setSpacing(SPACE_8)
        self._content.setContentsMargins(0, 0, SPACE_8, 0)
        holder = QWidget()
        holder.setLayout(self._content)
        self._scroll = scrolling(holder)
        self._notice = Notice("", "warn")
        self._notice.hide()
        head = row(self._heading, None, self._toggle)
        outer = column(head, self._scroll, self._notice, spacing=SPACE_8, margins=(18, 12, 18, SPACE_16))
        outer.setStretchFactor(self._scroll, 1)
        self.setLayout(outer)
        self._outer = outer
        self.setFixedWidth(WIDTH_EXPLAIN)

    def explain(self, explanation: Explanation | None) -> None:
        """Show an explanation; None empties the panel."""
        clear(self._content)
        self._notice.hide()
        if explanation is None:
            return
        e = explanation
        self._content.addWidget(Label(e.title, "heading", wrap=True))
        if e.term:
            self._content.addWidget(Label(e.term, "quiet", wrap=True))
        for paragraph in e.paragraphs:
            self._content.addWidget(Label(paragraph, "second", wrap=True))
        if e.good_range is not None:
            bar = RangeBar()
            bar.set_range(e.good_range)
            self._content.addSpacing(SPACE_8)
            self._content.addWidget(bar)
        self._add_entries(
            (
                ("arrow-down", tr("When it is too small"), e.too_low),
                ("arrow-up", tr("When it is too big"), e.too_high),
                ("star", e.why_title or tr("Why this value"), e.why),
            )
        )
        self._content.addStretch(1)
        if e.notice:
            self._notice.set(e.notice, "warn")
            self._notice.setVisible(not self._collapsed)

    def _add_entries(self, entries: Sequence[tuple[str, str, str]]) -> None:
        for icon, title, text in entries:
            if not text:
                continue
            words = column(Label(title, "medium", wrap=True), Label(text, "caption", wrap=True), spacing=2)
            line = row(spacing=10)
            line.addWidget(IconLabel(icon, "accent" if icon == "star" else "second"), 0, Qt.AlignmentFlag.AlignTop)
            line.addLayout(words, 1)
            self._content.addSpacing(SPACE_8)
            self._content.addLayout(line)

    def collapsed(self) -> bool:
        """Whether only the strip is shown."""
        return self._collapsed

    def set_collapsed(self, collapsed: bool) -> None:
        """Shrink to a strip, or open again."""
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        for widget in (self._heading, self._scroll):
            widget.setVisible(not collapsed)
        self._notice.setVisible(not collapsed and bool(self._notice.accessibleName()))
        self._toggle.set_icon("question" if collapsed else "caret-double-right")
        name = tr("Show the explanation") if collapsed else tr("Hide the explanation")
        self._toggle.setAccessibleName(name)
        self._toggle.set_tooltip(name)
        margin = 6 if collapsed else 18
        self._outer.setContentsMargins(margin, 12, margin, SPACE_16)
        self.setFixedWidth(44 if collapsed else WIDTH_EXPLAIN)
        self.collapsed_changed.emit(collapsed)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        painter = QPainter(self)
        painter.fillRect(self.rect(), t.rail)
        x = self.width() - 1 if self.isRightToLeft() else 0
        painter.fillRect(QRectF(x, 0, 1, self.height()), t.border)
