"""Home: the sample, goals, recent projects, what this computer has, and the places beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from studio.services import preferences, recents
from studio.ui.dialogs.new_project import NewProjectDialog
from studio.ui.main_window import MainWindow
from studio.ui.pages.home.recent import RecentCard
from tests.ui.window.living import button, click, live, press, state, until
from tests.ui.window.making import write_pickled_model


def texts(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def dialog(window: MainWindow) -> NewProjectDialog:
    return next(each for each in window.findChildren(NewProjectDialog) if each.isVisible())


def test_a_first_visit_offers_the_sample_and_says_how_it_goes(window):
    until(lambda: "How it goes" in texts(window.home))
    assert "First time here?" in texts(window.home)
    assert button(window.home, "Try the sample · 5 minutes").isEnabled()
    assert not window.bottom.isVisible()


@pytest.mark.parametrize(
    ("place", "name", "objective"),
    [
        (0, "My answers", "instruct"),
        (1, "My categories", "sort"),
        (2, "My marks", "mark"),
        (3, "My translations", "transform"),
        (4, "My documents", "documents"),
        (5, "My preferences", "prefer"),
    ],
)
def test_every_goal_suggests_a_name_and_begins_a_project_that_learns_it(window, home, place, name, objective):
    card = window.home.goal_cards[place]
    click(card)
    asked = dialog(window)
    assert card.goal.title in texts(asked)
    click(asked.start)
    until(lambda: window.current_page() == "data")
    assert state(window).folder == home / name
    assert state(window).config.goal == card.goal.id
    assert state(window).config.objective.id == objective


def test_a_goal_and_a_name_begin_a_project_on_its_data_page(window, home):
    click(window.home.goal_cards[0])
    asked = dialog(window)
    asked.name.selectAll()
    asked.name.insert("Letters & answers")
    press(asked.name, Qt.Key.Key_Return)
    until(lambda: window.current_page() == "data")
    assert state(window).folder == home / "Letters & answers"
    assert (home / "Letters & answers" / "project.db").is_file()
    assert window.bottom.message() == "Next needs at least one file with examples."
    assert not window.bottom.next.isEnabled()


def test_a_project_without_a_name_is_not_begun(window):
    click(window.home.goal_cards[0])
    asked = dialog(window)
    asked.name.clear()
    assert not asked.start.isEnabled()
    assert asked.start.accessibleDescription() == "Give the project a name."
    press(asked, Qt.Key.Key_Escape)
    assert window.session.state is None


def test_recent_projects_stand_as_cards_and_open_by_a_click(opened):
    opened.show_home()
    until(lambda: opened.home.recent_cards)
    (card,) = opened.home.recent_cards
    assert card.project.name == "Help desk"
    assert "Nothing was trained yet." in texts(card)
    click(card)
    assert opened.current_page() == "data"


def test_closing_a_project_leads_home_and_its_card_opens_it_again(opened):
    opened.session.close_project()
    until(opened.at_home)
    until(lambda: opened.home.recent_cards)
    card = opened.home.recent_cards[0]
    card.setFocus()
    press(card, Qt.Key.Key_Return)
    until(lambda: opened.current_page() == "data")


def test_a_project_whose_folder_is_gone_says_so(opened):
    folder = state(opened).folder
    opened.session.close_project()
    until(lambda: opened.session.project is None)
    opened.session.desk.call(lambda: shutil.rmtree(folder))
    opened.show_home()
    until(lambda: opened.home.recent_cards and opened.home.recent_cards[0].blocked())
    assert "no longer there" in opened.home.recent_cards[0].blocked()


def test_a_verdict_stands_on_the_card_with_its_curve(app):
    project = recents.RecentProject(
        folder=Path("/nowhere"),
        name="Clauses <b>bold</b>",
        goal="answer",
        opened=0.0,
        state="finished",
        sentence="Better on 41 of 50 answers.",
        verdict_id="better",
        train=(3.0, 2.0, 1.5),
        validation=(3.1, 2.4, 2.6),
    )
    card = RecentCard(project)
    labels = card.findChildren(QLabel)
    assert any(label.text() == "Better on 41 of 50 answers." for label in labels)
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)


def test_taking_a_project_off_the_list_leaves_its_folder(opened):
    folder = state(opened).folder
    opened.show_home("projects")
    until(lambda: opened.home.projects.isVisible() and "Help desk" in texts(opened.home.projects))
    click(button(opened.home.projects, "Take Help desk off the list"))
    until(lambda: not recents.recent_projects())
    until(lambda: "No projects yet" in texts(opened.home.projects))
    assert (folder / "project.db").is_file()


def test_the_computer_card_tells_of_disk_privacy_and_engine(window):
    until(lambda: "free on the disk" in texts(window.home.computer))
    said = texts(window.home.computer)
    assert "Nothing leaves this computer" in said
    assert "training engine" in said
    click(button(window.home.computer, "Check again"))
    until(lambda: button(window.home.computer, "Check again").isEnabled())


def test_models_here_takes_a_folder_and_refuses_an_unsafe_one(window, model, tmp_path):
    window.show_home("models")
    window.home.models.take(model)
    until(lambda: "small-writer" in texts(window.home.models))
    assert preferences.load().model_folders == (str(model),)
    window.home.models.take(write_pickled_model(tmp_path / "old-model"))
    until(lambda: "This folder can't be used" in texts(window.home.models))
    assert preferences.load().model_folders == (str(model),)
    click(button(window.home.models, "Take small-writer off the list"))
    until(lambda: preferences.load().model_folders == ())


def test_files_dropped_on_home_begin_a_project_named_after_them(window, table, home):
    window.commands.take_paths([table])
    until(lambda: window.session.state is not None and state(window).facts.datasets)
    assert state(window).folder == home / "visitors"
    until(lambda: not window.session.jobs.running("prepare") and state(window).facts.report)


def test_what_can_not_be_opened_is_told_on_home(window, tmp_path):
    window.session.open_project(tmp_path)
    until(lambda: window.home.error.isVisible())
    assert "There is no project in" in texts(window.home.error)
    live()
    assert QApplication.activeModalWidget() is None
