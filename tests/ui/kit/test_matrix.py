"""The matrix of what was told for what: cells by pointer and keys, in words, at any size."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.ui.widgets.matrix import Matrix

NAMES = ("Payment", "Liability", "Ending")
COUNTS = ((21, 0, 1), (0, 17, 2), (1, 0, 18))


def shown(names=NAMES, counts=COUNTS, width=600) -> Matrix:
    matrix = Matrix()
    matrix.set_counts(names, counts)
    matrix.resize(width, matrix.sizeHint().height())
    matrix.show()
    return matrix


def test_the_greatest_mistake_is_looked_at_first(app):
    matrix = shown()
    assert matrix.cell() == (1, 2)
    assert matrix.accessibleDescription() == "Liability, told as Ending: 2 texts"
    matrix.close()


def test_a_click_looks_at_a_cell_and_arrows_move_on(app):
    matrix, heard = shown(), []
    matrix.chosen.connect(lambda row, column: heard.append((row, column)))
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.area(0, 0).center().toPoint())
    assert matrix.accessibleDescription() == "Payment: 21 texts told rightly"
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    QTest.keyClick(matrix, Qt.Key.Key_Left)
    QTest.keyClick(matrix, Qt.Key.Key_Left)
    assert heard == [(0, 0), (0, 1), (1, 1), (1, 0), (1, 0)]
    matrix.close()


def test_cells_stand_apart_and_inside_however_many_there_are(app):
    names = [f"A class with a long name {number}" for number in range(25)]
    counts = [[int(row == column) for column in range(25)] for row in range(25)]
    matrix = shown(names, counts, width=560)
    for place in range(24):
        assert matrix.area(place, place).right() < matrix.area(place, place + 1).left()
        assert matrix.area(place, place).bottom() < matrix.area(place + 1, place).top()
    last = matrix.area(24, 24)
    assert last.right() <= max(matrix.width(), matrix.minimumSizeHint().width())
    assert last.bottom() <= matrix.height()
    assert not matrix.grab().isNull()
    matrix.close()
