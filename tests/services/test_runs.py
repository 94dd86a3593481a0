"""What workers say reaches the database once; a worker that dies is told; who may not write reads the folder."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from studio.core.config import RunConfig
from studio.core.events import (
    CheckpointSaved,
    Evaluated,
    Failed,
    Finished,
    Paused,
    Resumed,
    Sampled,
    Started,
    Stepped,
)
from studio.core.problem import StudioError
from studio.core.run import RunSummary
from studio.services import following, projects, runs
from studio.services.projects import Project
from studio.worker import client
from studio.worker.pulse import Pulse
from studio.worker.run_folder import RunFolder
from tests.services.making import say, write_run

BEGUN = Started(pid=1, process_started=1.0, task="train", steps=4)
RESULT = {"best_step": 2, "train": {"loss": 1.4, "perplexity": 4.1}, "validation": {"loss": 1.5, "perplexity": 4.5}}
WHOLE = (
    BEGUN,
    Stepped(step=1, metrics={"loss": 2.0, "gradient_norm": None}),
    Stepped(step=2, metrics={"loss": 1.8}),
    Evaluated(step=2, metrics={"loss": 1.5}, best=True),
    Sampled(step=2, prompt="When?", text="At ten."),
    CheckpointSaved(step=2, path="checkpoints/2", best=True),
    Stepped(step=3, metrics={"loss": 1.6}),
    Evaluated(step=3, metrics={"loss": 1.7}),
    Finished(step=3, reason="early-stop", result=RESULT),
)


def only(project: Project) -> RunSummary:
    (summary,) = runs.summaries(project)
    return summary


def test_a_run_s_story_stands_in_the_database(project: Project) -> None:
    write_run(project, "run-1", *WHOLE)
    assert len(runs.sync(project)["run-1"]) == len(WHOLE)
    summary = only(project)
    assert (summary.state, summary.step, summary.steps, summary.best_step) == ("finished", 3, 4, 2)
    assert (summary.train.loss, summary.validation.loss) == (1.6, 1.5)
    assert runs.series(project, "run-1")["train.loss"] == [(1, 2.0), (2, 1.8), (3, 1.6)]
    assert runs.samples(project, "run-1") == [(2, "When?", "At ten.")]


def test_a_value_that_was_not_measured_is_no_point_of_a_curve(project: Project) -> None:
    write_run(project, "run-1", *WHOLE)
    runs.sync(project)
    assert "gradient_norm" not in runs.series(project, "run-1")


def test_copying_twice_changes_nothing(project: Project) -> None:
    write_run(project, "run-1", *WHOLE)
    runs.sync(project)
    rows, summary = project.store.metrics("run-1"), only(project)
    project.store.update_run("run-1", copied=0, state="running")
    runs.sync(project)
    assert project.store.metrics("run-1") == rows
    assert only(project) == summary
    assert runs.sync(project) == {}


def test_each_event_is_news_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(project, "run-1", *WHOLE[:3])
    monkeypatch.setattr(runs.client, "is_alive", lambda run: True)
    assert [event.event for event in runs.sync(project)["run-1"]] == ["started", "stepped", "stepped"]
    say(run, *WHOLE[3:])
    assert [event.event for event in runs.sync(project)["run-1"]] == [event.event for event in WHOLE[3:]]
    assert runs.series(project, "run-1")["train.loss"] == [(1, 2.0), (2, 1.8), (3, 1.6)]


def test_a_worker_that_died_without_a_word_is_told_as_failed(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE[:3])
    run.paths.log.write_text("the last thing it said\n")
    assert isinstance(runs.sync(project)["run-1"][-1], Failed)
    failed = runs.failure(project, "run-1")
    assert only(project).state == "failed"
    assert failed and failed.id == "worker-died" and "the last thing it said" in failed.detail
    assert failed.data and failed.remedy
    assert runs.sync(project) == {}


def test_a_torn_last_line_is_neither_copied_nor_skipped_later(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(project, "run-1", *WHOLE[:2])
    monkeypatch.setattr(runs.client, "is_alive", lambda run: True)
    with run.paths.events.open("ab") as file:
        file.write(b'{"event":"stepped","step":2')
    runs.sync(project)
    with run.paths.events.open("ab") as file:
        file.write(b',"metrics":{"loss":1.8},"n":2}\n')
    runs.sync(project)
    assert runs.series(project, "run-1")["train.loss"] == [(1, 2.0), (2, 1.8)]


def test_pausing_and_resuming_are_states(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(project, "run-1", BEGUN, Paused(step=1))
    monkeypatch.setattr(runs.client, "is_alive", lambda run: True)
    runs.sync(project)
    assert only(project).state == "paused"
    say(run, Resumed(step=1))
    runs.sync(project)
    assert only(project).state == "running"


def test_a_run_whose_row_is_lost_is_taken_in_from_its_folder(project: Project) -> None:
    write_run(project, "run-1", *WHOLE)
    project.store.db.table("runs").delete("run-1")
    runs.sync(project)
    assert only(project).state == "finished"


@pytest.mark.parametrize("id", ["run-9", "../run-1", "", "."])
def test_a_run_that_is_not_there_is_told(project: Project, id: str) -> None:
    write_run(project, "run-1", *WHOLE)
    with pytest.raises(StudioError) as refusal:
        runs.folder(project, id)
    assert refusal.value.id == "run-missing"


def test_only_a_running_worker_can_be_steered(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE)
    for steer in (runs.pause, runs.stop, runs.evaluate_now):
        with pytest.raises(StudioError) as refusal:
            steer(project, "run-1")
        assert refusal.value.id == "run-not-running"
    assert not run.paths.commands.exists()


def test_a_finished_run_is_not_resumed(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE)
    runs.sync(project)
    runs.resume(project, "run-1")
    assert len(run.events()) == len(WHOLE)
    assert only(project).state == "finished"


def test_a_deleted_run_comes_back_whole_and_its_number_is_not_given_again(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE)
    runs.sync(project)
    before = only(project)
    runs.delete(project, "run-1")
    assert (runs.summaries(project), runs.deleted(project), run.paths.folder.exists()) == ((), ["run-1"], False)
    runs.restore(project, "run-1")
    assert only(project) == before
    assert len(run.events()) == len(WHOLE)


def test_emptying_the_trash_is_for_good(project: Project) -> None:
    write_run(project, "run-1", *WHOLE)
    runs.sync(project)
    runs.delete(project, "run-1")
    runs.empty_trash(project)
    assert runs.deleted(project) == []
    assert list(project.paths.trash.iterdir()) == []


# --------------------------------------------------------------------------------- from the folder alone


def test_the_folder_tells_the_same_as_the_database(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE)
    runs.sync(project)
    known = following.told(run)
    kept = only(project)
    for name in ("id", "state", "step", "steps", "model", "method", "train", "validation", "best_step", "reason"):
        assert getattr(known.summary, name) == getattr(kept, name), name
    assert [split.loss for split in following.losses(known)] == [1.4, 1.5]


def test_who_may_only_read_sees_what_the_database_has_not_heard(project: Project) -> None:
    write_run(project, "run-1", *WHOLE)
    reader = projects.open_project(project.paths.folder, write=False)
    assert runs.summaries(reader)[0].state == "waiting"
    assert following.summaries(reader)[0].state == "finished"
    reader.close()


def test_a_run_that_is_about_to_start_is_neither_dead_nor_failed(project: Project) -> None:
    run = write_run(project, "run-1")
    assert following.told(run).summary.state == "planned"
    works_elsewhere(run)
    assert following.told(run).summary.state == "waiting"


def test_a_resumed_run_that_has_not_spoken_yet_is_not_called_stopped(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(project, "run-1", *WHOLE[:3], Finished(step=2, reason="stopped", result=RESULT))
    assert following.told(run).summary.state == "stopped"
    monkeypatch.setattr(following.client, "is_alive", lambda run: True)
    assert following.told(run).summary.state == "waiting"
    assert following.told(run).result == {}


def test_news_end_with_the_end_and_are_not_told_twice(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE)
    assert [event.event for event in following.news(run)] == [event.event for event in WHOLE]
    assert list(following.news(run, following.place(run))) == []


def test_news_of_a_worker_that_died_end_with_its_death(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE[:2])
    last = list(following.news(run))[-1]
    assert isinstance(last, Failed) and last.id == "worker-died"


def test_news_of_a_run_that_somebody_else_starts_later_are_waited_for(project: Project) -> None:
    run = RunFolder.create(project.paths.run("run-1").folder, "train", {}, RunConfig())
    starter = threading.Timer(0.3, say, (run, *WHOLE))
    starter.start()
    assert [event.event for event in following.news(run)] == [event.event for event in WHOLE]
    starter.join()


# ------------------------------------------------------------------------------------- started elsewhere


def works_elsewhere(run: RunFolder, *, seconds_ago: float = 0.0) -> None:
    """What a worker on another computer leaves in the folder."""
    note = run.paths.folder / client.PID_FILE
    note.write_text(f"{os.getpid()} 1.0 another-computer")
    then = time.time() - seconds_ago
    os.utime(note, (then, then))


def test_a_run_made_for_a_scheduler_waits_until_it_is_started(project: Project) -> None:
    id = runs.make(project, RunConfig())
    assert runs.sync(project) == {}
    assert only(project).state == following.told(runs.folder(project, id)).summary.state == "planned"
    works_elsewhere(runs.folder(project, id))
    say(runs.folder(project, id), *WHOLE[:3])
    assert following.summaries(project)[0].state == "running"
    assert len(runs.sync(project)[id]) == 3
    assert (only(project).state, only(project).step) == ("running", 2)


def test_a_worker_elsewhere_that_no_longer_shows_a_sign_of_life_is_told_as_dead(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE[:3])
    works_elsewhere(run)
    runs.sync(project)
    assert only(project).state == "running"
    works_elsewhere(run, seconds_ago=600)
    runs.sync(project)
    failure = runs.failure(project, "run-1")
    assert failure and failure.id == "worker-died"


def test_a_run_that_a_scheduler_starts_again_is_followed_again(project: Project) -> None:
    run = write_run(project, "run-1", *WHOLE[:3])
    works_elsewhere(run, seconds_ago=600)
    runs.sync(project)
    assert only(project).state == "failed"
    works_elsewhere(run)
    say(run, BEGUN, *WHOLE[3:7])
    runs.sync(project)
    assert (only(project).state, only(project).step) == ("running", 3)
    assert runs.failure(project, "run-1") is None
    say(run, *WHOLE[7:])
    runs.sync(project)
    assert (only(project).state, only(project).reason) == ("finished", "early-stop")


def test_who_works_in_a_folder_shows_it_until_the_end(project: Project) -> None:
    run = RunFolder.create(project.paths.run("run-1").folder, "train", {}, RunConfig())
    assert not client.begun(run) and not client.is_alive(run)
    with Pulse(run):
        note = run.paths.folder / client.PID_FILE
        assert client.begun(run) and client.is_alive(run)
        assert note.read_text().split()[::2] == [str(os.getpid()), socket.gethostname()]
        note.write_text(note.read_text().replace(socket.gethostname(), "another-computer"))
        assert client.is_alive(run)
    assert not client.is_alive(run)


def test_a_folder_that_is_no_run_is_not_listed(project: Project) -> None:
    (project.paths.runs / "notes").mkdir()
    (project.paths.runs / "broken").mkdir()
    (project.paths.runs / "broken" / "run.json").write_text("{")
    write_run(project, "run-1", *WHOLE)
    assert [run.id for run in following.summaries(project)] == ["run-1"]
