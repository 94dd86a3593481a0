from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.theme import tokens
from studio.ui.widgets.buttons import Button, IconButton, LinkButton, PrimaryButton
from studio.ui.widgets.layout import FlowLayout
from studio.ui.widgets.switches import Chip, Segmented, Switch
from tests.ui.kit.heard import Heard

KINDS = [lambda: PrimaryButton("Next"), lambda: Button("Back", "plus"), lambda: LinkButton("Show")]


def corner_colour(widget: QWidget) -> str:
    """The colour in the middle of the left edge, where the ring lies."""
    return widget.grab().toImage().pixelColor(QPoint(1, widget.height() // 2)).name()


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_button_is_pressed_by_pointer_and_keys(show, make, key):
    button = show(make())
    pressed = Heard(button.clicked)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    button.setFocus()
    QTest.keyClick(button, key)
    assert len(pressed) == 2


@pytest.mark.parametrize("make", KINDS)
def test_the_focus_ring_shows_when_the_focus_came_by_keyboard_only(show, make):
    window = QWidget()
    row = QHBoxLayout(window)
    first, second = make(), make()
    row.addWidget(first)
    row.addWidget(second)
    show(window)
    QTest.mouseClick(second, Qt.MouseButton.LeftButton)
    assert corner_colour(second) != tokens().accent.name() or second.kind == "primary"
    QTest.keyClick(second, Qt.Key.Key_Tab)
    assert first.hasFocus()
    assert corner_colour(first) == tokens().accent.name()


def test_a_disabled_button_says_why_and_keeps_its_tooltip_for_later(show):
    button = show(Button("Next"))
    button.set_tooltip("Goes on")
    button.set_disabled_reason("Choose a <model> first")
    assert not button.isEnabled()
    assert "&lt;model&gt;" in button.toolTip()
    assert button.accessibleDescription() == "Choose a <model> first"
    button.set_disabled_reason("")
    assert button.isEnabled()
    assert "Goes on" in button.toolTip()


def test_an_ampersand_stays_an_ampersand(show):
    button = show(Button("Q&A"))
    assert button.text() == "Q&A"
    assert button.shortcut().isEmpty()


def test_buttons_that_do_not_fit_go_to_the_next_line_whole(show):
    window = QWidget()
    flow = FlowLayout(window)
    buttons = [Button("A rather long word", "plus") for _each in range(3)]
    for button in buttons:
        flow.addWidget(button)
    show(window, 240, 140)
    assert {button.width() for button in buttons} == {buttons[0].sizeHint().width()}
    assert len({button.y() for button in buttons}) == 3


def test_an_icon_button_has_a_name_for_screen_readers(show):
    button = show(IconButton("gear-six", "Preferences"))
    heard = QAccessible.queryAccessibleInterface(button)
    assert heard.text(QAccessible.Text.Name) == "Preferences"
    assert heard.role() == QAccessible.Role.PushButton


def words(segmented: Segmented) -> list[QWidget]:
    return [segmented._segments[key] for key in segmented._segments]


def test_a_segmented_switch_is_moved_by_arrows_and_clicks(show):
    switch = show(Segmented([("a", "One"), ("b", "Two"), ("c", "Three")], "a", name="Choice"))
    chosen = Heard(switch.changed)
    one, two, three = words(switch)
    one.setFocus()
    QTest.keyClick(one, Qt.Key.Key_Right)
    assert (switch.current(), chosen) == ("b", ["b"])
    assert two.hasFocus()
    QTest.mouseClick(three, Qt.MouseButton.LeftButton)
    assert chosen == ["b", "c"]
    assert QAccessible.queryAccessibleInterface(three).role() == QAccessible.Role.RadioButton
    assert QAccessible.queryAccessibleInterface(three).state().checked


def test_setting_a_segmented_switch_says_nothing(show):
    switch = show(Segmented([("a", "One"), ("b", "Two")]))
    chosen = Heard(switch.changed)
    switch.set_current("b")
    switch.set_choices([("a", "One · 3"), ("b", "Two · 4")])
    assert (switch.current(), chosen) == ("b", [])
    assert words(switch)[1].accessibleName() == "Two · 4"


def test_other_words_keep_the_choice_where_it_is_still_offered(show):
    switch = show(Segmented([("a", "One"), ("b", "Two")], "b"))
    switch.set_choices([("b", "Two"), ("c", "Three")])
    assert switch.current() == "b"
    switch.set_choices([("x", "Other")])
    assert switch.current() == "x"


def test_space_turns_a_switch_and_setting_it_says_nothing(show):
    switch = show(Switch(False, name="Trim spaces"))
    turned = Heard(switch.toggled)
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    switch.set_on(False)
    assert turned == [True]
    assert not switch.isChecked()
    assert QAccessible.queryAccessibleInterface(switch).role() == QAccessible.Role.CheckBox


def test_a_chip_is_pressed_only_where_it_may_be(show):
    plain, pressable = show(Chip("Recommended", tone="accent")), show(Chip("Offline", interactive=True))
    heard = Heard(plain.clicked), Heard(pressable.clicked)
    for chip in (plain, pressable):
        QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    pressable.setFocus()
    QTest.keyClick(pressable, Qt.Key.Key_Return)
    assert [len(each) for each in heard] == [0, 2]
    assert plain.focusPolicy() == Qt.FocusPolicy.NoFocus
