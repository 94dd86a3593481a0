"""The window around the pages: going about by keys, what is remembered, drops, and a project that is open twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.core.config import edit
from studio.core.problem import Problem
from studio.core.run import RunSummary
from studio.services import preferences, projects
from studio.ui import application
from studio.ui.dialogs.closing import TrainingGoesOn
from studio.ui.messages import STEPS, bottom_message
from tests.ui.window.living import ALT, CONTROL, button, click, data_page, live, press, state, until

STEP_KEYS = [Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_5, Qt.Key.Key_6, Qt.Key.Key_7]


def test_the_steps_are_reached_by_control_and_their_number(opened):
    for key, step in zip(STEP_KEYS, STEPS, strict=True):
        press(opened, key, CONTROL)
        assert opened.current_page() == step
    press(opened, Qt.Key.Key_0, CONTROL)
    assert opened.at_home()
    press(opened, Qt.Key.Key_1, CONTROL)
    assert opened.current_page() == "data"


class Windows(QObject):
    """Notes every widget that is shown as a window of its own."""

    def __init__(self, own: QWidget) -> None:
        super().__init__()
        self.own, self.seen = own, []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        shown = event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow()
        if shown and watched is not self.own:
            self.seen.append(f"{type(watched).__name__} {watched.objectName()}")
        return False


def test_no_part_of_a_page_flashes_as_a_window_of_its_own(app, opened, model):
    watch = Windows(opened)
    app.installEventFilter(watch)
    try:
        opened.session.choose_model(model)
        until(lambda: state(opened).facts.model)
        for step in ("home", *STEPS):
            opened.show_home() if step == "home" else opened.show_step(step)
            live(0.15)
        page = data_page(opened)
        for view in ("recipe", "learns", "rows"):
            page.show_view(view)
            live(0.3)
        opened.set_expert(True)
        opened.show_step("settings")
        live(0.3)
    finally:
        app.removeEventFilter(watch)
    assert watch.seen == []


def test_next_and_back_lead_through_the_steps(opened):
    data_page(opened)
    click(opened.bottom.next)
    assert opened.current_page() == "model"
    assert not opened.bottom.next.isEnabled()
    assert opened.bottom.message()
    press(opened, Qt.Key.Key_Left, ALT)
    assert opened.current_page() == "data"
    click(opened.bottom.back)
    assert opened.at_home()


def test_a_click_on_the_rail_opens_a_step(opened):
    click(opened.rail.entry("method"))
    assert opened.current_page() == "method"
    assert "current step" in opened.rail.entry("method").accessibleDescription()


def test_every_action_has_words_and_no_two_share_a_shortcut(window):
    actions = window.actions_by_id.all()
    keys = [action.shortcut().toString() for action in actions if not action.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))
    assert all(action.text() for action in actions)


def test_what_needs_a_project_is_off_without_one(window):
    for id in ("undo", "redo", "folder", "disk", "close", "step:data", "paste"):
        assert not window.actions_by_id.action(id).isEnabled()
    for id in ("new", "open", "sample", "import", "preferences", "quit", "about"):
        assert window.actions_by_id.action(id).isEnabled()


def test_expert_is_one_switch_and_is_remembered(opened):
    press(opened, Qt.Key.Key_E, CONTROL)
    assert opened.top.level.current() == "expert"
    assert state(opened).expert
    until(lambda: preferences.load().expert)
    opened.top.level.changed.emit("simple")
    until(lambda: not preferences.load().expert)
    assert not state(opened).expert


def test_explain_says_what_a_page_is_for(opened):
    data_page(opened)
    assert not opened.frame.explain.isVisible()
    press(opened, Qt.Key.Key_F1)
    assert opened.frame.explain.isVisible()
    press(opened, Qt.Key.Key_F1)
    assert not opened.frame.explain.isVisible()


@pytest.mark.parametrize("page", ["home", *STEPS])
def test_every_page_has_an_explanation(page):
    from studio.ui.pages.teaching import page_explanation

    assert page_explanation(page).title
    assert page_explanation(page).paragraphs


def test_offline_explains_itself(window):
    click(window.top.offline)
    panel = QApplication.activePopupWidget()
    assert panel is not None
    assert panel.accessibleName() == "Nothing leaves this computer"
    press(panel, Qt.Key.Key_Escape)
    until(lambda: QApplication.activePopupWidget() is None)


def test_the_meters_say_how_much_memory_is_used(window):
    until(lambda: "Memory" in window.top._meters)
    assert " of " in window.top._meters["Memory"].words


def test_size_and_step_are_there_again_the_next_time(app, opened):
    folder = state(opened).folder
    opened.show_step("settings")
    opened.resize(900, 640)
    live()
    opened.close()
    kept = preferences.load()
    assert kept.window and kept.last_page == "settings"
    again = application.make_window()
    again.show()
    try:
        # A window that is wider than the screen it comes back to is made to fit; its height is as it was.
        assert again.height() == 640
        again.session.open_project(folder)
        until(lambda: again.current_page() == "settings")
    finally:
        again.close()


def test_a_project_folder_dropped_on_the_window_is_opened(window, prepared, tmp_path):
    import shutil

    folder = tmp_path / "Help desk"
    shutil.copytree(prepared, folder)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    event = QDropEvent(
        QPointF(300, 300), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)
    until(lambda: window.current_page() == "data")
    assert state(window).folder == folder


def test_an_empty_folder_that_is_dropped_is_told(opened, tmp_path):
    folder = tmp_path / "nothing"
    folder.mkdir()
    opened.commands.take_paths([folder])
    until(lambda: opened.frame.error.isVisible())
    assert len(state(opened).facts.datasets) == 1


HOLD = """
import sys, time
from pathlib import Path
from studio.services import projects
project = projects.open_project(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
project.close()
"""


def test_a_project_that_is_open_elsewhere_can_be_looked_at_and_says_so(window, prepared, tmp_path):
    import shutil

    folder = tmp_path / "Help desk"
    shutil.copytree(prepared, folder)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdin
        assert holder.stdout.readline().strip() == "open"
        window.session.open_project(folder)
        until(lambda: window.frame.held.isVisible())
        assert str(holder.pid) in window.frame.held.accessibleName()
        page = data_page(window)
        assert not page.add_button.isEnabled()
        assert not page.rows.rows.changeable
        before = state(window).config
        window.session.edit({"train.epochs": 9}, "An edit")
        until(lambda: window.frame.error.isVisible())
        assert state(window).config == before
        holder.stdin.write("\n")
        holder.stdin.flush()
        holder.wait(10)
    until(lambda: not window.frame.held.isVisible())


def test_a_project_named_on_the_command_line_is_opened(app, home, prepared, tmp_path):
    import shutil

    folder = tmp_path / "Help desk"
    shutil.copytree(prepared, folder)
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from studio.ui import application, main_window\n"
        "made = []\n"
        "real = main_window.MainWindow.show_step\n"
        "def show_step(self, step):\n"
        "    page = real(self, step)\n"
        "    print(self.session.state.project_name, step, flush=True)\n"
        "    QTimer.singleShot(0, self.close)\n"
        "    return page\n"
        "main_window.MainWindow.show_step = show_step\n"
        "sys.exit(application.main([sys.argv[1]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0].startswith("Help desk data")


def test_the_window_loads_without_torch():
    code = "import studio.ui.application, sys; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_the_foot_says_the_pages_own_problem_first(opened):
    now = state(opened)
    own = Problem(
        id="a", step="method", sentence="Too large.", severity="warns", fix={"method.id": "lora"}, remedy="Use"
    )
    early = Problem(id="no-model", step="model", sentence="No model is chosen yet.", remedy="Choose one.")
    both = now.model_copy(update={"problems": (early, own)})
    assert bottom_message(both, "method").text == "Too large."
    assert bottom_message(both, "method").fix == {"method.id": "lora"}
    assert bottom_message(both, "settings").text == "No model is chosen yet."
    assert bottom_message(both, "settings").go == "model"
    assert bottom_message(both, "data").kind == "good"


def test_a_fix_at_the_foot_is_one_click_and_can_be_undone(opened):
    opened.session.edit({"train.learning_rate": 0.5}, "Too fast")
    opened.show_step("settings")
    until(lambda: "recommended value" in opened.bottom.message() or state(opened).facts.model is None)
    problem = Problem(
        id="rate", step="settings", sentence="Fast.", severity="warns", remedy="Slow down", fix={"train.epochs": 7}
    )
    opened._message = bottom_message(state(opened).model_copy(update={"problems": (problem,)}), "settings")
    opened._follow_link()
    assert state(opened).config.train.epochs == 7
    assert state(opened).can_undo == "Slow down"


def test_another_project_replaces_the_pages_of_the_one_before(opened, tmp_path):
    page = data_page(opened)
    other = tmp_path / "Other"
    made = projects.create(other)
    made.store.keep(1, "Two epochs", edit(made.config(), {"train.epochs": 2}).to_json())
    made.close()
    opened.commands.open_project(other)
    until(lambda: state(opened).folder == other)
    assert data_page(opened) is not page
    assert data_page(opened).empty.isVisible()
    live(0.3)


def test_closing_while_training_says_once_that_it_goes_on(opened):
    opened.remembered.change(knows_training_goes_on=False)
    running = RunSummary(id="run-1", state="running", step=3, steps=9)
    facts = state(opened).facts.model_copy(update={"runs": (running,), "run": running})
    opened.session.state = state(opened).model_copy(update={"facts": facts})
    told = []

    def answer():
        dialog = next(each for each in opened.findChildren(TrainingGoesOn) if each.isVisible())
        told.append(dialog.accessibleName())
        click(button(dialog, "Good"))

    QTimer.singleShot(300, answer)
    opened.close()
    assert told == ["Training goes on"]
    assert preferences.load().knows_training_goes_on
    assert not opened.isVisible()


def test_a_project_dropped_on_the_empty_page_is_opened_and_not_read(window, home, prepared, tmp_path):
    import shutil

    window.session.new_project(folder=home / "new")
    until(lambda: window.current_page() == "data")
    folder = tmp_path / "Help desk"
    shutil.copytree(prepared, folder)
    data_page(window).empty.drop.dropped.emit([str(folder)])
    until(lambda: state(window).folder == folder)


def test_closing_a_window_leaves_no_lock_behind(opened):
    folder: Path = state(opened).folder
    opened.close()
    again = projects.open_project(folder)
    assert again.writable
    again.close()


def test_pages_are_made_ahead_while_nobody_waits_and_anew_when_a_project_is_closed(window, prepared):
    assert window.frame.stack.count() == 1
    window.make_ready()
    until(window.is_ready)
    assert window.frame.stack.count() == 1 + len(STEPS)
    made = window.page("data")
    window.session.open_project(prepared)
    until(lambda: window.current_page() == "data")
    assert window.page("data") is made
    window.session.close_project()
    until(window.is_ready)
    assert window.page("data") is not made
    assert window.frame.stack.count() == 1 + len(STEPS)
