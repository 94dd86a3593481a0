"""A project is a folder with one writer; who may not write may look, and is told who writes."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from studio.core.config import RunConfig
from studio.core.problem import StudioError
from studio.services import projects
from studio.services.projects import Project
from studio.store.migrations import MIGRATIONS
from tests.services.making import held_by_another, write_run


def test_a_new_project_opens_again_as_it_was(tmp_path: Path) -> None:
    made = projects.create(tmp_path / "Visitor letters", goal="translate", name="Letters")
    made.close()
    again = projects.open_project(tmp_path / "Visitor letters")
    assert (again.name, again.goal, again.writable) == ("Letters", "translate", True)
    again.close()


def test_a_folder_that_holds_something_is_never_made_a_project(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear museum")
    with pytest.raises(StudioError) as refusal:
        projects.create(tmp_path)
    assert refusal.value.id == "folder-not-empty"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_below_a_file_can_not_hold_a_project(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear museum")
    with pytest.raises(StudioError) as refusal:
        projects.create(tmp_path / "letter.txt" / "project")
    assert refusal.value.id == "not-writable"


def test_a_folder_without_a_project_is_told_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as refusal:
        projects.open_project(tmp_path)
    assert refusal.value.id == "not-a-project"
    assert list(tmp_path.iterdir()) == []


def test_the_second_opener_reads_and_says_who_writes(project: Project) -> None:
    project.close()
    with held_by_another(project.paths.folder) as pid:
        second = projects.open_project(project.paths.folder)
        assert not second.writable
        assert second.config() == RunConfig()
        with pytest.raises(StudioError) as refusal:
            second.require_writable()
        assert refusal.value.id == "project-held"
        assert str(pid) in refusal.value.happened
        second.close()
    third = projects.open_project(project.paths.folder)
    assert third.writable
    third.close()


def test_looking_at_a_project_never_takes_its_lock(project: Project) -> None:
    project.close()
    looker = projects.open_project(project.paths.folder, write=False)
    with held_by_another(project.paths.folder):
        assert not looker.writable
    looker.close()


def test_a_folder_that_may_not_be_written_to_is_read_and_nobody_is_blamed(project: Project) -> None:
    """The lock can't be made: as on a read-only disk, which a test can't count on being able to make."""
    project.close()
    project.paths.lock.unlink()
    project.paths.lock.mkdir()
    reader = projects.open_project(project.paths.folder)
    assert not reader.writable
    with pytest.raises(StudioError) as refusal:
        reader.require_writable()
    assert refusal.value.id == "project-read-only"
    reader.close()


def test_a_holder_long_gone_is_not_named_where_the_folder_is_read_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.close()
    assert project.paths.lock.read_bytes()

    def refuse(lock: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(projects.FolderLock, "take", refuse)
    reader = projects.open_project(project.paths.folder)
    with pytest.raises(StudioError) as refusal:
        reader.require_writable()
    assert refusal.value.id == "project-read-only"
    reader.close()


def test_a_newer_project_is_refused_and_its_database_is_untouched(project: Project) -> None:
    project.close()
    connection = sqlite3.connect(project.paths.database)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = hashlib.sha256(project.paths.database.read_bytes()).hexdigest()
    for write in (True, False):
        with pytest.raises(StudioError) as refusal:
            projects.open_project(project.paths.folder, write=write)
        assert refusal.value.id == "project-too-new"
    assert hashlib.sha256(project.paths.database.read_bytes()).hexdigest() == before


def test_a_refused_project_is_not_kept_locked(project: Project) -> None:
    project.close()
    connection = sqlite3.connect(project.paths.database)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StudioError):
        projects.open_project(project.paths.folder)
    connection = sqlite3.connect(project.paths.database)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.close()
    with held_by_another(project.paths.folder):
        pass


def test_a_moved_project_is_the_same_project(project: Project, tmp_path: Path) -> None:
    write_run(project, "run-1")
    project.close()
    moved = Path(shutil.move(project.paths.folder, tmp_path / "elsewhere" / "renamed"))
    again = projects.open_project(moved)
    assert [row["id"] for row in again.store.runs()] == ["run-1"]
    assert again.writable
    again.close()


def test_a_name_becomes_a_folder_that_every_system_can_make(tmp_path: Path) -> None:
    assert projects.new_folder(tmp_path, 'What? "Letters": a/b').name == "What Letters a b"
    (tmp_path / "Letters").mkdir()
    assert projects.new_folder(tmp_path, "Letters").name == "Letters 2"
    assert projects.new_folder(tmp_path, "...").name == "Project"
    assert projects.new_folder(tmp_path, "nul").name == "Project nul"


def test_disk_use_counts_every_part(project: Project) -> None:
    run = write_run(project, "run-1")
    (run.paths.folder / "weights").write_bytes(bytes(5000))
    (project.paths.data / "a.parquet").write_bytes(bytes(300))
    (project.paths.trash / "old").write_bytes(bytes(20))
    used = projects.disk_use(project)
    assert (used.data, used.trash, used.exports) == (300, 20, 0)
    assert used.runs["run-1"] > 5000
    assert used.total == used.data + used.trash + used.cache + used.exports + used.runs["run-1"]
