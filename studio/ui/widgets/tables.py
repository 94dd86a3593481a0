"""The table kit: any Qt table model, shown as rows that scroll through millions, with a two-line header and flags.

The model may answer these roles; all are optional:

- `Qt.DisplayRole` of a cell: its text, always shown literally, on one line, elided in its own direction; None while it
  is still under way, which is drawn as a pale bar.
- `TONE_ROLE` of a cell: a colour token ("second", "quiet", "warn").
- `Qt.DisplayRole` of a horizontal header: the column's name (first line).
- `SECOND_LINE_ROLE` of a horizontal header: what the column is for (second line, with a caret when it can be changed).
- `TONE_ROLE` of a horizontal header: the second line's colour token.
- `CHANGEABLE_ROLE` of a horizontal header: whether a click on it opens the role menu (`role_menu_wanted`).
- `Qt.DisplayRole` of a vertical header: the row's number as it is shown.
- `Qt.ToolTipRole` of a horizontal header: why the column is what it is, shown literally.
- `FLAG_ROLE` of a vertical header: (icon, token, tooltip) for the left gutter, or None.
"""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from studio.ui.fonts import font
from studio.ui.icons import paint_icon
from studio.ui.theme import HEIGHT_ROW, tokens
from studio.ui.widgets.labels import elided, is_right_to_left
from studio.ui.widgets.paint import box, focus_ring, keyboard_focus, show_tooltip

TONE_ROLE = int(Qt.ItemDataRole.UserRole) + 101
SECOND_LINE_ROLE = TONE_ROLE + 1
CHANGEABLE_ROLE = TONE_ROLE + 2
FLAG_ROLE = TONE_ROLE + 3

_PAD = 10


class _Cell(QStyledItemDelegate):
    """Paints one cell: ground, one line of text, the faint line below."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        t = tokens()
        table: DataTable = self.parent()  # type: ignore[assignment]
        rect: QRect = option.rect  # type: ignore[attr-defined]
        table.paint_row_ground(painter, rect, index.row())
        value = index.data(Qt.ItemDataRole.DisplayRole)
        area = rect.adjusted(_PAD, 0, -_PAD, 0)
        if value is None:
            _paint_waiting(painter, area, index.row() * 31 + index.column() * 17)
            return
        text = str(value)
        painter.setFont(table.cell_font)
        painter.setPen(t.named(str(index.data(TONE_ROLE) or "text")))
        mirrored = is_right_to_left(text)
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        given = index.data(Qt.ItemDataRole.TextAlignmentRole)
        if given is not None and int(given) & int(Qt.AlignmentFlag.AlignRight):
            side = Qt.AlignmentFlag.AlignRight
        flags = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.setLayoutDirection(Qt.LayoutDirection.RightToLeft if mirrored else Qt.LayoutDirection.LeftToRight)
        painter.drawText(area, flags, elided(text, painter.fontMetrics(), area.width()))
        if keyboard_focus(table) and index == table.currentIndex():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            focus_ring(painter, rect.adjusted(1, 1, -1, -2), 4)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")[:200]
        metrics = option.fontMetrics  # type: ignore[attr-defined]
        return QSize(metrics.horizontalAdvance(text) + 2 * _PAD, HEIGHT_ROW)


def _paint_waiting(painter: QPainter, area: QRect, seed: int) -> None:
    """A pale bar where text is still under way; its length differs from cell to cell as text does."""
    width = int(area.width() * (0.45 + 0.4 * ((seed * 2654435761) % 97) / 97))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box(painter, QRect(area.left(), area.center().y() - 4, width, 8), 4, tokens().grid)
    painter.restore()


class _ColumnHeader(QHeaderView):
    """Two lines: the column's name, and what it is for."""

    def __init__(self, table: DataTable) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(64)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), 2 * self.fontMetrics().height() + 20)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            section = self.logicalIndexAt(event.pos())  # type: ignore[attr-defined]
            show_tooltip(
                event, self, str(self._ask(section, Qt.ItemDataRole.ToolTipRole) or "") if section >= 0 else ""
            )
            return True
        return super().viewportEvent(event)

    def _ask(self, section: int, role: int) -> object:
        return self.model().headerData(section, Qt.Orientation.Horizontal, role) if self.model() else None

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        t = tokens()
        painter.save()
        painter.fillRect(rect, t.card)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), t.border)
        name = str(self._ask(section, Qt.ItemDataRole.DisplayRole) or "")
        second = str(self._ask(section, SECOND_LINE_ROLE) or "")
        line = self.fontMetrics().height()
        top = rect.top() + (rect.height() - (2 * line + 2 if second else line)) // 2
        area = QRect(rect.left() + _PAD, top, rect.width() - 2 * _PAD, line)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        painter.setFont(font("body", 600))
        painter.setPen(t.text)
        painter.drawText(area, self._side(), elided(name, painter.fontMetrics(), area.width()))
        if second:
            self._paint_second(painter, area.translated(0, line + 2), section, second)
        painter.restore()

    def _side(self) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter

    def _paint_second(self, painter: QPainter, area: QRect, section: int, second: str) -> None:
        t = tokens()
        ink = t.named(str(self._ask(section, TONE_ROLE) or "second"))
        caret = 15 if self._ask(section, CHANGEABLE_ROLE) else 0
        painter.setFont(font("caption"))
        painter.setPen(ink)
        metrics = painter.fontMetrics()
        shown = elided(second, metrics, area.width() - caret)
        painter.drawText(area, self._side(), shown)
        if caret:
            width = metrics.horizontalAdvance(shown)
            x = area.right() - width - caret if self.isRightToLeft() else area.left() + width + 4
            paint_icon(painter, QRect(x, area.center().y() - 5, 11, 11), "caret-down", ink)


