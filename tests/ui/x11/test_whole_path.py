"""A real window on a real X screen, from Home to a verified export, with real clicks and keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QLineEdit

from studio.services import preferences
from studio.ui import application
from studio.ui.main_window import MainWindow
from studio.ui.session import State
from tests.ui.x11.robot import Robot

pytestmark = [pytest.mark.x11, pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    preferences.save(preferences.load().model_copy(update={"projects_folder": str(tmp_path / "projects")}))
    application.make_application()
    opened = application.make_window()
    opened.resize(1280, 800)
    opened.show()
    yield opened
    opened.close()
    opened.session.close()


def state(window: MainWindow) -> State:
    assert window.session.state is not None
    return window.session.state


def run_state(window: MainWindow) -> str:
    run = state(window).facts.run
    return run.state if run else ""


def test_from_home_to_a_verified_export(window: MainWindow) -> None:
    person = Robot(window)
    person.until(lambda: window.windowHandle() is not None and window.windowHandle().isExposed(), "the window")
    person.press(QAbstractButton, "Try the sample")
    person.until(lambda: window.session.state and state(window).facts.report, "the sample to be prepared")
    assert window.current_page() == "data"

    person.press(QAbstractButton, "See what it learns")
    person.press(QAbstractButton, "Next: Model")
    assert window.current_page() == "model"
    person.keys("ctrl+3")
    assert window.current_page() == "method"
    person.keys("ctrl+4")
    assert window.current_page() == "settings"

    epochs = person.find(QAbstractSpinBox, "Times through the data")
    person.click(epochs.findChild(QLineEdit) or epochs)
    person.keys("ctrl+a")
    person.type("1")
    person.keys("Tab")
    person.until(lambda: state(window).config.train.epochs == 1, "one time through the data")
    person.keys("ctrl+z")
    person.until(lambda: state(window).config.train.epochs > 1, "undo by the keyboard")
    person.keys("ctrl+shift+z")
    person.until(lambda: state(window).config.train.epochs == 1, "redo by the keyboard")

    person.press(QAbstractButton, "Next: Train")
    assert window.current_page() == "train"
    person.press(QAbstractButton, "Start training")
    person.until(lambda: run_state(window) == "running", "training to run", 90)
    person.press(QAbstractButton, "Pause")
    person.until(lambda: run_state(window) == "paused", "the pause")
    person.press(QAbstractButton, "Resume")
    person.until(lambda: run_state(window) in ("finished", "failed"), "training to end", 300)
    assert run_state(window) == "finished"

    person.press(QAbstractButton, "Next: Evaluate")
    assert window.current_page() == "evaluate"
    person.press(QAbstractButton, "Measure on the sealed test")
    person.until(lambda: state(window).facts.evaluations, "the verdict", 120)
    (verdict,) = state(window).facts.evaluations
    assert verdict.verdict_id == "better"
    assert verdict.after.perplexity and verdict.before.perplexity
    assert verdict.after.perplexity < verdict.before.perplexity

    person.press(QAbstractButton, "Next: Share")
    assert window.current_page() == "share"
    person.press(QAbstractButton, "Export")
    person.until(lambda: state(window).facts.exports, "the export", 120)
    (export,) = state(window).facts.exports
    assert export.check["ok"] is True
    assert json.loads((export.folder / "certificate.json").read_text())["check"]["ok"] is True
