"""Going on from a run and joining runs, by real clicks and keys; each list says where a run comes from."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from studio.core.config import edit
from studio.core.run import ACTIVE
from studio.services import projects, runs
from studio.ui.dialogs.disk import DiskDialog
from studio.ui.dialogs.joining import JoinDialog
from studio.ui.main_window import MainWindow
from studio.ui.pages.method import MethodPage, begin
from studio.ui.pages.train import TrainPage
from studio.ui.pages.train.course import VALIDATION
from tests.ui.window.living import button, click, press, state, type_into, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def train_page(window) -> TrainPage:
    page = window.show_step("train")
    assert isinstance(page, TrainPage)
    return page


def method_page(window) -> MethodPage:
    page = window.show_step("method")
    assert isinstance(page, MethodPage)
    return page


def shown(window, kind):
    until(lambda: any(each.isVisible() for each in window.findChildren(kind)))
    return next(each for each in window.findChildren(kind) if each.isVisible())


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    """The project with a finished run, a second one beside it, one that goes on from it, and one of another method:
    copies of the one that was trained, for what is shown here asks for no more."""
    folder = tmp_path_factory.mktemp("several") / "Help desk"
    shutil.copytree(trained, folder)
    project = projects.open_project(folder)
    for number, changes in enumerate(({"train.seed": 2}, {"train.begin": "run-1"}, {"method.id": "full"}), start=2):
        made = project.paths.run(f"run-{number}").folder
        shutil.copytree(project.paths.run("run-1").folder, made)
        config = edit(runs.folder(project, "run-1").config(), changes)
        (made / "run.json").write_text(config.to_json(), encoding="utf-8")
        runs.sync(project)
    project.close()
    return folder


@pytest.fixture
def with_several(window: MainWindow, several: Path, tmp_path: Path) -> MainWindow:
    folder = tmp_path / "Help desk"
    shutil.copytree(several, folder)
    window.session.open_project(folder)
    until(lambda: bool(window.session.state and len(window.session.state.facts.runs) == 4))
    return window


def test_the_method_page_offers_what_a_run_can_begin_with(with_several):
    page = method_page(with_several)
    until(page.begin.isVisible)
    choice = page.begin.choice
    words = [choice.itemText(at) for at in range(choice.count())]
    assert words[0] == "The model as it came"
    assert [word.split(" ·")[0] for word in words[1:]] == ["Run 4", "Run 3", "Run 2", "Run 1"]
    assert not page.begin.way.isVisible()
    choice.setFocus()
    press(choice, Qt.Key.Key_End)
    until(lambda: state(with_several).config.train.begin == "run-1")
    until(page.begin.way.isVisible)
    assert "What Run 1 learnt is trained further" in said(page.begin)
    with_several.session.undo()
    until(lambda: state(with_several).config.train.begin == "")
    until(lambda: choice.currentIndex() == 0)


def test_learning_above_is_offered_above_small_additions_only(with_several):
    page = method_page(with_several)
    until(page.begin.isVisible)
    with_several.session.run.begin_with("run-1")
    until(lambda: state(with_several).facts.begin and page.begin.way.isVisible())
    click(button(page.begin, "Learn above it"))
    until(lambda: state(with_several).config.train.stacked)
    assert "stays as it is" in said(page.begin)
    with_several.session.edit({"method.id": "full"}, "Another method")
    until(lambda: "can't stand above" in with_several.bottom.accessibleDescription() or not page.primary()[1])
    assert "The whole model can't stand above what Run 1 learnt." in page.primary()[2]


def test_another_method_than_the_earlier_one_is_told_and_one_click_takes_it_back(with_several):
    with_several.session.run.begin_with("run-1")
    until(lambda: state(with_several).facts.begin)
    with_several.session.edit({"method.id": "full"}, "Another method")
    page = method_page(with_several)
    until(lambda: not page.primary()[1])
    click(button(with_several.bottom, "Learn as Run 1 did"))
    until(lambda: state(with_several).config.method.id == "lora" and page.primary()[1])


def test_a_folder_that_could_run_code_is_refused_in_three_parts(with_several, tmp_path, monkeypatch):
    folder = tmp_path / "a gift"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    (folder / "adapter_model.bin").write_bytes(b"\x80\x04N.")
    monkeypatch.setattr(begin, "choose_folder", lambda *_: folder)
    page = method_page(with_several)
    until(page.begin.isVisible)
    page.begin.folder.setFocus()
    press(page.begin.folder, Qt.Key.Key_Space)
    until(lambda: "can run hidden code" in said(page))
    assert "Nothing was opened" in said(page) or "Nothing was changed" in said(page)
    assert state(with_several).config.train.begin == ""
    assert page.begin.choice.currentIndex() == 0


def test_additions_from_a_folder_are_taken_with_their_size(with_several, tmp_path, monkeypatch):
    folder = tmp_path / "from a colleague"
    folder.mkdir()
    final = state(with_several).folder / "runs" / "run-1" / "final"
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copyfile(final / name, folder / name)
    monkeypatch.setattr(begin, "choose_folder", lambda *_: folder)
    page = method_page(with_several)
    until(page.begin.isVisible)
    page.begin.folder.setFocus()
    press(page.begin.folder, Qt.Key.Key_Space)
    until(lambda: state(with_several).config.train.begin == str(folder))
    until(lambda: page.begin.choice.currentText() == "from a colleague")
    train = train_page(with_several)
    train.plan()
    until(lambda: "goes on from from a colleague" in said(train))


def test_lists_say_where_a_run_comes_from(with_several):
    page = train_page(with_several)
    with_several.session.run.select("run-3")
    until(lambda: "Run 3 · goes on from Run 1" in said(page))
    click(button(page, "3 other runs"))
    until(page.view.runs.isVisible)
    assert "goes on from Run 1" in said(page.view.runs.row("run-3"))
    assert "goes on" not in said(page.view.runs.row("run-2"))
    evaluate = with_several.show_step("evaluate")
    until(lambda: "goes on from Run 1), against the model as it came" in said(evaluate))


def test_a_run_that_others_went_on_from_is_deleted_only_after_a_question(with_several):
    page = train_page(with_several)
    page.plan()
    row = page._runs.row("run-1")
    until(row.isVisible)
    click(row.delete_button)
    assert "Run 3 went on from this run" in said(row)
    click(row.keep)
    assert "went on from" not in said(row)
    click(row.delete_button)
    click(row.even_so)
    until(lambda: [run.id for run in state(with_several).facts.runs] == ["run-4", "run-3", "run-2"])
    click(button(page, "Bring Run 1 back"))
    until(lambda: len(state(with_several).facts.runs) == 4)


def test_the_disk_dialog_asks_as_well(with_several):
    with_several.commands.do("disk")
    dialog = shown(with_several, DiskDialog)
    click(button(dialog, "Delete: Run 1"))
    until(lambda: "run-3 went on from run-1" in said(dialog.error))
    click(button(dialog.error, "Delete it even so"))
    until(lambda: "run-1" not in [run.id for run in state(with_several).facts.runs])
    press(dialog, Qt.Key.Key_Escape)


def test_with_one_run_the_dialog_says_what_is_needed(finished):
    page = train_page(finished)
    click(button(page, "This run"))
    until(page.view.runs.isVisible)
    click(page.view.runs.join)
    dialog = shown(finished, JoinDialog)
    until(lambda: "Only Run 1 can be joined so far" in said(dialog))
    assert not dialog.start.isVisible()
    press(dialog, Qt.Key.Key_Escape)


def test_runs_to_join_are_chosen_by_keyboard_with_their_shares_and_the_way(with_several, monkeypatch):
    asked = []
    monkeypatch.setattr(with_several.session.run, "join", lambda parts, way: asked.append((parts, way)))
    page = train_page(with_several)
    page.plan()
    until(page._runs.join.isVisible)
    click(page._runs.join)
    dialog = shown(with_several, JoinDialog)
    until(lambda: dialog._rows)
    assert not dialog.start.isEnabled() and "Choose two runs or more." in said(dialog)
    press(dialog.row("run-1").taken, Qt.Key.Key_Space)
    until(lambda: "It differs from Run 1 in its method." in said(dialog.row("run-4")))
    assert not dialog.row("run-4").taken.isEnabled()
    press(dialog.row("run-2").taken, Qt.Key.Key_Space)
    assert dialog.start.isEnabled()
    assert (dialog.row("run-1").share.value(), dialog.row("run-2").share.value()) == (0.5, 0.5)
    share = dialog.row("run-2").share
    share.selectAll()
    type_into(share, "5")
    press(share, Qt.Key.Key_Tab)
    assert not dialog.start.isEnabled() and "between 0 and 2" in said(dialog)
    share.selectAll()
    type_into(share, "0.7")
    press(share, Qt.Key.Key_Tab)
    until(dialog.start.isEnabled)
    dialog.ways["linear"].setFocus()
    press(dialog.ways["linear"], Qt.Key.Key_Down)
    assert dialog.ways["ties"].isChecked()
    click(dialog.start)
    assert asked == [({"run-2": 0.7, "run-1": 0.5}, "ties")]
    until(lambda: not any(each.isVisible() for each in with_several.findChildren(JoinDialog)))


@pytest.mark.slow
def test_a_run_is_gone_on_from_and_joined_with_another_and_the_result_is_measured(finished):
    page = train_page(finished)
    click(button(page.view.head, "Go on from this run"))
    until(lambda: state(finished).config.train.begin == "run-1")
    until(lambda: "goes on from Run 1" in said(page))
    until(lambda: page.primary() == ("Start training", True, ""), 60)
    click(finished.bottom.next)
    until(lambda: len(state(finished).facts.runs) == 2, 60)
    until(lambda: state(finished).facts.runs[0].state == "finished", 120)
    first, second = state(finished).facts.runs[1], state(finished).facts.runs[0]
    assert second.begin == "run-1"
    until(lambda: page.view.course is not None and page.view.course.run == "run-2" and page.view.course.step == 12)
    assert page.view.course is not None
    began = page.view.course[VALIDATION]
    assert (began.steps[0], began.values[0]) == (0, pytest.approx(first.validation.loss))

    click(button(page, "1 other run"))
    click(page.view.runs.join)
    dialog = shown(finished, JoinDialog)
    until(lambda: dialog._rows and dialog.row("run-1").taken.isVisible())
    for run in ("run-1", "run-2"):
        click(dialog.row(run).taken)
    click(dialog.start)
    until(lambda: len(state(finished).facts.runs) == 3 and state(finished).facts.runs[0].state not in ACTIVE, 120)
    joined = state(finished).facts.runs[0]
    assert joined.has_weights and dict(joined.parts) == {"run-2": 0.5, "run-1": 0.5}
    until(lambda: "Joined" in said(page.view.head) and "0.5 of Run 2 and 0.5 of Run 1" in said(page.view.head))
    assert not page.view.charts.isVisible() and not page.view.answers.isVisible()
    click(finished.bottom.next)
    assert finished.current_page() == "evaluate"
    evaluate = finished.show_step("evaluate")
    until(lambda: evaluate.primary() == ("Measure on the sealed test", True, ""))
    click(finished.bottom.next)
    until(lambda: [each.run for each in state(finished).facts.evaluations] == ["run-3"], 120)


@pytest.mark.slow
def test_joining_that_is_stopped_leaves_nothing_but_says_so(with_several):
    window = with_several
    window.session.run.join({"run-1": 0.5, "run-2": 0.5}, "linear")
    page = train_page(window)
    until(lambda: len(state(window).facts.runs) == 5)
    end = time.monotonic() + 60
    while state(window).facts.runs[0].state in ACTIVE and time.monotonic() < end:
        head = page.view.head
        if head.stop.isVisible() and head.stop.isEnabled():
            click(head.stop)
            click(button(head, "Stop joining"))
            break
        until(lambda: True)
    until(lambda: state(window).facts.runs[0].state not in ACTIVE, 120)
    run = state(window).facts.runs[0]
    if run.state == "stopped":
        until(lambda: "Nothing was kept." in said(page.view.head))
        assert not run.has_weights
        assert not (state(window).folder / "runs" / run.id / "final").exists()
