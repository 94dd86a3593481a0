"""The window is killed while it trains: the worker goes on, and whoever opens the project next takes the run up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.core.paths import program_root
from studio.core.run import RunSummary
from studio.services import projects, runs
from studio.services.projects import Project
from studio.worker import client
from tests.tiny import build_project, config_for

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from studio.ui import application

app = application.make_application()
window = application.make_window()
window.show()
session = window.session
session.opened.connect(session.run.start)
session.failed.connect(lambda page, error: print("FAILED", error, flush=True))


def look():
    run = session.state.facts.run if session.state else None
    if run and run.step >= 3:
        print("TRAINING", flush=True)


timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
session.open_project(Path(sys.argv[1]))
app.exec()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = projects.create(tmp_path / "project")
    build_project(made.paths.folder)
    config = config_for(made.paths.folder / "model", epochs=25, batch_size=4, evaluate_every=50, patience=0)
    made.store.keep(1, "A short run", config.to_json())
    made.close()
    return made.paths.folder


def newest(project: Project) -> RunSummary:
    runs.sync(project)
    return runs.summaries(project)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
def test_training_goes_on_when_the_window_is_killed_and_is_taken_up_again(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(program_root()), os.environ.get("PYTHONPATH", "")])}
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert window.stdout
    try:
        assert window.stdout.readline().strip() == "TRAINING"
        held = projects.open_project(folder)
        assert not held.writable
        held.close()
    finally:
        window.send_signal(signal.SIGKILL)
        window.wait(10)
        window.stdout.close()

    project = projects.open_project(folder)
    try:
        assert project.writable
        run = newest(project)
        assert run.state == "running"
        assert client.is_alive(runs.folder(project, run.id))
        end = time.monotonic() + 60
        while newest(project).state == "running" or client.is_alive(runs.folder(project, run.id)):
            assert time.monotonic() < end
            time.sleep(0.1)
        run = newest(project)
        assert (run.state, run.step) == ("finished", run.steps)
        steps = [step for step, _ in runs.series(project, run.id)["train.loss"]]
        assert steps == list(range(1, run.steps + 1))
    finally:
        project.close()
