"""Two append-only files connect worker and studio; a torn line is never acted on."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.config import RunConfig
from studio.core.events import AnyEvent, Failed, Finished, Pause, Started, Stepped, Stop
from studio.worker import client
from studio.worker.lock import FolderLock
from studio.worker.run_folder import LineWriter, RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run-1", "train", {"project": "x"}, RunConfig())


def write(run: RunFolder, *events: AnyEvent) -> None:
    with LineWriter(run.paths.events) as writer:
        for event in events:
            writer.append(event)


def test_a_run_keeps_its_task_and_config(run: RunFolder) -> None:
    assert run.task() == ("train", {"project": "x"})
    assert run.config() == RunConfig()


def test_a_folder_is_never_made_twice(run: RunFolder) -> None:
    with pytest.raises(FileExistsError):
        RunFolder.create(run.paths.folder, "train")


def test_events_are_numbered_and_read_once(run: RunFolder) -> None:
    reader = run.event_reader()
    write(run, Stepped(step=1, metrics={"loss": 2.0}))
    assert [event.n for event in reader.read()] == [0]
    write(run, Stepped(step=2, metrics={"loss": 1.0}))
    assert [event.n for event in reader.read()] == [1]
    assert reader.read() == []


def test_reading_goes_on_from_an_offset(run: RunFolder) -> None:
    reader = run.event_reader()
    write(run, Stepped(step=1, metrics={}))
    reader.read()
    write(run, Stepped(step=2, metrics={}))
    assert [event.n for event in run.event_reader(reader.offset).read()] == [1]


def test_a_torn_last_line_is_not_read_and_is_cut_by_the_next_writer(run: RunFolder) -> None:
    write(run, Stepped(step=1, metrics={"loss": 2.0}))
    with run.paths.events.open("ab") as file:
        file.write(b'{"event": "stepped", "st')
    assert len(run.events()) == 1
    write(run, Stepped(step=2, metrics={"loss": 1.0}))
    assert [(event.n, event.step) for event in run.events() if isinstance(event, Stepped)] == [(0, 1), (1, 2)]


def test_a_number_that_is_none_comes_back_as_none_never_as_nan(run: RunFolder) -> None:
    write(run, Stepped(step=1, metrics={"loss": float("nan"), "speed": None}))
    assert b"NaN" not in run.paths.events.read_bytes()
    (event,) = run.events()
    assert isinstance(event, Stepped)
    assert event.metrics == {"loss": None, "speed": None}


def test_commands_reach_the_other_side_in_order(run: RunFolder) -> None:
    reader = run.command_reader()
    run.command(Pause())
    run.command(Stop())
    assert [command.command for command in reader.read()] == ["pause", "stop"]


def test_how_a_run_ended_is_its_newest_workers_word(run: RunFolder) -> None:
    started = Started(pid=1, process_started=0.0, task="train")
    write(run, started)
    assert run.ended() is None
    write(run, Finished(reason="stopped"))
    assert isinstance(run.ended(), Finished)
    write(run, started)
    assert run.ended() is None


def test_a_worker_without_a_task_it_knows_fails_in_words(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "job", "no-such-task")
    client.start(run)
    end = client.wait(run)
    assert isinstance(end, Failed)
    assert (end.id, end.bug) == ("unknown-task", False)


def test_a_worker_that_can_not_even_start_is_told_as_failed(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "job", "prepare")
    run.paths.task.unlink()
    client.start(run)
    end = client.wait(run)
    assert isinstance(end, Failed)
    assert end.id in ("worker-died", "file-gone")


def test_a_second_worker_in_a_folder_does_nothing(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "job", "no-such-task")
    with FolderLock(run.paths.folder / "worker.lock") as lock:
        assert lock.held
        client.start(run)
        client.wait(run)
        assert run.events() == []
    assert "another worker" in run.log_tail()


def test_a_lock_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    assert first.take()
    assert not second.take()
    assert second.holder().split()[0].isdigit()
    first.release()
    assert second.take()
    second.release()
