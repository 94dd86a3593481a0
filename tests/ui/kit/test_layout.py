from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui.widgets.cards import Card
from studio.ui.widgets.fields import FieldRow, FieldSpec
from studio.ui.widgets.labels import Label
from studio.ui.widgets.layout import TileLayout, clear, column, row, scrolling

RATE = FieldSpec("rate", "Step size", "learning rate", "How far each step moves.", "float", recommended=0.0002)
PROMPT = FieldSpec("system", "Standing instruction", "system prompt", "A sentence.", "text", recommended="")


def tiles(show, width: int, number: int = 5) -> list[Card]:
    window = QWidget()
    layout = TileLayout(200, window, most=3)
    cards = [Card(f"Card {place}") for place in range(number)]
    for place, card in enumerate(cards):
        card.add(Label("words " * (3 + 9 * place), wrap=True))
        layout.addWidget(card)
    show(window, width, 900)
    return cards


@pytest.mark.parametrize(("width", "columns"), [(1000, 3), (640, 3), (500, 2), (250, 1)])
def test_tiles_stand_in_as_many_columns_as_fit(show, width, columns):
    cards = tiles(show, width)
    assert len({card.x() for card in cards}) == columns
    assert max(card.geometry().right() for card in cards) < width
    assert max(card.width() for card in cards) - min(card.width() for card in cards) <= 1


def test_tiles_of_a_row_are_equally_high_and_none_is_cut(show):
    cards = tiles(show, 700)
    for card in cards:
        beside = {other.height() for other in cards if other.y() == card.y()}
        assert len(beside) == 1
        assert card.height() >= card.heightForWidth(card.width())


def test_what_is_recommended_goes_below_the_input_where_there_is_little_room(show, app):
    field = show(FieldRow(RATE), 760, 80)
    field.set_value(0.0004)
    beside = field._side.mapTo(field, field._side.rect().topLeft())
    assert beside.x() > field.input.mapTo(field, field.input.rect().topRight()).x()
    field.resize(440, 120)
    app.processEvents()
    below = field._side.mapTo(field, field._side.rect().topLeft())
    assert below.y() >= field.input.mapTo(field, field.input.rect().bottomLeft()).y()
    assert field._back.isVisible()
    field.resize(760, 80)
    app.processEvents()
    assert field._side.mapTo(field, field._side.rect().topLeft()).x() == beside.x()


def test_a_sentence_has_the_whole_row(show):
    field = show(FieldRow(PROMPT), 700, 110)
    assert field.input.width() > 600
    field.set_value("You answer warmly.")
    assert field._back.text() == "Back to empty"


def test_a_cleared_layout_is_empty_at_once(show):
    window = QWidget()
    layout = column(Label("a"), row(Label("b"), None, Label("c")))
    window.setLayout(layout)
    show(window, 200, 100)
    clear(layout)
    QApplication.processEvents()
    assert not [label for label in window.findChildren(Label) if label.isVisible()]
    assert layout.count() == 0


def test_a_scrolling_page_never_scrolls_sideways(show):
    page = QWidget()
    page.setLayout(column(*(Label("many words " * 30, wrap=True) for _each in range(12))))
    area = show(scrolling(page), 300, 200)
    QApplication.processEvents()
    assert area.verticalScrollBar().maximum() > 0
    assert page.width() <= area.viewport().width()
