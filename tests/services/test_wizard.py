"""The wizard's one value: every edit can be undone, also tomorrow."""

from __future__ import annotations

import pytest

from studio.core.config import RunConfig
from studio.core.problem import StudioError
from studio.services import projects
from studio.services.projects import Project
from studio.services.wizard import Wizard, keep


@pytest.fixture
def wizard(project: Project) -> Wizard:
    return Wizard.of(project)


def again(project: Project) -> Wizard:
    """The wizard of the same project after a restart."""
    project.close()
    opened = projects.open_project(project.paths.folder)
    wizard = Wizard.of(opened)
    opened.close()
    return wizard


def test_undo_and_redo_walk_through_every_edit(wizard: Wizard) -> None:
    wizard.edit({"train.epochs": 2}, "Two times")
    wizard.edit({"train.epochs": 5}, "Five times")
    assert wizard.undo_label == "Five times"
    assert wizard.undo().train.epochs == 2
    assert wizard.redo_label == "Five times"
    assert wizard.redo().train.epochs == 5
    assert (wizard.undo().train.epochs, wizard.undo(), wizard.undo_label) == (2, RunConfig(), "")


def test_undo_survives_a_restart(project: Project, wizard: Wizard) -> None:
    wizard.edit({"train.epochs": 2}, "Two times")
    wizard.edit({"method.rank": 8}, "Narrower")
    wizard.undo()
    keep(project, wizard.unkept())
    reopened = again(project)
    assert reopened.config.train.epochs == 2
    assert (reopened.undo_label, reopened.redo_label) == ("Two times", "Narrower")
    assert reopened.redo().method.settings == {"rank": 8}


def test_an_edit_after_undo_forgets_what_was_undone_also_on_the_disk(project: Project, wizard: Wizard) -> None:
    for epochs in (2, 3, 4):
        wizard.edit({"train.epochs": epochs}, f"{epochs} times")
    wizard.undo()
    wizard.undo()
    wizard.edit({"train.batch_size": 16}, "More at a time")
    keep(project, wizard.unkept())
    reopened = again(project)
    assert (reopened.config.train.epochs, reopened.config.train.batch_size) == (2, 16)
    assert (reopened.undo_label, reopened.redo_label) == ("More at a time", "")


def test_a_refused_edit_changes_nothing(wizard: Wizard) -> None:
    for changes in ({"train.epochs": -1}, {"train.epoch": 2}, {"nothing.here": 2}, {"train": 5}):
        with pytest.raises(StudioError):
            wizard.edit(changes, "Refused")
    assert wizard.config == RunConfig()
    assert wizard.undo_label == ""
    assert wizard.unkept() == []


def test_the_same_value_again_is_no_step(wizard: Wizard) -> None:
    wizard.edit({"train.epochs": RunConfig().train.epochs}, "Nothing new")
    assert wizard.undo_label == ""


def test_another_split_voids_what_was_prepared_and_another_step_size_does_not(wizard: Wizard) -> None:
    wizard.amend({"data.prepared": "abc"})
    assert wizard.edit({"train.learning_rate": 1e-3}, "Larger steps").data.prepared == "abc"
    assert wizard.edit({"data.split.test": 0.2}, "Larger test").data.prepared == ""
    assert wizard.undo().data.prepared == "abc"


def test_completing_a_state_is_no_step_of_its_own(project: Project, wizard: Wizard) -> None:
    wizard.edit({"train.epochs": 2}, "Two times")
    wizard.amend({"data.prepared": "abc"})
    keep(project, wizard.unkept())
    reopened = again(project)
    assert reopened.config.data.prepared == "abc"
    assert reopened.undo() == RunConfig()


def test_choosing_another_method_clears_the_settings_of_the_one_before(wizard: Wizard) -> None:
    wizard.edit({"method.rank": 4}, "Narrow")
    assert wizard.edit({"method.id": "full"}, "All of it").method.settings == {}
    assert wizard.undo().method.settings == {"rank": 4}
