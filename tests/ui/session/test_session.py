"""The window's model of a project: files are brought in and prepared by children, and nothing is read here."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from studio.core.problem import StudioError
from studio.services import projects
from studio.ui.session import Session, State

ROWS = [
    (f"When does room {number} open?", f"Gladly: room {number} opens at {number % 12 + 1}.") for number in range(60)
]


@pytest.fixture(scope="module")
def app() -> QCoreApplication:
    return QApplication.instance() or QApplication([])


@pytest.fixture
def errors() -> list[StudioError]:
    return []


@pytest.fixture
def session(app: QCoreApplication, errors: list[StudioError]) -> Iterator[Session]:
    opened = Session()
    opened.failed.connect(lambda _, error: errors.append(error))
    yield opened
    opened.close()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "visitors.csv"
    path.write_text("question,answer\n" + "".join(f'"{q}","{a}"\n' for q, a in [*ROWS, ROWS[0], ("Empty?", "")]))
    return path


def until(met: Callable[[], Any], seconds: float = 30) -> None:
    """Let the window live until something holds."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not happen in time"
        QCoreApplication.processEvents()
        time.sleep(0.005)


def state(session: Session) -> State:
    assert session.state is not None
    return session.state


def prepared(session: Session) -> bool:
    return bool(session.state and session.state.facts.report and session.state.config.data.prepared)


def test_a_file_that_is_brought_in_is_prepared_without_asking(
    session: Session, errors: list[StudioError], table: Path, tmp_path: Path
) -> None:
    session.new_project(files=[table], folder=tmp_path / "project")
    until(lambda: prepared(session))
    now = state(session)
    assert now.config.data.roles == {"question": "prompt", "answer": "answer"}
    assert now.facts.datasets[0].rows_kept == 62
    report = now.facts.report
    assert report
    assert report.rows == report.train + report.validation + report.test == 60
    assert now.rail[0].state in ("done", "attention")
    assert errors == []


def test_undo_takes_a_change_of_the_recipe_back_and_a_restart_keeps_it(
    session: Session, table: Path, tmp_path: Path
) -> None:
    session.new_project(files=[table], folder=tmp_path / "project")
    until(lambda: prepared(session))
    before = state(session).config
    recipe = [step.model_dump(mode="json") for step in before.data.recipe]
    recipe[3]["on"] = False
    session.edit({"data.recipe": recipe}, "Keep duplicates")
    until(lambda: prepared(session) and state(session).facts.report.rows == 61)  # type: ignore[union-attr]
    assert state(session).can_undo == "Keep duplicates"
    session.undo()
    until(lambda: state(session).facts.report and state(session).facts.report.rows == 60)  # type: ignore[union-attr]
    assert state(session).config == before
    session.close_project()
    session.open_project(tmp_path / "project")
    until(lambda: session.state is not None)
    assert state(session).config == before
    assert state(session).can_redo == "Keep duplicates"


def test_a_project_that_another_holds_is_shown_and_taken_over_when_free(
    session: Session, errors: list[StudioError], tmp_path: Path
) -> None:
    other = projects.create(tmp_path / "project")
    session.open_project(tmp_path / "project")
    until(lambda: session.state is not None)
    assert state(session).read_only
    assert not session.edit({"train.epochs": 2}, "Change")
    assert errors[-1].id == "project-held"
    other.close()
    until(lambda: session.project is not None and session.project.writable)
    assert session.edit({"train.epochs": 2}, "Change")


def test_a_bad_file_is_told_on_its_page_and_nothing_changes(
    session: Session, errors: list[StudioError], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    session.new_project(files=[empty], folder=tmp_path / "project")
    until(lambda: errors)
    (error,) = errors
    assert error.happened
    assert error.remedy
    assert state(session).facts.datasets == ()


def test_no_file_is_opened_in_the_windows_thread(session: Session, table: Path, tmp_path: Path) -> None:
    opened: list[str] = []
    listening = True

    def hook(event: str, args: tuple[Any, ...]) -> None:
        touches = event in ("open", "sqlite3.connect", "os.listdir", "os.scandir", "subprocess.Popen")
        if listening and touches and threading.current_thread() is threading.main_thread():
            opened.append(f"{event} {args[0]}")

    loaded = set(sys.modules)
    sys.addaudithook(hook)
    session.new_project(files=[table], folder=tmp_path / "project")
    until(lambda: prepared(session))
    session.edit({"train.epochs": 2}, "Read twice")
    session.data.preview("train", 0, 5, "all", lambda _: None)
    until(lambda: session.jobs.running("preview") is None)
    session.undo()
    session.close_project()
    listening = False
    assert opened == []
    assert not {"tokenizers", "torch"} & (set(sys.modules) - loaded)
