"""A run that somebody else starts, on another computer: the window waits for it and follows it by its folder."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path

from PySide6.QtWidgets import QLabel

from studio.core.events import Evaluated, Finished, Started, Stepped
from studio.services import projects, runs
from studio.ui.main_window import MainWindow
from studio.worker import client
from studio.worker.run_folder import LineWriter, RunFolder
from tests.ui.window.living import state, until


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def planned(window: MainWindow, trained: Path, folder: Path) -> RunFolder:
    """The window with a project in which a second run was made for a scheduler."""
    shutil.copytree(trained, folder)
    with closing(projects.open_project(folder)) as project:
        run = runs.folder(project, runs.make(project, runs.folder(project, "run-1").config()))
    window.session.open_project(folder)
    until(lambda: bool(window.session.state and len(window.session.state.facts.runs) == 2))
    return run


def tell(run: RunFolder, *events) -> None:
    """What a worker on another computer writes into the folder that both see."""
    note = run.paths.folder / client.PID_FILE
    note.write_text(f"{os.getpid()} 1.0 another-computer")
    with LineWriter(run.paths.events) as writer:
        for event in events:
            writer.append(event)


def test_a_run_for_a_scheduler_is_waited_for_and_followed(window: MainWindow, trained: Path, tmp_path: Path) -> None:
    run = planned(window, trained, tmp_path / "Help desk")
    page = window.show_step("train")
    until(lambda: "To be started elsewhere" in said(page))
    assert [each.state for each in state(window).facts.runs] == ["planned", "finished"]
    losses = [Stepped(step=step, metrics={"loss": 3.0 / step}) for step in range(1, 5)]
    tell(run, Started(pid=1, process_started=1.0, task="train", steps=8, device="cuda"), *losses)
    until(lambda: state(window).facts.runs[0].state == "running")
    until(lambda: "Step 4 of 8" in said(page))
    tell(run, Evaluated(step=4, metrics={"loss": 0.5}, best=True), Finished(step=4, reason="completed", result={}))
    until(lambda: state(window).facts.runs[0].state == "finished")
    assert "To be started elsewhere" not in said(page)
