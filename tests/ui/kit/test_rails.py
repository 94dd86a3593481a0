from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from studio.ui.widgets.bars import BottomBar, TopBar
from studio.ui.widgets.explain import ExplainPanel, Explanation, GoodRange, RangeBar
from studio.ui.widgets.labels import Label
from studio.ui.widgets.rails import NavRail, Place, Step, StepRail
from tests.ui.kit.heard import Heard

STEPS = [Step("data", "Data", "4,303 examples", "done"), Step("model", "Model", "", "ready"), Step("share", "Share")]


def test_a_step_is_chosen_by_click_and_by_keys(show):
    rail = show(StepRail(STEPS), 208, 400)
    chosen = Heard(rail.chosen)
    QTest.mouseClick(rail.entry("model"), Qt.MouseButton.LeftButton)
    rail.entry("data").setFocus()
    QTest.keyClick(rail.entry("data"), Qt.Key.Key_Down)
    assert rail.entry("model").hasFocus()
    QTest.keyClick(rail.entry("model"), Qt.Key.Key_Down)
    QTest.keyClick(rail.entry("share"), Qt.Key.Key_Down)
    assert rail.entry("share").hasFocus()
    QTest.keyClick(rail.entry("share"), Qt.Key.Key_Return)
    QTest.keyClick(rail.entry("share"), Qt.Key.Key_Up)
    QTest.keyClick(rail.entry("model"), Qt.Key.Key_Space)
    assert chosen == ["model", "share", "model"]


def test_a_step_tells_its_state_and_fact(show):
    rail = show(StepRail(STEPS), 208, 400)
    rail.set_current("data")
    heard = QAccessible.queryAccessibleInterface(rail.entry("data"))
    assert heard.text(QAccessible.Text.Name) == "Data"
    assert heard.text(QAccessible.Text.Description) == "current step, done, 4,303 examples"
    rail.set_step(Step("data", "Data", "4 things to look at", "attention"))
    assert rail.entry("data").accessibleDescription() == "current step, needs attention, 4 things to look at"


def test_new_facts_keep_the_steps_and_their_focus(show):
    rail = show(StepRail(STEPS), 208, 400)
    entry = rail.entry("model")
    entry.setFocus()
    rail.set_steps([Step(step.id, step.name, "new", "running") for step in STEPS])
    assert rail.entry("model") is entry
    assert entry.hasFocus()


def test_a_place_is_chosen_from_homes_rail(show):
    rail = show(NavRail([Place("home", "Home", "house"), Place("p", "Projects", "folders")], current="home"), 208, 400)
    chosen = Heard(rail.chosen)
    QTest.mouseClick(rail.entry("p"), Qt.MouseButton.LeftButton)
    assert chosen == ["p"]


def test_the_reason_of_a_disabled_next_stands_at_the_left(show):
    bar = show(BottomBar(), 900, 56)
    bar.set_message("Everything fits", "good")
    bar.set_next("Next: Model", False, "Next needs at least one file")
    assert bar.message() == "Next needs at least one file"
    assert not bar.next.isEnabled()
    bar.set_next("Next: Model")
    assert bar.message() == "Everything fits"
    assert bar.next.isEnabled()


def test_a_problem_is_more_important_than_the_reason(show):
    bar = show(BottomBar(), 900, 56)
    links = Heard(bar.link_clicked)
    bar.set_message("6 answers are cut off", "warn", link="Raise the limit", more="and 3 more")
    bar.set_next("Next: Model", False, "Next needs a model")
    assert bar.message() == "6 answers are cut off"
    QTest.mouseClick(bar._link, Qt.MouseButton.LeftButton)
    assert len(links) == 1


def test_back_and_next_are_said(show):
    bar = show(BottomBar(), 900, 56)
    bar.set_next("Next")
    went = Heard(bar.back_clicked), Heard(bar.next_clicked)
    QTest.mouseClick(bar.back, Qt.MouseButton.LeftButton)
    QTest.mouseClick(bar.next, Qt.MouseButton.LeftButton)
    assert [len(each) for each in went] == [1, 1]


def test_a_very_long_problem_leaves_room_for_the_buttons(show):
    bar = show(BottomBar(), 1024, 56)
    bar.set_message("A sentence that goes on " * 20, "warn", link="Fix it")
    bar.set_next("Next: Evaluate")
    show(bar, 1024, 56)
    assert bar.width() == 1024
    assert bar.next.geometry().right() <= 1024
    assert bar.next.width() == bar.next.sizeHint().width()


def test_the_top_bar_tells_run_meters_and_level(show):
    bar = TopBar()
    menu = QMenu(bar)
    bar.set_project("Museum & help <b>desk</b>", menu)
    bar.set_run("Run 7 · 8 min left", 0.5)
    bar.set_meter("Card", 0.45, "5.4 of 12 GB")
    show(bar, 1280, 52)
    changed, opened = Heard(bar.level_changed), Heard(bar.run_clicked)
    assert bar.project.text() == "Museum & help <b>desk</b>"
    QTest.mouseClick(bar.pill, Qt.MouseButton.LeftButton)
    QTest.mouseClick(bar.level._segments["expert"], Qt.MouseButton.LeftButton)
    assert (changed, len(opened)) == (["expert"], 1)
    meter = bar._meters["Card"]
    assert (meter.value(), meter.accessibleDescription()) == (450, "5.4 of 12 GB")
    bar.set_run()
    assert not bar.pill.isVisible()
    bar.set_meter("Card", None)
    assert not bar._meters


def test_the_bar_fits_a_small_window(show):
    bar = TopBar()
    bar.set_project("A project with quite a long name", QMenu(bar))
    bar.set_run("Run 7 · 8 min left", 0.5)
    bar.set_meter("Card", 0.45, "5.4 of 12 GB")
    bar.set_meter("Memory", 0.45, "12 of 32 GB")
    assert bar.minimumSizeHint().width() <= 1024


def test_explain_collapses_to_a_strip_and_comes_back(show):
    panel = ExplainPanel()
    panel.explain(
        Explanation(
            "Step size",
            "learning rate",
            ("It says how far.",),
            "Slow.",
            "Jumps.",
            why="It does well.",
            good_range=GoodRange(0.3, 0.6, 0.7, "0.0004"),
            notice="Twice the recommended value.",
        )
    )
    show(panel, 280, 600)
    told = Heard(panel.collapsed_changed)
    said = [label.text() for label in panel.findChildren(Label) if label.isVisible()]
    assert "Step size" in said
    assert "When it is too small" in said
    assert panel.findChildren(RangeBar)[0].accessibleName() == "0.0004, above the good range"
    panel.set_collapsed(True)
    assert panel.width() == 44
    panel.set_collapsed(False)
    assert (panel.width(), told) == (280, [True, False])
    panel.explain(None)
    assert "Step size" not in [label.text() for label in panel.findChildren(Label) if label.isVisible()]
