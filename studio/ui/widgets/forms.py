"""A form made from a list of field descriptions, in groups, with Simple and Expert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio.ui.theme import CARD_GAP, RADIUS_CARD, WIDTH_FORM, tokens
from studio.ui.widgets.fields import FieldRow, FieldSpec
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import clear, hairline
from studio.ui.widgets.paint import antialiased, box

FormLevel = Literal["simple", "expert"]


class _Group(QFrame):
    """The card of one group: its rows with faint lines between those that are shown."""

    def __init__(self, title: str, rows: Sequence[FieldRow]) -> None:
        super().__init__()
        self.rows = list(rows)
        self._lines: list[QFrame] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 4, 1, 4)
        outer.setSpacing(0)
        if title:
            head = Label(title, "strong")
            head.setContentsMargins(16, 8, 16, 4)
            outer.addWidget(head)
        for place, each in enumerate(self.rows):
            line = hairline("gridline")
            self._lines.append(line)
            outer.addWidget(line)
            line.setVisible(place > 0)
            outer.addWidget(each)

    def arrange(self) -> None:
        """Show a line above each shown row but the first; hide the card where nothing is shown."""
        shown = False
        for line, each in zip(self._lines, self.rows, strict=True):
            line.setVisible(shown and not each.isHidden())
            shown = shown or not each.isHidden()
        self.setVisible(shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = tokens()
        box(antialiased(self), self.rect(), RADIUS_CARD, t.card, t.border)


class Form(QWidget):
    """All rows of a settings page. Simple shows the basic fields, and each other one that was changed or is wrong."""

    changed = Signal(str, object)
    focused = Signal(str)

    def __init__(
        self, specs: Sequence[FieldSpec] = (), level: FormLevel = "simple", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._level: FormLevel = level
        self._rows: dict[str, FieldRow] = {}
        self._groups: list[_Group] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(CARD_GAP)
        self.setMaximumWidth(WIDTH_FORM)
        self.set_specs(specs)

    def set_specs(self, specs: Sequence[FieldSpec]) -> None:
        """Build the form anew. Where only recommendations or notes differ, rows are kept and nothing flickers."""
        if [_shape(spec) for spec in specs] == [_shape(row.spec) for row in self._rows.values()]:
            for spec in specs:
                self._rows[spec.key].set_spec(spec)
            self._filter()
            return
        clear(self._column)
        self._rows, self._groups = {}, []
        groups: dict[str, list[FieldRow]] = {}
        for spec in specs:
            row = FieldRow(spec)
            row.changed.connect(self._changed)
            row.focused.connect(self.focused)
            self._rows[spec.key] = row
            groups.setdefault(spec.group, []).append(row)
        for title, rows in groups.items():
            group = _Group(title, rows)
            self._groups.append(group)
            self._column.addWidget(group)
        self._filter()

    def _changed(self, key: str, value: object) -> None:
        self.changed.emit(key, value)

    def set_values(self, values: Mapping[str, object]) -> None:
        """Show values, without emitting; keys that the form does not have are left alone."""
        for key, value in values.items():
            if key in self._rows and self._rows[key].value() != value:
                self._rows[key].set_value(value)
        self._filter()

    def values(self) -> dict[str, object]:
        """What is shown now."""
        return {key: row.value() for key, row in self._rows.items()}

    def set_recommended(self, values: Mapping[str, object]) -> None:
        """Change what is recommended, for example with another preset."""
        for key, value in values.items():
            if key in self._rows:
                self._rows[key].set_spec(replace(self._rows[key].spec, recommended=value))
        self._filter()

    def set_problems(self, problems: Mapping[str, str]) -> None:
        """Say under each row what is wrong with it; rows without a sentence are fine."""
        for key, row in self._rows.items():
            row.set_problem(problems.get(key, ""))
        self._filter()

    def set_level(self, level: FormLevel) -> None:
        """Simple or expert; the values are the same."""
        self._level = level
        self._filter()

    def row(self, key: str) -> FieldRow:
        """One row."""
        return self._rows[key]

    def spec(self, key: str) -> FieldSpec:
        """One row's description."""
        return self._rows[key].spec

    def _filter(self) -> None:
        for row in self._rows.values():
            shown = self._level == "expert" or row.spec.level == "basic" or row.differs() or bool(row.problem())
            # A row that has the focus never vanishes under the person's hands.
            row.setVisible(shown or row.input.hasFocus())
        for group in self._groups:
            group.arrange()


def _shape(spec: FieldSpec) -> FieldSpec:
    return replace(spec, recommended=None, recommended_note="", why="", too_low="", too_high="")
