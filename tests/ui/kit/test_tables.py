from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.ui.theme import tokens
from studio.ui.widgets.tables import DataTable
from tests.ui.kit.gallery import Rows
from tests.ui.kit.heard import Heard


@pytest.fixture
def table(show) -> DataTable:
    made = DataTable(Rows())
    made.set_widths([200, 200, 100])
    return show(made, 760, 400)


def test_of_a_million_rows_only_those_that_can_be_seen_are_asked_for(show):
    asked: set[int] = set()

    class Asked(Rows):
        def data(self, index, role=Qt.ItemDataRole.DisplayRole):
            asked.add(index.row())
            return super().data(index, role)

    table = show(DataTable(Asked()), 760, 400)
    asked.clear()
    table.choose_row(777_777)
    table.grab()
    assert table.is_chosen(777_777)
    assert asked
    assert asked <= {*range(50), *range(777_700, 777_900)}


def test_the_chosen_row_is_said_and_moved_by_keys(table):
    chosen, opened = Heard(table.row_chosen), Heard(table.row_opened)
    table.setFocus()
    table.choose_row(3)
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert chosen == [3, 4]
    assert opened == [4]


def test_the_chosen_row_has_a_bar_at_its_left(table):
    table.choose_row(2)
    gutter = table.verticalHeader()
    y = gutter.sectionViewportPosition(2) + 10
    image = gutter.viewport().grab().toImage()
    assert image.pixelColor(1, y).name() == tokens().accent.name()
    assert image.pixelColor(1, y + 32).name() != tokens().accent.name()


def test_a_role_is_changed_from_the_header_by_pointer_and_keys(table):
    wanted = Heard(table.role_menu_wanted)
    header = table.horizontalHeader()
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, 20))
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 1))
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    table.setCurrentIndex(table.model().index(0, 3))
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [section for section, _where in wanted] == [0, 1]


def test_another_model_keeps_telling_which_row_is_chosen(table):
    chosen = Heard(table.row_chosen)
    table.setModel(Rows())
    table.choose_row(5)
    assert chosen == [5]


def test_a_table_without_rows_or_model_is_empty_not_broken(show):
    table = show(DataTable(), 300, 200)
    table.grab()
    assert not table.is_chosen(0)
