"""The dialogs: preferences that hold at once, disk use, the log, shortcuts, About, and our own faults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel

from studio.core.paths import RunPaths
from studio.core.problem import StudioError
from studio.services import preferences
from studio.ui import crash
from studio.ui.dialogs.about import AboutDialog, promises
from studio.ui.dialogs.crash import CrashDialog
from studio.ui.dialogs.disk import DiskDialog
from studio.ui.dialogs.log import LogDialog
from studio.ui.dialogs.preferences import PreferencesDialog
from studio.ui.dialogs.shortcuts import ShortcutsDialog
from studio.ui.theme import tokens
from studio.worker.run_folder import RunFolder
from tests.ui.window.living import button, click, live, press, state, until


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def shown(window, kind):
    until(lambda: any(each.isVisible() for each in window.findChildren(kind)))
    return next(each for each in window.findChildren(kind) if each.isVisible())


def test_preferences_hold_at_once_and_are_kept(window):
    window.commands.do("preferences")
    dialog = shown(window, PreferencesDialog)
    dialog.theme.changed.emit("dark")
    assert tokens().dark
    dialog.theme.changed.emit("light")
    assert not tokens().dark
    click(dialog.expert)
    assert window.top.level.current() == "expert"
    dialog.keep.setValue(5)
    until(lambda: preferences.load().keep_save_points == 5 and preferences.load().expert)
    press(dialog, Qt.Key.Key_Escape)
    live(0.05)
    assert not any(each.isVisible() for each in window.findChildren(PreferencesDialog))


def test_new_projects_keep_as_many_save_points_as_preferred(window, home):
    window.remembered.change(keep_save_points=7)
    window.session.new_project(folder=home / "new")
    until(lambda: window.session.state is not None)
    assert state(window).config.train.keep == 7


def test_what_was_changed_elsewhere_meanwhile_is_not_lost(window, model):
    from studio.services import models

    models.add_folder(model)
    window.remembered.change(expert=True)
    until(lambda: preferences.load().expert)
    assert preferences.load().model_folders == (str(model),)


def test_about_tells_versions_licence_and_every_promise(window):
    window.commands.do("about")
    dialog = shown(window, AboutDialog)
    for promise in promises():
        assert promise in said(dialog)
    assert "Apache License 2.0" in said(dialog)
    assert "Version 0.1.0" in said(dialog)


def test_the_shortcuts_are_those_of_the_menus(window):
    window.commands.do("shortcuts")
    text = said(shown(window, ShortcutsDialog))
    for words in ("Ctrl+O", "Open a project", "Ctrl+3", "Method", "F1", "Alt+Down in the table"):
        assert words in text


def test_a_run_is_deleted_brought_back_and_removed_for_good(opened):
    folder = state(opened).folder
    store = opened.session.project.store
    config = state(opened).config.to_json()
    run = RunPaths(folder / "runs" / "run-1")

    def make():
        RunFolder.create(run.folder, "train", {"project": str(folder)})
        (run.folder / "big.bin").write_bytes(bytes(200_000))
        store.add_run("run-1", config, 0.0)
        store.update_run("run-1", state="finished")

    opened.session.desk.call(make)
    opened.commands.do("disk")
    dialog = shown(opened, DiskDialog)
    until(lambda: "run-1" in said(dialog) or "Run 1" in said(dialog))
    dialog.delete("run-1")
    until(lambda: "Trash" in said(dialog))
    assert not run.folder.exists()
    dialog.restore("run-1")
    until(lambda: "Trash" not in said(dialog))
    assert (run.folder / "big.bin").is_file()
    dialog.delete("run-1")
    until(lambda: "Empty for good" in [each.text() for each in dialog.findChildren(QAbstractButton)])
    dialog.empty()
    until(lambda: not list((folder / "trash").iterdir()))
    until(lambda: "Trash" not in said(dialog))


def test_the_log_is_followed_and_copied(window):
    path = crash.log_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("first line\n")
    window.commands.do("log")
    dialog = shown(window, LogDialog)
    until(lambda: "first line" in dialog.text.toPlainText())
    path.write_text("first line\nsecond line\n")
    until(lambda: "second line" in dialog.text.toPlainText())
    click(button(dialog, "Copy all"))
    assert "second line" in QGuiApplication.clipboard().text()


def test_our_own_fault_shows_its_whole_report_and_saves_it(window, tmp_path):
    try:
        raise KeyError("output")
    except KeyError as error:
        report = crash.report_of(error, "Version 0")
    dialog = CrashDialog(report, window)
    dialog.open()
    assert dialog.text.toPlainText() == report
    assert "KeyError: 'output'" in report and "Version 0" in report
    click(dialog.copy_button)
    assert QGuiApplication.clipboard().text() == report
    dialog.save_to(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text() == report
    dialog.save_to(tmp_path / "nowhere" / "report.txt")
    assert dialog.save_button.text() == "Could not be saved there"
    dialog.close()


def test_a_report_names_no_home_folder():
    try:
        raise ValueError(f"{Path.home()}/letters/private.csv")
    except ValueError as error:
        assert str(Path.home()) not in crash.report_of(error, "")


def test_the_same_fault_is_shown_once(monkeypatch: pytest.MonkeyPatch):
    faults = []
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    told = []
    crash.install(faults.append, told.append)

    def fail():
        raise RuntimeError("again")

    for _ in range(3):
        try:
            fail()
        except RuntimeError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    assert len(faults) == 1 and not told


def test_the_worlds_fault_is_told_and_no_report_is_made(monkeypatch: pytest.MonkeyPatch):
    faults, told = [], []
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    crash.install(faults.append, told.append)
    error = StudioError("disk-full", "The disk is full.", data="Nothing is lost.", remedy="Free some room.")
    sys.excepthook(StudioError, error, None)
    assert told == [error] and not faults


def test_a_fault_in_the_window_goes_to_the_log_and_the_dialog(tmp_path):
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from studio.ui import application\n"
        "from studio.ui.dialogs.crash import CrashDialog\n"
        "def fail():\n"
        "    raise KeyError('a bug')\n"
        "def look():\n"
        "    dialogs = [w for w in QApplication.allWidgets() if isinstance(w, CrashDialog) and w.isVisible()]\n"
        "    print(len(dialogs), 'a bug' in dialogs[0].text.toPlainText(), flush=True)\n"
        "    QApplication.closeAllWindows()\n"
        "app = application.make_application()\n"
        "QTimer.singleShot(200, fail)\n"
        "QTimer.singleShot(700, look)\n"
        "sys.exit(application.main([]))\n"
    )
    import os

    environment = {**os.environ, "STUDIO_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout.strip() == "1 True", done.stderr
    log = (tmp_path / "logs" / "window.log").read_text()
    assert "window opens" in log and "a bug" in log


def test_dialogs_close_with_escape_and_have_names(window):
    for id, kind in (("preferences", PreferencesDialog), ("about", AboutDialog), ("shortcuts", ShortcutsDialog)):
        window.commands.do(id)
        dialog = shown(window, kind)
        assert dialog.accessibleName()
        press(dialog, Qt.Key.Key_Escape)
        live(0.05)
        assert not any(each.isVisible() for each in window.findChildren(kind))
