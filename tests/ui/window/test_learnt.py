"""What is learnt: chosen by the goal, by what the first file holds, and by the person; roles follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from studio.ui.main_window import MainWindow
from studio.ui.pages.data.empty import EmptyData
from tests.ui.window.files import FILES
from tests.ui.window.living import button, click, data_page, live, state, until

PREPARED_IN = 60


def begin(window: MainWindow, goal: str, file: Path, folder: Path) -> None:
    """A project for a goal with its first file, prepared."""
    window.session.new_project(goal, [file], folder)  # type: ignore[arg-type]
    until(lambda: window.session.state and state(window).facts.report is not None, PREPARED_IN)


@pytest.mark.parametrize(
    ("goal", "kind", "roles"),
    [
        ("sort", "sort", {"review": "text", "category": "label"}),
        ("sort", "value", {"review": "text", "rating": "value"}),
        ("mark", "mark", {"words": "words", "tags": "tags"}),
        ("translate", "transform", {"source": "prompt", "target": "answer"}),
        ("read", "documents", {"text": "text"}),
        ("prefer", "prefer", {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}),
        ("prefer", "liked", {"question": "prompt", "answer": "answer", "liked": "liked"}),
    ],
)
def test_a_file_brought_in_is_understood_for_its_goal(window, tmp_path, goal, kind, roles):
    begin(window, goal, FILES[kind](tmp_path), tmp_path / "project")
    assert state(window).config.objective.id == kind
    assert {name: role for name, role in state(window).config.data.roles.items() if role} == roles
    assert not [problem for problem in state(window).problems if problem.step == "data"]


def test_another_choice_takes_its_roles_along_and_undo_brings_both_back(window, tmp_path):
    begin(window, "sort", FILES["value"](tmp_path), tmp_path / "project")
    page = data_page(window)
    click(button(page.learnt, "A class"))
    until(lambda: state(window).config.objective.id == "sort")
    assert state(window).config.data.roles == {"review": "text", "rating": "label"}
    assert state(window).can_undo == "Learn: A class"
    until(lambda: state(window).facts.report is not None, PREPARED_IN)
    window.session.undo()
    until(lambda: state(window).config.objective.id == "value")
    assert state(window).config.data.roles == {"review": "text", "rating": "value"}
    until(lambda: page.learnt.choice.current() == "value")


def test_a_choice_that_lacks_a_column_says_which(window, tmp_path):
    begin(window, "prefer", FILES["prefer"](tmp_path), tmp_path / "project")
    page = data_page(window)
    click(button(page.learnt, "Thumbs"))
    until(lambda: state(window).config.objective.id == "liked")
    until(lambda: window.bottom.message() == "No column is marked as “Liked or not”.")
    assert not window.bottom.next.isEnabled()


def test_where_only_the_model_decides_nothing_is_asked(window, tmp_path):
    begin(window, "translate", FILES["transform"](tmp_path), tmp_path / "project")
    page = data_page(window)
    live()
    assert not page.learnt.isVisible()


@pytest.mark.parametrize("goal", ["answer", "sort", "mark", "translate", "read", "prefer"])
def test_the_empty_page_says_what_works_well_for_each_goal(app, goal):
    page = EmptyData()
    page.show_goal(goal)
    page.show()
    app.processEvents()
    said = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    assert len(said) == len(set(said))
    assert page.sample.isVisible() == (goal == "answer")
    page.close()
