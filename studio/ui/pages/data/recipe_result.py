"""What each step of the recipe did: rows in and out, cells before and after, rows left out with the reason."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.services.facts import PrepareReport, StepCount
from studio.ui.pages.data.reading import Passage, ReadingPane
from studio.ui.pages.data.recipe import title_of
from studio.ui.pages.data.roles import roles_of
from studio.ui.tables import RowsModel, TableColumn, TableRow
from studio.ui.widgets.cards import SelectableCard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import FlowLayout, clear, column, hairline, row
from studio.ui.widgets.notices import EmptyState
from studio.ui.widgets.tables import DataTable
from studio.ui.wording import count, plural, tr

if TYPE_CHECKING:
    from studio.ui.session import Session, State

MOST_COMPARED = 4000
Place = tuple[str, str]  # (step id, "dropped" or "changed")


class StepCard(SelectableCard):
    """One step in the row at the top: its name, rows in and out."""

    def __init__(self, counted: StepCount) -> None:
        super().__init__(title_of(counted.id), mark="none", padding=11)
        gone = counted.rows_in - counted.rows_out
        self.add(Label(f"{count(counted.rows_in)} → {count(counted.rows_out)}", "caption", tabular=True))
        parts = [tr("−{n} rows", n=count(gone))] if gone else []
        parts += [tr("{n} changed", n=count(counted.changed))] if counted.changed else []
        words = " · ".join(parts) if counted.on else tr("switched off")
        self.add(Label(words or tr("nothing to do"), "caption", tone="text" if parts and counted.on else "quiet"))
        self.body.setSpacing(2)
        self.setAccessibleDescription(words)


class RecipeResultPane(QWidget):
    """The steps in a row, and below what the chosen one did, as a table with a reading pane."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._report: PrepareReport | None = None
        self._place: Place | None = None
        self._rows: list[TableRow] = []
        self._only_file = ""
        self._titles: dict[str, str] = {}
        self._cards: dict[str, SelectableCard] = {}
        self._flow = FlowLayout(spacing=8)
        cards = QWidget()
        cards.setLayout(column(self._flow, margins=(14, 14, 14, 14)))
        self._heading = Label("", "strong")
        self._remark = Label("", "quiet")
        self.rows = RowsModel(self)
        self.table = DataTable(self.rows)
        self.reading = ReadingPane()
        self._empty = EmptyState("sparkle", "", "")
        self._stack = QStackedWidget()
        splitter = QSplitter(Qt.Orientation.Vertical)
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(hairline())
        below.addWidget(self.reading, 1)
        splitter.addWidget(self.table)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([320, 150])
        self._stack.addWidget(splitter)
        self._stack.addWidget(self._empty)
        head = row(self._heading, self._remark, None, margins=(16, 10, 16, 10))
        self._top = QWidget()
        self._top.setLayout(column(cards, hairline(), head, spacing=0))
        outer = column(self._top, spacing=0, margins=(1, 1, 1, 1))
        outer.addWidget(self._stack, 1)
        self.setLayout(outer)
        self.table.row_chosen.connect(self._read)

    def show_state(self, state: State) -> None:
        """Show the report's steps; the chosen step stays chosen."""
        report = state.facts.report
        files = state.facts.datasets
        self._only_file = files[0].file if len(files) == 1 else ""
        self._titles = {role.id: tr(role.title) for role in roles_of(state.config)}
        if report == self._report and report is not None:
            return
        self._report = report
        clear(self._flow)
        self._cards = {}
        if report is None:
            self._top.hide()
            self._say(tr("Not prepared yet"), tr("What each step did stands here as soon as your rows are prepared."))
            return
        self._top.show()
        for counted in report.steps:
            card = StepCard(counted)
            card.toggled.connect(lambda on, id=counted.id: self.show_step(id) if on else None)
            self._cards[counted.id] = card
            self._flow.addWidget(card)
        highest = max((card.sizeHint().height() for card in self._cards.values()), default=0)
        for card in self._cards.values():
            card.setFixedHeight(highest)
        kept = self._place[0] if self._place and self._place[0] in self._cards else self._telling(report)
        self._place = None
        if kept:
            self.show_step(kept)

    @staticmethod
    def _telling(report: PrepareReport) -> str:
        """The step that did most."""
        best = max(report.steps, key=lambda s: (s.rows_in - s.rows_out, s.changed), default=None)
        return best.id if best else ""

    def show_step(self, step_id: str, kind: str = "") -> None:
        """Show what one step did: rows it left out, or cells it changed."""
        counted = next((s for s in self._report.steps if s.id == step_id), None) if self._report else None
        if counted is None:
            return
        gone = counted.rows_in - counted.rows_out
        kind = kind or ("dropped" if gone else "changed")
        if self._place == (step_id, kind):
            return
        self._place = (step_id, kind)
        self._cards[step_id].setChecked(True)
        self._heading.setText(title_of(step_id))
        place = self._place
        if kind == "dropped" and gone:
            self._remark.setText(plural(gone, "{n} row left out", "{n} rows left out"))
            self._session.data.dropped(step_id, lambda rows: self._take(place, rows))
        elif counted.changed:
            self._remark.setText(plural(counted.changed, "{n} cell changed", "{n} cells changed"))
            self._session.data.changed_cells(step_id, lambda rows: self._take(place, rows))
        else:
            self._remark.setText("")
            off = tr("This step is switched off.") if not counted.on else tr("Every row was already as it should be.")
            self._say(tr("Nothing was changed"), off)

    def _take(self, place: Place, found: list[dict[str, Any]]) -> None:
        if place != self._place:
            return
        dropped = place[1] == "dropped"
        self._rows = [self._dropped_row(each) if dropped else self._changed_row(each) for each in found]
        names = _dropped_columns(self._rows) if dropped else _changed_columns()
        rows = self._rows
        self.rows.show_rows(names, len(rows), lambda start, n, then: then(rows[start : start + n]))
        self.table.set_widths([104, 200, 200] if dropped else [104, 104, 230])
        self._stack.setCurrentIndex(0)
        self.table.choose_row(0)
        self._read(0)

    def _dropped_row(self, each: dict[str, Any]) -> TableRow:
        cells = each.get("row") or {}
        values = {self._named(str(name)): str(value) for name, value in cells.items() if not str(name).startswith("_")}
        return {tr("Where"): self._where(str(each["origin"])), tr("Why"): str(each["reason"]), **values}

    def _changed_row(self, each: dict[str, Any]) -> TableRow:
        cells = (self._where(str(each["origin"])), self._named(each["column"]), each["before"], each["after"])
        return {column.name: str(cell) for column, cell in zip(_changed_columns(), cells, strict=True)}

    def _where(self, origin: str) -> str:
        """The place in the file; the file's name is said only where there are several."""
        return origin.removeprefix(f"{self._only_file} ") if self._only_file else origin

    def _named(self, column: str) -> str:
        """A role by its title, a column by its name."""
        return self._titles.get(column, column)

    def _say(self, title: str, sentence: str) -> None:
        self._empty.set_words(title, sentence)
        self._stack.setCurrentWidget(self._empty)

    def _read(self, place: int) -> None:
        if not (0 <= place < len(self._rows) and self._place):
            return
        found = self._rows[place]
        if self._place[1] == "dropped":
            fixed = (tr("Where"), tr("Why"))
            passages = [Passage(name, text) for name, text in found.items() if name not in fixed]
            self.reading.show_passages(found[fixed[1]], found[fixed[0]], passages)
            return
        where, name, before, after = (found[column.name] for column in _changed_columns())
        gone, come = differences(before, after)
        passages = [
            Passage(tr("Before"), before, marks=gone, mark_tone="valid"),
            Passage(tr("After"), after, marks=come, mark_tone="good"),
        ]
        self.reading.show_passages(name, where, passages)


def _dropped_columns(rows: list[TableRow]) -> list[TableColumn]:
    names = list(dict.fromkeys(name for found in rows[:200] for name in found)) or [tr("Where"), tr("Why")]
    notes = {tr("Where"): tr("in the file"), tr("Why"): tr("it is left out")}
    return [TableColumn(name, notes.get(name, ""), used=name != tr("Where")) for name in names]


def _changed_columns() -> tuple[TableColumn, ...]:
    return (
        TableColumn(tr("Where"), tr("in the file"), used=False),
        TableColumn(tr("Column"), tr("of the row")),
        TableColumn(tr("Before"), tr("as it was read")),
        TableColumn(tr("After"), tr("as it is learnt"), "accent"),
    )


def differences(before: str, after: str) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Where two texts differ: the places gone from the first and come into the second. Long texts are not compared."""
    if max(len(before), len(after)) > MOST_COMPARED:
        return (), ()
    gone: list[tuple[int, int]] = []
    come: list[tuple[int, int]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            gone += [(a, b)] if b > a else []
            come += [(c, d)] if d > c else []
    return tuple(gone), tuple(come)
