"""The Settings page: presets, the form, what is the person's own, and the course of the step size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from studio.core.config import RunConfig, TrainSettings, edit
from studio.core.device import Device
from studio.core.settings import fields_of
from studio.ui.pages.settings import SettingsPage
from studio.ui.pages.settings.curve import course, side_by_side
from studio.ui.pages.settings.values import declared, explanation, fitting, preferred, specs
from studio.ui.widgets.inputs import NumberInput
from tests.ui.window.living import button, click, live, press, state, type_into, until

FORMS = {"train": fields_of(TrainSettings.model_json_schema())}


def settings_page(window) -> SettingsPage:
    page = window.show_step("settings")
    assert isinstance(page, SettingsPage)
    until(lambda: page._presets.card("balanced").isVisible() and number(page, "Step size").isVisible())
    return page


def number(page: SettingsPage, name: str) -> NumberInput:
    return next(each for each in page.findChildren(NumberInput) if each.accessibleName().startswith(name))


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def write(field: NumberInput, words: str) -> None:
    field.setFocus()
    field.selectAll()
    type_into(field.lineEdit(), words)


def test_simple_shows_what_matters_and_expert_everything_under_headings(ready):
    page = settings_page(ready)
    assert number(page, "Times through the data").isVisible()
    assert not number(page, "Gentle start").isVisible()
    click(next(each for each in page.findChildren(type(page._more)) if "more setting" in each.text()))
    until(lambda: number(page, "Gentle start").isVisible())
    assert "Speed and memory" in said(page)
    assert ready.top.level.current() == "expert"
    ready.set_expert(False)
    until(lambda: not number(page, "Gentle start").isVisible())


def test_the_rail_and_the_page_count_the_same_changes(ready):
    page = settings_page(ready)
    mine = {"train.epochs": 9.0, "train.patience": 9, "train.samples": ["Where is the lift?"], "method.rank": 5}
    ready.session.edit(mine, "Several at once")
    until(lambda: "Balanced, with 3 changes." in said(page))
    fact = next(step.fact for step in state(ready).rail if step.id == "settings")
    assert fact == "Balanced, 3 changes"
    click(page._back)
    until(lambda: next(step.fact for step in state(ready).rail if step.id == "settings") == "Balanced")


def test_a_typed_number_is_one_edit_that_can_be_undone(ready):
    page = settings_page(ready)
    before = state(ready).config.train.learning_rate
    write(number(page, "Step size"), "0.00042")
    until(lambda: state(ready).config.train.learning_rate == pytest.approx(0.00042))
    assert state(ready).can_undo == "Step size: 0.00042"
    ready.session.undo()
    until(lambda: state(ready).config.train.learning_rate == before)
    until(lambda: number(page, "Step size").number() == pytest.approx(before))


def test_a_number_out_of_bounds_stays_with_its_reason_and_is_not_taken(ready):
    page = settings_page(ready)
    before = state(ready).config.train.epochs
    field = number(page, "Times through the data")
    write(field, "5000")
    live(0.7)
    press(field, Qt.Key.Key_Tab)
    assert field.text() == "5000"
    assert "1000 is the largest value that can be used." in said(page)
    assert state(ready).config.train.epochs == before
    write(field, "5")
    until(lambda: state(ready).config.train.epochs == 5)
    assert "largest value" not in said(page)


def test_a_comma_is_understood_as_a_point(ready):
    page = settings_page(ready)
    write(number(page, "Times through the data"), "2,5")
    until(lambda: state(ready).config.train.epochs == 2.5)


def test_a_changed_value_is_named_and_one_click_takes_it_back(ready):
    page = settings_page(ready)
    recommended = state(ready).config.train.epochs
    write(number(page, "Times through the data"), "9")
    until(lambda: "with 1 change. Yours: Times through the data." in said(page))
    click(button(page, f"Back to {recommended:g}"))
    until(lambda: state(ready).config.train.epochs == recommended)
    assert "with 1 change" not in said(page)


def test_a_preset_sets_its_values_and_choosing_it_again_takes_own_changes_back(ready):
    page = settings_page(ready)
    thorough = next(preset for preset in state(ready).facts.presets if preset.id == "thorough")
    click(page._presets.card("thorough"))
    until(lambda: state(ready).config.preset == "thorough")
    assert state(ready).config.train.epochs == thorough.changes["train.epochs"]
    write(number(page, "Times through the data"), "1")
    until(lambda: state(ready).config.train.epochs == 1)
    click(page._presets.card("thorough"))
    until(lambda: state(ready).config.train.epochs == thorough.changes["train.epochs"])


def test_presets_are_chosen_with_the_arrow_keys(ready):
    page = settings_page(ready)
    card = page._presets.card("balanced")
    card.setFocus()
    press(card, Qt.Key.Key_Right)
    until(lambda: state(ready).config.preset == "thorough")


def test_explain_follows_the_field_one_comes_to(ready):
    page = settings_page(ready)
    told = []
    page.set_explain.connect(told.append)
    number(page, "Examples at a time").setFocus()
    until(lambda: told and told[-1].title == "Examples at a time")
    assert told[-1].term == "batch size"
    assert told[-1].too_low == "Steps become jumpy."
    assert told[-1].good_range.low < told[-1].good_range.high


def test_a_value_far_from_the_recommended_one_is_told_under_its_field_and_in_explain(ready):
    page = settings_page(ready)
    told = []
    page.set_explain.connect(told.append)
    rate = state(ready).config.train.learning_rate
    ready.session.edit({"train.learning_rate": rate * 2}, "Twice")
    until(lambda: "twice the recommended value" in said(page))
    assert "twice the recommended value" in told[-1].notice
    assert ready.bottom.next.isEnabled()


def test_questions_are_added_changed_and_taken_away(ready):
    page = settings_page(ready)
    new = next(each for each in page.findChildren(QLineEdit) if each.accessibleName() == "A new question")
    type_into(new, "Is there a <b>lift</b>?")
    press(new, Qt.Key.Key_Return)
    until(lambda: state(ready).config.train.samples == ("Is there a <b>lift</b>?",))
    (field,) = page._questions.inputs()
    assert field.text() == "Is there a <b>lift</b>?"
    field.setFocus()
    field.selectAll()
    type_into(field, "Where is the lift?")
    press(field, Qt.Key.Key_Return)
    until(lambda: state(ready).config.train.samples == ("Where is the lift?",))
    click(button(page, "Take question 1 away"))
    until(lambda: state(ready).config.train.samples == ())
    ready.session.undo()
    until(lambda: [each.text() for each in page._questions.inputs()] == ["Where is the lift?"])


def test_the_course_of_the_step_size_counts_in_times_through_the_data():
    settings = TrainSettings(epochs=3, batch_size=10, learning_rate=2e-4, warmup=0.1)
    points = course(settings, 200)
    assert points[0] == (0.0, 0.0)
    assert points[-1][0] == 3.0
    assert max(rate for _time, rate in points) == pytest.approx(2e-4, rel=0.02)


def test_the_recommended_course_is_left_out_where_it_is_the_same():
    mine = TrainSettings(epochs=3)
    assert side_by_side(mine, TrainSettings(epochs=3), 500)[1] == []
    yours, usual, end = side_by_side(mine, TrainSettings(epochs=6), 500)
    assert yours[-1][0] == pytest.approx(0.5)
    assert usual[-1][0] == 1.0
    assert end == pytest.approx(6.0)


def test_each_row_says_what_its_value_would_be():
    fields = declared(FORMS)
    wanted = preferred(fields, {"train.epochs": (6.0, "A small model")}, {"train.learning_rate": 1e-4}, "Careful")
    rows = {spec.key: spec for spec in specs(fields, wanted, {"train.epochs": 6.0}, grouped=False)}
    assert rows["train.learning_rate"].recommended_note == "Careful: 0.0001"
    assert rows["train.epochs"].recommended_note == ""
    assert rows["train.warmup"].recommended_note == "Usual: 0.05"


def test_how_cards_share_the_work_is_asked_where_there_are_several():
    fields, usual = declared(FORMS), RunConfig()
    card = Device(kind="cuda", name="A card", memory_bytes=1, free_bytes=1)
    among = {"train.processes", "train.sharding"}
    assert among <= fields.keys()
    assert not among & fitting(fields, [card], usual).keys()
    assert fitting(fields, [card, card], usual) == fields
    assert fitting(fields, [card], edit(usual, {"train.processes": 2})) == fields


def test_a_good_range_is_drawn_around_the_recommended_step_size():
    fields = declared(FORMS)
    wanted = preferred(fields, {}, {}, "")
    (spec,) = [each for each in specs(fields, wanted, {}, grouped=True) if each.key == "train.learning_rate"]
    told = explanation(spec, fields[spec.key], 2e-4, wanted[spec.key], "")
    assert told.good_range is not None
    assert told.good_range.low < told.good_range.value < told.good_range.high
    far = explanation(spec, fields[spec.key], 1.0, wanted[spec.key], "")
    assert far.good_range is not None
    assert far.good_range.value == 1.0
