"""Home remembers projects, and a broken memory is an empty one."""

from __future__ import annotations

import shutil
from pathlib import Path

from studio.core.events import Finished, Started, Stepped
from studio.services import preferences, projects, recents, results, runs
from studio.services.preferences import Preferences
from studio.services.projects import Project
from tests.services.making import write_run


def test_the_newest_project_comes_first_and_each_once(tmp_path: Path) -> None:
    for name in ("one", "two", "one"):
        folder = tmp_path / name
        project = projects.open_project(folder) if folder.exists() else projects.create(folder)
        recents.remember(project)
        project.close()
    assert [entry.name for entry in recents.recent_projects()] == ["one", "two"]


def test_a_card_shows_how_the_last_run_went(project: Project) -> None:
    steps = [Stepped(step=step, metrics={"loss": 3.0 - step / 100}) for step in range(1, 201)]
    write_run(project, "run-1", Started(pid=1, process_started=1.0, task="train"), *steps, Finished(step=200))
    runs.sync(project)
    verdict = {"id": "better", "sentence": "It answers better now."}
    results.take_evaluation(project, {"run": "run-1", "split": "test", "verdict": verdict})
    recents.remember(project)
    (entry,) = recents.recent_projects()
    assert (entry.state, entry.verdict_id, entry.sentence) == ("finished", "better", "It answers better now.")
    assert 50 <= len(entry.train) <= 120 and entry.train[0] > entry.train[-1]


def test_a_project_that_is_gone_is_marked_and_can_be_forgotten(project: Project) -> None:
    recents.remember(project)
    project.close()
    shutil.rmtree(project.paths.folder)
    (entry,) = recents.recent_projects()
    assert entry.missing
    recents.forget(entry.folder)
    assert recents.recent_projects() == []


def test_a_damaged_memory_is_an_empty_one(project: Project, own_studio_folder: Path) -> None:
    recents.remember(project)
    preferences.save(Preferences(theme="dark"))
    (own_studio_folder / "recent.json").write_text("[{")
    (own_studio_folder / "preferences.json").write_text("nonsense")
    assert recents.recent_projects() == []
    assert preferences.load() == Preferences()


def test_preferences_are_kept(own_studio_folder: Path) -> None:
    preferences.save(Preferences(theme="dark", expert=True))
    assert preferences.load().theme == "dark"
    assert preferences.load().expert
