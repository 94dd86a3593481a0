"""A real window with its own session, a prepared project to open, and a model folder that needs no torch to read."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from studio.core.config import edit
from studio.core.run import ACTIVE
from studio.services import datasets, jobs, models, preferences, projects, recents, runs
from studio.ui import application
from studio.ui.main_window import MainWindow
from tests.tiny import build_model
from tests.ui.window.living import until
from tests.ui.window.making import write_model, write_table

# A run of a second or two, with checks on the way.
SHORT = {
    "train.steps": 12,
    "train.learning_rate": 1e-2,
    "train.max_length": 64,
    "train.evaluate_every": 4,
    "train.patience": 0,
    "train.samples": ["Is it free?"],
    "train.threads": 1,
    "train.device": "cpu",
}


@pytest.fixture(scope="session")
def app() -> QApplication:
    return application.make_application()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where projects of this test go; nothing of an earlier test is remembered."""
    folder = tmp_path / "projects"
    preferences.save(preferences.Preferences(projects_folder=str(folder), theme="light", knows_training_goes_on=True))
    for project in recents.recent_projects():
        recents.forget(project.folder)
    return folder


@pytest.fixture
def window(app: QApplication, home: Path) -> Iterator[MainWindow]:
    opened = application.make_window()
    opened.resize(1280, 828)
    opened.show()
    opened.activateWindow()
    app.processEvents()
    yield opened
    opened.close()
    opened.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("files") / "visitors.csv")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "small-writer")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, table: Path) -> Path:
    """A project whose file is brought in and prepared, made once by the real services."""
    folder = tmp_path_factory.mktemp("prepared") / "Help desk"
    with closing(projects.create(folder)) as project:
        imported = jobs.wait(datasets.import_files(project, [table]))
        config = datasets.take_import(project, imported, project.config())
        config = edit(config, {"data.prepared": jobs.wait(datasets.prepare(project, config))["prepared"]})
        project.store.keep(1, "Bring in visitors.csv", config.to_json())
    return folder


@pytest.fixture
def opened(window: MainWindow, prepared: Path, tmp_path: Path) -> MainWindow:
    """The window with a copy of the prepared project, on its Data page."""
    folder = tmp_path / "Help desk"
    shutil.copytree(prepared, folder)
    window.session.open_project(folder)
    until(lambda: window.current_page() == "data" and window.session.state is not None)
    return window


@pytest.fixture
def ready(opened: MainWindow, model: Path) -> MainWindow:
    """The window with the prepared project and a model chosen: all that the later steps ask for."""
    opened.session.choose_model(model)
    until(lambda: bool(opened.session.state and opened.session.state.facts.cards))
    return opened


@pytest.fixture(scope="session")
def trainable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that can really be trained."""
    return build_model(tmp_path_factory.mktemp("trainable") / "tiny-writer")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, prepared: Path, trainable: Path) -> Path:
    """A project with a finished run, trained once by a real worker."""
    folder = tmp_path_factory.mktemp("trained") / "Help desk"
    shutil.copytree(prepared, folder)
    project = projects.open_project(folder)
    config = edit(project.config(), {"model": models.section_of(trainable, folder).model_dump(mode="json"), **SHORT})
    project.store.keep(2, "Choose a model", config.to_json())
    runs.start(project, config)
    while runs.summaries(project)[0].state in ACTIVE:
        runs.sync(project)
        time.sleep(0.1)
    assert runs.summaries(project)[0].state == "finished"
    project.close()
    return folder


@pytest.fixture
def finished(window: MainWindow, trained: Path, tmp_path: Path) -> MainWindow:
    """The window with a copy of the project whose run has ended."""
    folder = tmp_path / "Help desk"
    shutil.copytree(trained, folder)
    window.session.open_project(folder)
    until(lambda: bool(window.session.state and window.session.state.facts.runs))
    return window
