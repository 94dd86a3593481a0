"""The Model page: what is offered, what is refused and why, and a model that moved."""

from __future__ import annotations

import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from studio.services import preferences
from studio.ui.pages.model.words import facts_in_words, licence_sentence
from tests.ui.window.living import button, click, live, model_page, press, state, until
from tests.ui.window.making import write_model, write_pickled_model


def card(page, name: str):
    until(lambda: any(each.model.name == name for each in page.cards))
    return next(each for each in page.cards if each.model.name == name)


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def test_a_folder_that_is_taken_is_chosen_and_tells_its_facts(opened, model):
    page = model_page(opened)
    assert not opened.bottom.next.isEnabled()
    page.take_folder(model)
    until(lambda: state(opened).facts.model is not None)
    until(lambda: card(page, "small-writer").isChecked() and card(page, "small-writer").memory.isVisible())
    shown = said(card(page, "small-writer"))
    assert "reads 128 tokens at once" in shown
    assert "No licence is stated" in shown
    assert opened.bottom.next.isEnabled()
    until(lambda: opened.bottom.message() == "small-writer suits this project")


def test_a_card_is_chosen_by_the_keyboard(opened, model, tmp_path):
    other = write_model(tmp_path / "other-writer", width=12)
    preferences.save(preferences.load().model_copy(update={"model_folders": (str(model), str(other))}))
    page = model_page(opened)
    first = card(page, "small-writer")
    first.setFocus()
    press(first, Qt.Key.Key_Space)
    until(lambda: state(opened).facts.model and state(opened).config.model.path == str(model))
    press(card(page, "small-writer"), Qt.Key.Key_Right)
    until(lambda: state(opened).config.model.path == str(other))
    assert card(page, "other-writer").hasFocus()
    opened.session.undo()
    until(lambda: state(opened).config.model.path == str(model) and card(page, "small-writer").isChecked())


def test_a_folder_with_pickles_is_refused_with_the_reason(opened, tmp_path):
    page = model_page(opened)
    page.take_folder(write_pickled_model(tmp_path / "old-model"))
    until(lambda: page.error.isVisible())
    assert "This model can't be used" in said(page.error)
    assert "safetensors" in said(page.error)
    assert state(opened).config.model.path == ""
    click(button(page.error, "Close"))
    assert not page.error.isVisible()


def test_a_listed_folder_that_went_bad_says_why_and_can_not_be_chosen(opened, tmp_path):
    bad = write_pickled_model(tmp_path / "old-model")
    preferences.save(preferences.load().model_copy(update={"model_folders": (str(bad),)}))
    page = model_page(opened)
    refused = card(page, "old-model")
    live()
    assert not refused.isCheckable()
    click(button(refused, "Why"))
    assert page.error.isVisible()
    click(button(refused, "Take old-model off the list"))
    until(lambda: preferences.load().model_folders == ())


def test_a_model_of_another_kind_is_shown_with_the_reason(opened, tmp_path):
    reader = write_model(tmp_path / "reader", kind="bert")
    preferences.save(preferences.load().model_copy(update={"model_folders": (str(reader),)}))
    page = model_page(opened)
    shown = card(page, "reader")
    live()
    assert not shown.isCheckable()
    assert "needs a model that writes text" in said(shown)


def test_a_moved_model_is_found_again_by_what_it_is(opened, model, tmp_path):
    here = tmp_path / "here" / "writer"
    shutil.copytree(model, here)
    page = model_page(opened)
    page.take_folder(here)
    until(lambda: state(opened).facts.model is not None)
    away = tmp_path / "away"
    away.mkdir()
    opened.session.desk.call(lambda: shutil.move(here, away / "writer"))
    opened.session.gather()
    until(lambda: page.error.isVisible())
    assert page.error.accessibleName() == "The model is not where it was"
    assert button(page.error, "Find it again…").isVisible()

    other = write_model(tmp_path / "another", width=16)
    page.find_again(other)
    until(lambda: "holds another model" in said(page.error))
    page.find_again(away / "writer")
    until(lambda: state(opened).facts.model is not None)
    until(lambda: not page.error.isVisible())
    assert state(opened).config.model.path == str(away / "writer")


def test_a_model_folder_dropped_on_the_window_is_chosen(opened, model):
    opened.commands.take_paths([model])
    until(lambda: opened.current_page() == "model" and state(opened).facts.model is not None)


def test_licences_are_told_in_a_sentence():
    assert licence_sentence("apache-2.0") == "Apache 2.0: may be used at work too."
    assert licence_sentence("cc-by-4.0").endswith("name its makers.")
    assert licence_sentence("cc-by-nc-4.0") == "CC BY-NC 4.0: not for commercial use."
    assert licence_sentence("own-licence").endswith("read it before you use it at work.")
    assert "ask its makers" in licence_sentence("")


def test_facts_are_rounded_for_people(model):
    from studio.core.model_folder import read_model

    assert facts_in_words(read_model(model)).startswith("104 weights · ")


@pytest.mark.parametrize(
    ("goal", "first", "refused"),
    [
        ("answer", "Starter", ["Starter reader"]),
        ("sort", "Starter reader", []),
        ("mark", "Starter reader", []),
        ("translate", "Starter rewriter", ["Starter reader"]),
        ("read", "Starter", ["Starter rewriter"]),
        ("prefer", "Starter", ["Starter rewriter"]),
    ],
)
def test_the_starter_for_the_goal_stands_first_and_what_can_not_learn_it_says_why(
    window, tmp_path, goal, first, refused
):
    window.session.new_project(goal, (), tmp_path / "project")
    until(lambda: window.session.state is not None)
    page = model_page(window)
    until(lambda: len(page.cards) == 3)
    live()
    assert page.cards[0].model.name == first
    assert "Recommended" in said(page.cards[0])
    assert [card.model.name for card in page.cards if card.property("blocked")] == refused
    for card in page.cards[1:]:
        assert "Recommended" not in said(card)
        assert ("needs a model that" in said(card)) == (card.model.name in refused)


def test_a_goal_follows_the_model_to_what_it_can_learn(window, tmp_path):
    window.session.new_project("translate", (), tmp_path / "project")
    until(lambda: window.session.state is not None)
    page = model_page(window)
    until(lambda: card(page, "Starter").isVisible())
    click(card(page, "Starter"))
    until(lambda: state(window).config.objective.id == "instruct")
    click(card(page, "Starter rewriter"))
    until(lambda: state(window).config.objective.id == "transform")
    until(lambda: (model := state(window).facts.model) is not None and model.name == "Starter rewriter")
    until(lambda: not [problem for problem in state(window).problems if problem.step == "settings"])
