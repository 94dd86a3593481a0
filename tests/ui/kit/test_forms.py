from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.ui.widgets.fields import FieldRow, FieldSpec, worded
from studio.ui.widgets.forms import Form
from studio.ui.widgets.inputs import ChoiceInput, NumberInput, TextInput
from studio.ui.widgets.number_steps import next_of_series, plain_number
from tests.ui.kit.heard import Heard

SPECS = [
    FieldSpec("epochs", "Times through the data", "epochs", "How often.", "int", 1, 100, recommended=3),
    FieldSpec("rate", "Step size", "learning rate", "How far.", "float", 1e-7, 0.1, recommended=0.0002),
    FieldSpec(
        "shape",
        "Shape",
        "",
        "",
        "choice",
        choices=(("cosine", "Cosine"), ("linear", "Linear")),
        recommended="cosine",
        level="advanced",
    ),
    FieldSpec("packing", "Fill each row", "packing", "", "bool", recommended=True, level="advanced"),
    FieldSpec("name", "Name", kind="text", recommended=None, group="About it"),
]


@pytest.fixture
def form(show) -> Form:
    made = Form(SPECS)
    made.set_values({spec.key: spec.recommended for spec in SPECS})
    show(made, 760, 500)
    return made


def type_into(number: NumberInput, text: str) -> None:
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, text)
    QTest.keyClick(number, Qt.Key.Key_Return)


def test_a_typed_number_is_said_once_and_with_its_own_type(form):
    said = Heard(form.changed)
    type_into(form.row("epochs").input, "5")
    type_into(form.row("rate").input, "0,0005")
    assert said == [("epochs", 5), ("rate", 0.0005)]
    assert isinstance(said[0][1], int)


def test_showing_values_says_nothing(form):
    said = Heard(form.changed)
    form.set_values({"epochs": 7, "rate": 0.001, "shape": "linear", "packing": False, "name": "x", "unknown": 1})
    assert said == []
    assert form.values() == {"epochs": 7, "rate": 0.001, "shape": "linear", "packing": False, "name": "x"}


def test_the_way_back_to_what_is_recommended(form):
    said = Heard(form.changed)
    row = form.row("rate")
    assert row._side.currentIndex() == 0
    form.set_values({"rate": 0.0004})
    assert row._back.text() == "Back to 0.0002"
    QTest.mouseClick(row._back, Qt.MouseButton.LeftButton)
    assert said == [("rate", 0.0002)]
    assert row.value() == 0.0002
    assert row._side.currentIndex() == 0


def test_simple_shows_what_matters_and_whatever_was_changed_or_is_wrong(form):
    assert not form.row("shape").isVisible()
    form.set_values({"shape": "linear"})
    assert form.row("shape").isVisible()
    form.set_problems({"packing": "This model can't."})
    assert form.row("packing").isVisible()
    assert form.row("packing").problem() == "This model can't."
    form.set_problems({})
    form.set_values({"shape": "cosine"})
    assert not form.row("shape").isVisible()
    form.set_level("expert")
    assert form.row("shape").isVisible()
    assert form.values()["shape"] == "cosine"


def test_the_field_that_a_person_comes_to_is_said(form):
    came = Heard(form.focused)
    form.row("rate").input.setFocus()
    QTest.keyClick(form.row("rate").input, Qt.Key.Key_Backtab)
    assert came == ["rate", "epochs"]


def test_an_input_carries_name_term_and_sentence_for_screen_readers(form):
    heard = QAccessible.queryAccessibleInterface(form.row("rate").input)
    assert heard.text(QAccessible.Text.Name) == "Step size (learning rate)"
    assert heard.text(QAccessible.Text.Description) == "How far."
    assert heard.role() == QAccessible.Role.SpinBox


def test_new_recommendations_keep_the_rows(form):
    row = form.row("epochs")
    form.set_specs([replace(spec, recommended=5 if spec.key == "epochs" else spec.recommended) for spec in SPECS])
    assert form.row("epochs") is row
    assert row._back.text() == "Back to 5"


def test_an_error_under_a_row_squashes_nothing(form):
    form.set_problems({"rate": "That is a hundred times more than other people use. " * 3})
    QApplication.processEvents()
    row = form.row("rate")
    assert row.input.height() >= 30
    assert row._error.height() >= row._error.heightForWidth(row._error.width())


@pytest.mark.parametrize(
    ("value", "up", "down"),
    [(0.0002, 0.0005, 0.0001), (0.0003, 0.0005, 0.0002), (1.0, 2.0, 0.5), (0.0, 1e-6, 0.0), (5e-5, 1e-4, 2e-5)],
)
def test_numbers_that_span_decades_step_one_two_five_ten(value, up, down):
    assert next_of_series(value, True) == pytest.approx(up)
    assert next_of_series(value, False) == pytest.approx(down)


def test_large_whole_numbers_step_by_powers_of_two():
    assert next_of_series(512, True, whole=True) == 1024
    assert next_of_series(1000, True, whole=True) == 1024
    assert next_of_series(512, False, whole=True) == 256


def test_a_number_is_shown_as_one_would_type_it():
    assert [plain_number(v) for v in (3, 0.0002, 1e-7, 1.5, 1290, 0)] == [
        "3",
        "0.0002",
        "0.0000001",
        "1.5",
        "1290",
        "0",
    ]


def test_arrow_keys_step_a_number(show):
    rate = show(NumberInput(1e-7, 0.1))
    rate.set_number(0.0002)
    said = Heard(rate.edited)
    rate.setFocus()
    QTest.keyClick(rate, Qt.Key.Key_Up)
    QTest.keyClick(rate, Qt.Key.Key_Down)
    assert said == [0.0005, 0.0002]
    assert rate.text() == "0.0002"


def wheel(widget) -> QWheelEvent:
    middle = QPointF(widget.rect().center())
    return QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


def test_scrolling_over_an_input_without_focus_changes_nothing(show):
    number, choice = NumberInput(0, 100, whole=True), ChoiceInput([("a", "A"), ("b", "B")])
    for each in (number, choice):
        show(each)
        each.clearFocus()
        QApplication.sendEvent(each, wheel(each))
    assert number.number() == 0
    assert choice.value() == "a"


def test_a_choice_is_changed_by_keys_and_said(show):
    choice = show(ChoiceInput([(1, "One"), (2, "Two"), (None, "Automatic")]))
    said = Heard(choice.edited)
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Down)
    choice.set_value(None)
    assert said == [2]
    assert choice.currentText() == "Automatic"


def test_typed_text_is_said_as_it_is(show):
    text = show(TextInput("Find in all rows", icon="magnifying-glass"))
    said = Heard(text.edited)
    QTest.keyClicks(text, "<b>")
    assert said[-1] == "<b>"
    text.setText("set by the program")
    assert len(said) == 3


def test_values_are_worded_for_links(show):
    spec = SPECS[2]
    assert worded(spec, "linear") == "Linear"
    assert worded(SPECS[3], False) == "off"
    assert worded(SPECS[1], None) == "automatic"
    assert show(FieldRow(SPECS[0]), 700, 60).value() == 3
