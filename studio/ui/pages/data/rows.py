"""The Rows view: a table that scrolls through everything, a find box, the file chosen, and the row that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from studio.services.facts import Dataset
from studio.ui.pages.data.files import FileMenu, aside_columns, aside_rows
from studio.ui.pages.data.flags import RowFlags
from studio.ui.pages.data.reading import Passage, ReadingPane
from studio.ui.pages.data.roles import RoleMenu, roles_of, table_columns, with_role
from studio.ui.pages.data.widths import shared, weights_of
from studio.ui.tables import RowsModel, TableRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.inputs import TextInput
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import column, hairline, row
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.switches import Segmented
from studio.ui.widgets.tables import DataTable
from studio.ui.wording import count, plural, shortened, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State


class RowsPane(QWidget):
    """Toolbar, table and reading pane inside one card."""

    files_changed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._state: State | None = None
        self._dataset: Dataset | None = None
        self._weights: list[float] = []
        self._flags = RowFlags(session, self._flagged)
        self._looking_for = ""
        self.search = TextInput(tr("Find in all rows"), icon="magnifying-glass")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(240)
        self.search.setMinimumWidth(120)
        self.file = Button("", "file-text", kind="menu")
        self.file.setMenu(FileMenu(self.file, self._session, self.show_dataset))
        self.kind = Segmented([("rows", tr("Rows")), ("aside", tr("Set aside"))], name=tr("Which rows"), small=True)
        self.place = Label("", "caption", tabular=True)
        self.rows = RowsModel(self)
        self.table = DataTable(self.rows)
        self.table.setAccessibleName(tr("Rows"))
        self.reading = ReadingPane()
        self.nothing = EmptyState("magnifying-glass", "", "", second=tr("Show all rows"), second_icon="x")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(220)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        bar = row(spacing=10, margins=(13, 11, 16, 11))
        bar.addWidget(self.search, 2)
        bar.addWidget(self.kind)
        bar.addWidget(self.file)
        bar.addStretch(1)
        bar.addWidget(self.place)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.nothing)
        lower = QWidget()
        below = column(hairline(), spacing=0)
        below.addWidget(self.reading, 1)
        lower.setLayout(below)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("data-rows")
        self.splitter.addWidget(self._stack)
        self.splitter.addWidget(lower)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setCollapsible(0, False)
        self.splitter.setSizes([430, 124])
        outer = column(bar, hairline(), spacing=0, margins=(1, 1, 1, 1))
        outer.addWidget(self.splitter, 1)
        self.setLayout(outer)

    def _connect(self) -> None:
        self.table.role_menu_wanted.connect(self._ask_role)
        self.table.row_chosen.connect(self._read)
        self.rows.dataChanged.connect(lambda *_: self._read(self.table.currentIndex().row()))
        self.table.verticalScrollBar().valueChanged.connect(lambda _value: self._tell_place())
        self.search.textChanged.connect(lambda _text: self._timer.start())
        self.search.returnPressed.connect(self._find)
        self._timer.timeout.connect(self._find)
        self.nothing.second_action.connect(self.search.clear)
        self.kind.changed.connect(lambda _kind: self._show_table())
        self.table.installEventFilter(self)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.search, self.search.clear)
        leave.setContext(Qt.ShortcutContext.WidgetShortcut)

    def show_state(self, state: State) -> None:
        """Show the project's files; the chosen one stays while it is there."""
        self._state = state
        known = {dataset.hash: dataset for dataset in state.facts.datasets}
        if not known:
            return
        kept = known.get(self._dataset.hash) if self._dataset else None
        menu = self.file.menu()
        if isinstance(menu, FileMenu):
            menu.show_datasets(state.facts.datasets, bool(state.read_only))
        if kept is None:
            self.show_dataset(next(iter(known.values())))
        else:
            self._dataset = kept
            self._show_columns()
        self._flags.show_report(state, self._dataset)

    def show_dataset(self, dataset: Dataset, aside: bool = False) -> None:
        """Show another file from its beginning."""
        self._dataset = dataset
        self._fit_bar()
        self.file.setAccessibleName(tr("File: {file}", file=dataset.file))
        self.file.set_icon("file-text", "caret-down")
        self.file.set_tooltip(dataset.file)
        words = [("rows", tr("Rows"))]
        if dataset.rows_aside:
            words.append(("aside", tr("Set aside · {n}", n=count(dataset.rows_aside))))
        self.kind.set_choices(words, "aside" if aside and dataset.rows_aside else "rows")
        self.kind.setVisible(bool(dataset.rows_aside))
        self._looking_for = ""
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self._show_table()
        if self._state:
            self._flags.show_report(self._state, dataset)
        self.files_changed.emit(dataset.hash)

    def show_aside(self) -> None:
        """Show the lines that could not be read, of the first file that has some."""
        for dataset in self._state.facts.datasets if self._state else ():
            if dataset.rows_aside:
                self.show_dataset(dataset, aside=True)
                return

    def dataset(self) -> Dataset | None:
        """The file that is shown."""
        return self._dataset

    def _show_table(self) -> None:
        dataset, state = self._dataset, self._state
        if dataset is None or state is None:
            return
        aside = self.kind.current() == "aside"
        self.rows.changeable = not aside and not state.read_only
        self.search.setEnabled(not aside)
        if aside:
            rows = aside_rows(dataset)
            columns, total = aside_columns(), len(rows)
            self.rows.show_rows(columns, total, lambda start, n, then: then(rows[start : start + n]))
            self._share_width([1, 4, 5])
        else:
            hash = dataset.hash
            fetch = lambda start, n, then: self._session.data.rows(hash, start, n, then)  # noqa: E731
            self.rows.show_rows(table_columns(dataset, state.config), dataset.rows_kept, fetch)
            self._share_width(weights_of(dataset, state))
        self._stack.setCurrentWidget(self.table)
        self.table.choose_row(0)
        self.table.scrollToTop()
        self._tell_place()

    def _share_width(self, weights: list[float]) -> None:
        """Divide the width among the columns by weight; narrow tables fill the view, wide ones scroll."""
        self._weights = weights
        free = max(320, self.width() - self.table.verticalHeader().sizeHint().width() - 16)
        self.table.set_widths(shared(free, weights))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bar()
        if self._weights:
            self._share_width(self._weights)

    def _fit_bar(self) -> None:
        """In a narrow window the file's name and the place give way to the search."""
        narrow = self.width() < 610
        self.file.setText("" if narrow or not self._dataset else shortened(self._dataset.file, 28))
        self.place.setVisible(self.width() >= 520)

    def _show_columns(self) -> None:
        if self._dataset and self._state and self.kind.current() == "rows":
            self.rows.set_columns(table_columns(self._dataset, self._state.config))
            self._read(self.table.currentIndex().row())

    def _find(self) -> None:
        """Look for the text in the whole file; the table then shows only the rows that hold it."""
        self._timer.stop()
        text = self.search.text().strip()
        if text == self._looking_for or self._dataset is None:
            return
        self._looking_for = text
        if not text:
            self._found("", None)
            return
        self.place.setText(tr("looking…"))
        self._session.data.find_rows(self._dataset.hash, text, lambda rows: self._found(text, rows))

    def _found(self, text: str, rows: list[int] | None) -> None:
        if text != self._looking_for:
            return
        self.rows.show_only(rows)
        if rows is not None and not rows:
            title = tr("No row holds “{words}”", words=shortened(text, 40))
            self.reading.show_passages("", "", ())
            self.nothing.set_words(title, tr("Capital letters make no difference."))
        self._stack.setCurrentWidget(self.nothing if rows is not None and not rows else self.table)
        self.table.choose_row(0)
        self._tell_place()

    def _tell_place(self) -> None:
        rows = self.rows
        if self._looking_for:
            of = plural(rows.total, "{n} row", "{n} rows")
            self.place.setText(tr("{found} of {of}", found=count(rows.rowCount()), of=of))
            return
        first = max(0, self.table.rowAt(0))
        whole = plural(rows.total, "{n} row", "{n} rows")
        self.place.setText(tr("Row {n} of {total}", n=count(first + 1), total=count(rows.total)) if first else whole)

    def _read(self, row_number: int) -> None:
        found = self.rows.row(row_number)
        if found is None or not found or self._dataset is None:
            return
        # What is learnt from comes first; columns that are only kept follow in the file's order.
        columns = sorted(self.rows.columns, key=lambda column: not column.used)
        passages = [
            Passage(c.name, found.get(c.name, ""), "accent" if c.tone == "accent" else "second") for c in columns
        ]
        heading = tr("Row {n}", n=count(self.rows.number(row_number) + 1))
        flag = self.rows.flag(row_number)
        where = f"{self._dataset.file}, {found['_origin']}" if found.get("_origin") else self._dataset.file
        self.reading.show_passages(heading, f"{flag.words} · {where}" if flag else where, passages)
        self.reading.remark.set_tone("warn" if flag else "second")

    def _ask_role(self, place: int, corner: QPoint) -> None:
        state = self._state
        if state is None or not self.rows.changeable:
            return
        shown = self.rows.columns[place]
        menu = RoleMenu(shown, state.config.data.roles.get(shown.name, ""), roles_of(state.config), self)
        menu.picked.connect(lambda role: self.set_role(shown.name, role))
        menu.popup(corner)

    def offer_roles(self) -> None:
        """Open the menu of the first column that has no role yet, for what is still missing."""
        used = self._state.config.data.roles if self._state else {}
        free = [place for place, column in enumerate(self.rows.columns) if not used.get(column.name)]
        if free and self.rows.rowCount():
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            self.table.setCurrentIndex(self.rows.index(max(0, self.table.currentIndex().row()), free[0]))
            header = self.table.horizontalHeader()
            corner = QPoint(header.sectionViewportPosition(free[0]), header.height())
            self._ask_role(free[0], header.viewport().mapToGlobal(corner))

    def set_role(self, name: str, role: str) -> None:
        """Say what a column is for."""
        if self._state and self._state.config.data.roles.get(name, "") != role:
            roles = with_role(self._state.config.data.roles, name, role)
            self._session.edit({"data.roles": roles}, tr("Change what “{column}” is for", column=shortened(name, 30)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if watched is self.table and pressed and event.matches(QKeySequence.StandardKey.Copy):  # type: ignore[attr-defined]
            self.copy_row()
            return True
        return super().eventFilter(watched, event)

    def copy_row(self) -> None:
        """Copy the chosen row, its cells separated by tabs."""
        found: TableRow | None = self.rows.row(self.table.currentIndex().row())
        if found:
            cells = [" ".join(found.get(c.name, "").split("\t")) for c in self.rows.columns]
            QGuiApplication.clipboard().setText("\t".join(cells))

    def _flagged(self) -> None:
        self.rows.set_flags(self._flags.flags)