class _Gutter(QHeaderView):
    """Row numbers with their flags, and the bar of the chosen row."""

    def __init__(self, table: DataTable) -> None:
        super().__init__(Qt.Orientation.Vertical, table)
        self._table = table
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultSectionSize(HEIGHT_ROW)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        rows = self.model().rowCount() if self.model() else 0
        widest = str(self.model().headerData(rows - 1, Qt.Orientation.Vertical) or rows) if rows else "000"
        return QSize(30 + self.fontMetrics().horizontalAdvance(widest) + 14, 0)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        t = tokens()
        painter.save()
        self._table.paint_row_ground(painter, rect, section)
        if self._table.is_chosen(section):
            x = rect.right() - 2 if self.isRightToLeft() else rect.left()
            painter.fillRect(QRect(x, rect.top(), 3, rect.height() - 1), t.accent)
        flag = self.model().headerData(section, Qt.Orientation.Vertical, FLAG_ROLE)
        if isinstance(flag, tuple):
            x = rect.right() - 28 if self.isRightToLeft() else rect.left() + 11
            paint_icon(painter, QRect(x, rect.center().y() - 7, 15, 15), str(flag[0]), t.named(str(flag[1])))
        painter.setFont(font("body", tabular=True))
        painter.setPen(t.second)
        number = self.model().headerData(section, Qt.Orientation.Vertical, Qt.ItemDataRole.DisplayRole)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect.adjusted(28, 0, -10, 0), flags, "" if number is None else str(number))
        painter.restore()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            section = self.logicalIndexAt(event.pos())  # type: ignore[attr-defined]
            flag = self.model().headerData(section, Qt.Orientation.Vertical, FLAG_ROLE) if section >= 0 else None
            show_tooltip(event, self, str(flag[2]) if isinstance(flag, tuple) and len(flag) > 2 else "")
            return True
        return super().viewportEvent(event)


class DataTable(QTableView):
    """A table of data. One row is chosen at a time; `row_chosen(row)` tells, -1 for none."""

    row_chosen = Signal(int)
    row_opened = Signal(int)
    role_menu_wanted = Signal(int, QPoint)

    def __init__(self, model: QAbstractTableModel | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cell_font = font("body", tabular=True)
        self._hovered = -1
        self.setHorizontalHeader(_ColumnHeader(self))
        self.setVerticalHeader(_Gutter(self))
        self.setItemDelegate(_Cell(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerButtonEnabled(False)
        self.horizontalHeader().setStretchLastSection(True)
        # The scroll bar begins below the header.
        self._above_bar = QWidget()
        self._above_bar.setAutoFillBackground(False)
        self.addScrollBarWidget(self._above_bar, Qt.AlignmentFlag.AlignTop)
        self._above_bar.setFixedHeight(self.horizontalHeader().sizeHint().height())
        self.setCornerWidget(QWidget())
        self.horizontalHeader().sectionClicked.connect(self._header_clicked)
        self.doubleClicked.connect(lambda index: self.row_opened.emit(index.row()))
        if model is not None:
            self.setModel(model)

    def setModel(self, model: QAbstractTableModel | None) -> None:  # type: ignore[override]
        """Show another model."""
        super().setModel(model)
        if self.selectionModel() is not None:
            self.selectionModel().currentRowChanged.connect(self._current_changed)

    def set_widths(self, widths: list[int]) -> None:
        """Column widths in pixels; the last column takes what is left."""
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)

    def choose_row(self, row: int) -> None:
        """Choose a row and bring it into view."""
        index = self.model().index(row, max(0, self.currentIndex().column()))
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def is_chosen(self, row: int) -> bool:
        """Whether this is the chosen row."""
        return self.selectionModel() is not None and self.selectionModel().isRowSelected(row, QModelIndex())

    def paint_row_ground(self, painter: QPainter, rect: QRect, row: int) -> None:
        """The fill of a row and the line below it; the same for cells and gutter."""
        t = tokens()
        fill = t.accent_tint if self.is_chosen(row) else t.hover if row == self._hovered else t.card
        painter.fillRect(rect, fill)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), t.grid)

    def _current_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        self.verticalHeader().viewport().update()
        self.row_chosen.emit(now.row())

    def _header_clicked(self, section: int) -> None:
        model = self.model()
        if model.headerData(section, Qt.Orientation.Horizontal, CHANGEABLE_ROLE):
            header = self.horizontalHeader()
            x = header.sectionViewportPosition(section)
            self.role_menu_wanted.emit(section, header.viewport().mapToGlobal(QPoint(x + _PAD, header.height())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt_down = event.key() == Qt.Key.Key_Down and event.modifiers() & Qt.KeyboardModifier.AltModifier
        if alt_down and self.currentIndex().isValid():
            self._header_clicked(self.currentIndex().column())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.row_opened.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.HoverMove, QEvent.Type.MouseMove):
            self._hover(self.rowAt(event.position().toPoint().y()))  # type: ignore[attr-defined]
        elif kind in (QEvent.Type.Leave, QEvent.Type.HoverLeave):
            self._hover(-1)
        elif kind == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())  # type: ignore[attr-defined]
            text = str(index.data(Qt.ItemDataRole.DisplayRole) or "") if index.isValid() else ""
            room = self.visualRect(index).width() - 2 * _PAD
            fits = self.fontMetrics().horizontalAdvance(text[:400]) <= room and "\n" not in text
            show_tooltip(event, self, "" if fits else text[:600])
            return True
        return super().viewportEvent(event)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()
            self.verticalHeader().viewport().update()
