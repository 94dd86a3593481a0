"""The project's database keeps what it is told, once, and refuses what it does not know."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from studio.core.problem import StudioError
from studio.store.migrations import MIGRATIONS
from studio.store.project_store import ProjectStore


@pytest.fixture
def store(tmp_path: Path):
    opened = ProjectStore(tmp_path / "project.db")
    yield opened
    opened.close()


def metric(step: int, value: float) -> dict[str, object]:
    return {"run": "r1", "step": step, "name": "train.loss", "value": value}


def test_events_copied_twice_change_nothing(store: ProjectStore) -> None:
    store.add_run("r1", "{}", 1.0)
    rows = [metric(1, 2.0), metric(2, 1.5)]
    for _ in range(2):
        store.copy_events("r1", {"step": 2, "copied": 2}, rows, [])
    assert [(row["step"], row["value"]) for row in store.metrics("r1")] == [(1, 2.0), (2, 1.5)]


def test_a_failed_copy_leaves_nothing_behind(store: ProjectStore) -> None:
    store.add_run("r1", "{}", 1.0)
    with pytest.raises(sqlite3.Error):
        store.copy_events("r1", {"no_such_column": 1}, [metric(1, 2.0)], [])
    assert store.metrics("r1") == []


def test_undone_states_are_forgotten_when_a_new_one_is_kept(store: ProjectStore) -> None:
    for position, label in enumerate(["first", "second", "third"]):
        store.keep(position, label, "{}")
    store.keep(1, "other", "{}")
    assert [row["label"] for row in store.history()] == ["first", "other"]
    assert store.position() == 1


def test_runs_are_numbered_in_order(store: ProjectStore) -> None:
    assert [store.add_run(id, "{}", 0.0) for id in ("a", "b")] == [1, 2]
    assert [row["id"] for row in store.runs()] == ["b", "a"]


def test_a_project_of_a_newer_program_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "project.db"
    ProjectStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    for writable in (True, False):
        with pytest.raises(StudioError) as refusal:
            ProjectStore(path, writable=writable)
        assert refusal.value.id == "project-too-new"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "project.db"
    path.write_text("this is a letter, not a database, and it is long enough to be looked at" * 20)
    with pytest.raises(StudioError) as refusal:
        ProjectStore(path)
    assert refusal.value.id == "project-damaged"


def test_a_project_of_the_first_version_keeps_opening(tmp_path: Path) -> None:
    """The file beside this test was written when a project had one table fewer; it must open for ever."""
    path = tmp_path / "project.db"
    connection = sqlite3.connect(path)
    connection.executescript((Path(__file__).parent / "project-version-1.sql").read_text())
    connection.close()
    store = ProjectStore(path)
    assert store.get("name") == "Museum help desk"
    assert [(row["id"], row["state"]) for row in store.runs()] == [("20261101-1", "finished")]
    assert store.metrics("20261101-1")[0]["value"] == pytest.approx(2.25)
    assert store.results("evaluations") == []
    store.close()
