"""What was told for what: a matrix of counts whose cells can be looked at one by one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.fonts import font
from studio.ui.theme import tokens
from studio.ui.widgets.labels import elided
from studio.ui.widgets.paint import antialiased, blend, box, focus_ring, keyboard_focus, note_key, show_tooltip
from studio.ui.wording import count, percent, plural, tr

_MOST_NAME, _MOST_HEAD, _FOUND = 150, 104, 58
_GAP = 3.0


class Matrix(QWidget):
    """Rows are what is right, columns what was told. `chosen(row, column)` when a cell is; arrows move between them."""

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._counts: tuple[tuple[int, ...], ...] = ()
        self._cell: tuple[int, int] = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("What was told for what"))

    def set_counts(self, names: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Show another matrix; the greatest mistake is looked at first."""
        self._names = tuple(names)
        self._counts = tuple(tuple(line) for line in counts)
        places = [(row, column) for row in range(len(names)) for column in range(len(names))]
        self._cell = max(places, key=lambda at: (at[0] != at[1]) * self._counts[at[0]][at[1]], default=(0, 0))
        self.updateGeometry()
        self._tell()

    def cell(self) -> tuple[int, int]:
        """The row and the column that are looked at."""
        return self._cell

    def choose(self, row: int, column: int) -> None:
        """Look at a cell."""
        self._cell = row, column
        self._tell()
        self.chosen.emit(row, column)

    def said(self, row: int, column: int) -> str:
        """A cell in words."""
        right, told = self._names[row], self._names[column]
        number = self._counts[row][column]
        if row == column:
            return plural(number, "{name}: {n} text told rightly", "{name}: {n} texts told rightly", name=right)
        return plural(
            number, "{right}, told as {told}: {n} text", "{right}, told as {told}: {n} texts", right=right, told=told
        )

    def _tell(self) -> None:
        if self._names:
            self.setAccessibleDescription(self.said(*self._cell))
        self.update()

    # Size

    def _left(self) -> float:
        metrics = self.fontMetrics()
        return min(_MOST_NAME, max((metrics.horizontalAdvance(name) for name in self._names), default=0)) + 14.0

    def _size(self) -> tuple[float, float]:
        """Width and height of a cell."""
        number = max(1, len(self._names))
        width = max(18.0, (self.width() - self._left() - _FOUND) / number)
        height = 40.0 if number <= 6 else 32.0 if number <= 10 else 24.0
        return width, max(height, self.fontMetrics().height() + 6.0)

    def _turned(self) -> bool:
        """Whether the names above the columns must run upwards."""
        metrics, width = self.fontMetrics(), self._size()[0]
        return any(metrics.horizontalAdvance(name) > width - 6 for name in self._names)

    def _top(self) -> float:
        metrics = self.fontMetrics()
        if not self._turned():
            return metrics.height() + 10.0
        return min(_MOST_HEAD, max(metrics.horizontalAdvance(name) for name in self._names)) + 14.0

    def sizeHint(self) -> QSize:
        return QSize(420, int(self._top() + len(self._names) * self._size()[1]) + 2)

    def minimumSizeHint(self) -> QSize:
        least = int(self._left() + _FOUND + 18 * len(self._names))
        return QSize(least, self.sizeHint().height())

    def resizeEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self.updateGeometry()

    def area(self, row: int, column: int) -> QRectF:
        """Where a cell stands."""
        width, height = self._size()
        x, y = self._left() + column * width, self._top() + row * height
        return QRectF(x, y, width, height).adjusted(_GAP / 2, _GAP / 2, -_GAP / 2, -_GAP / 2)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._names:
            return
        painter = antialiased(self)
        self._paint_names(painter)
        for row, line in enumerate(self._counts):
            for column, number in enumerate(line):
                self._paint_cell(painter, row, column, number)
        area = self.area(*self._cell).adjusted(-1.5, -1.5, 1.5, 1.5)
        if keyboard_focus(self):
            focus_ring(painter, area, 6)
        else:
            box(painter, area, 6, None, tokens().text, 1.5)

    def _paint_names(self, painter: QPainter) -> None:
        t, metrics = tokens(), self.fontMetrics()
        left, top, turned = self._left(), self._top(), self._turned()
        for place, name in enumerate(self._names):
            at = self.area(place, place)
            painter.setPen(t.text)
            painter.setFont(font("body", 500))
            room = QRectF(0, at.top(), left - 10, at.height())
            painter.drawText(room, _MIDDLE_LEFT, elided(name, metrics, int(room.width())))
            painter.setPen(t.second)
            painter.setFont(font("caption"))
            if turned:
                painter.save()
                painter.translate(at.center().x(), top - 6)
                painter.rotate(-90)
                painter.drawText(
                    QRectF(0, -at.width() / 2, top, at.width()), _MIDDLE_LEFT, elided(name, metrics, int(top) - 12)
                )
                painter.restore()
            else:
                painter.drawText(QRectF(at.left(), 0, at.width(), top), Qt.AlignmentFlag.AlignCenter, name)
            self._paint_found(painter, place)
        painter.setPen(t.second)
        painter.drawText(QRectF(self.width() - _FOUND, top - 24, _FOUND, 24), Qt.AlignmentFlag.AlignCenter, tr("found"))

    def _paint_found(self, painter: QPainter, row: int) -> None:
        """How many of a row's texts were told rightly."""
        whole, at = sum(self._counts[row]), self.area(row, 0)
        words = percent(self._counts[row][row] / whole, 0) if whole else "–"
        painter.setFont(font("caption", 500, tabular=True))
        painter.setPen(tokens().second)
        painter.drawText(
            QRectF(self.width() - _FOUND, at.top(), _FOUND, at.height()), Qt.AlignmentFlag.AlignCenter, words
        )

    def _paint_cell(self, painter: QPainter, row: int, column: int, number: int) -> None:
        t, area = tokens(), self.area(row, column)
        fill, ink = t.canvas, t.quiet
        if number and row == column:
            share = number / max(1, max(line[place] for place, line in enumerate(self._counts)))
            fill = blend(t.train_tint, t.train, 0.2 + 0.8 * share)
            ink = _readable(fill)
        elif number:
            fill, ink = t.valid_tint, t.valid
        box(painter, area, 4, fill)
        painter.setPen(ink)
        painter.setFont(font("body", 600 if number else 400, tabular=True))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, count(number) if number else "·")

    # Pointer and keys

    def cell_at(self, pos: QPointF) -> tuple[int, int] | None:
        """The cell under a point."""
        width, height = self._size()
        column, row = int((pos.x() - self._left()) // width), int((pos.y() - self._top()) // height)
        inside = 0 <= row < len(self._names) and 0 <= column < len(self._names)
        return (row, column) if inside else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if at := self.cell_at(event.position()):
            self.choose(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if event.key() not in ways or not self._names:
            super().keyPressEvent(event)
            return
        note_key(self)
        down, on = ways[Qt.Key(event.key())]
        last = len(self._names) - 1
        self.choose(min(last, max(0, self._cell[0] + down)), min(last, max(0, self._cell[1] + on)))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            at = self.cell_at(QPointF(self.mapFromGlobal(event.globalPos())))  # type: ignore[attr-defined]
            show_tooltip(event, self, self.said(*at) if at else "")
            return True
        return super().event(event)


_MIDDLE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


def _readable(fill: QColor) -> QColor:
    """Black or white, whichever reads better."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in fill.getRgbF()[:3]  # type: ignore[index]
    )
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return QColor("black") if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else QColor("white")
