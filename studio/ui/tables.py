"""Tables that scroll through millions of rows: a model that fetches pages as they come into view.

The model is handed a `Fetch` that answers later; until then a cell has no text and is drawn as a pale bar. Drawing
is the kit's (`studio.ui.widgets.tables`). Knows nothing of projects.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer

from studio.ui.widgets.tables import CHANGEABLE_ROLE, FLAG_ROLE, SECOND_LINE_ROLE, TONE_ROLE
from studio.ui.wording import count, tr

TableRow = dict[str, str]
Fetch = Callable[[int, int, Callable[[list[TableRow]], None]], None]
AnyIndex = QModelIndex | QPersistentModelIndex

PAGE = 128
PAGES_KEPT = 96
PAGES_AT_ONCE = 2
MOST_DRAWN = 4096
MOST_ROWS = 40_000_000  # Qt counts pixels in 31 bits; more rows than this could not be scrolled to.


@dataclass(frozen=True)
class TableColumn:
    """A column: its name, what it is for in a few words with their colour, why, and whether its cells matter."""

    name: str
    role: str = ""
    tone: str = "second"
    reason: str = ""
    used: bool = True


@dataclass(frozen=True)
class Flag:
    """A sign in the gutter beside a row, with its meaning in words."""

    icon: str
    words: str
    tone: str = "warn"


class RowsModel(QAbstractTableModel):
    """Rows by page. `cell` gives None while a page is under way; `changed rows` repaint when it arrives."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.changeable = False
        self._columns: tuple[TableColumn, ...] = ()
        self._total = 0
        self._fetch: Fetch | None = None
        self._pages: OrderedDict[int, list[TableRow]] = OrderedDict()
        self._wanted: list[int] = []
        self._asked: set[int] = set()
        self._only: list[int] | None = None
        self._flags: Mapping[str, Flag] = {}
        self._generation = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(12)
        self._timer.timeout.connect(self._ask)

    def show_rows(self, columns: Sequence[TableColumn], total: int, fetch: Fetch) -> None:
        """Show another table from its beginning."""
        self.beginResetModel()
        self._columns, self._total, self._fetch = tuple(columns), min(total, MOST_ROWS), fetch
        self._pages.clear()
        self._wanted, self._asked, self._only = [], set(), None
        self._generation += 1
        self.endResetModel()

    def set_columns(self, columns: Sequence[TableColumn]) -> None:
        """The same rows with other words above the columns."""
        if tuple(columns) != self._columns and len(columns) == len(self._columns):
            self._columns = tuple(columns)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(columns) - 1)
            self._repaint()

    def show_only(self, rows: Sequence[int] | None) -> None:
        """Show only these rows of the table; None shows all."""
        self.beginResetModel()
        self._only = None if rows is None else list(rows)
        self.endResetModel()

    def set_flags(self, flags: Mapping[str, Flag]) -> None:
        """Signs for rows, by the row's `_origin`."""
        if flags != self._flags:
            self._flags = dict(flags)
            self._repaint()
            if self.rowCount():
                self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, self.rowCount() - 1)

    @property
    def columns(self) -> tuple[TableColumn, ...]:
        return self._columns

    @property
    def total(self) -> int:
        """Rows of the whole table, whatever is shown of it."""
        return self._total

    def number(self, row: int) -> int:
        """The row's place in the whole table, counted from 0."""
        return row if self._only is None else self._only[row]

    def row(self, row: int) -> TableRow | None:
        """The whole row, or None while it is under way (which asks for it)."""
        if not 0 <= row < self.rowCount():
            return None
        place = self.number(row)
        page = self._pages.get(place // PAGE)
        if page is None:
            self._want(place // PAGE)
            return None
        return page[place % PAGE] if place % PAGE < len(page) else {}

    def cell(self, row: int, column: int) -> str | None:
        """One cell's text, or None while it is under way."""
        found = self.row(row)
        return None if found is None else found.get(self._columns[column].name, "")

    def flag(self, row: int) -> Flag | None:
        """The sign beside a row that has arrived."""
        place = self.number(row)
        page = self._pages.get(place // PAGE)
        if not self._flags or page is None or place % PAGE >= len(page):
            return None
        return self._flags.get(page[place % PAGE].get("_origin", ""))

    def _want(self, page: int) -> None:
        if page in self._asked or self._fetch is None:
            return
        if page in self._wanted:
            self._wanted.remove(page)
        self._wanted.append(page)
        if not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        """Ask for what was wanted last; what was only scrolled past is forgotten."""
        self._wanted = self._wanted[-8:]
        while self._wanted and len(self._asked) < PAGES_AT_ONCE and self._fetch is not None:
            page = self._wanted.pop()
            self._asked.add(page)
            generation = self._generation
            self._fetch(page * PAGE, PAGE, lambda rows, p=page, g=generation: self._arrived(p, g, rows))

    def _arrived(self, page: int, generation: int, rows: list[TableRow]) -> None:
        if generation != self._generation:
            return
        self._asked.discard(page)
        self._pages[page] = rows
        self._pages.move_to_end(page)
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        self._repaint()
        if self._wanted:
            self._timer.start()

    def _repaint(self) -> None:
        if self.rowCount() and self._columns:
            # Only what is on the screen is painted, so telling of all rows costs no more than telling of a page.
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(self._columns) - 1))

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        if parent.isValid():
            return 0
        return self._total if self._only is None else len(self._only)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The cell's beginning, None while it is under way; its tone; for screen readers a word while it loads."""
        if not index.isValid():
            return None
        if role == TONE_ROLE:
            return "text" if self._columns[index.column()].used else "second"
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        text = self.cell(index.row(), index.column())
        if text is None:
            return tr("loading") if role == Qt.ItemDataRole.AccessibleTextRole else None
        return text[:MOST_DRAWN]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Above: name, what it is for, its tone and why. Beside: the row's number and its sign."""
        if orientation == Qt.Orientation.Vertical:
            return self._row_header(section, role)
        if not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        return {
            int(Qt.ItemDataRole.DisplayRole): column.name,
            int(Qt.ItemDataRole.AccessibleTextRole): ", ".join(part for part in (column.name, column.role) if part),
            int(Qt.ItemDataRole.ToolTipRole): "\n".join(p for p in (column.name, column.role, column.reason) if p),
            SECOND_LINE_ROLE: column.role,
            TONE_ROLE: column.tone,
            CHANGEABLE_ROLE: self.changeable,
        }.get(int(role))

    def _row_header(self, section: int, role: int) -> Any:
        if not 0 <= section < self.rowCount():
            return None
        if role == FLAG_ROLE:
            flag = self.flag(section)
            return (flag.icon, flag.tone, flag.words) if flag else None
        return count(self.number(section) + 1) if role == Qt.ItemDataRole.DisplayRole else None
