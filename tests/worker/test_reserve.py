"""The worker in reserve: given up, dead, or not wanted, nothing is left behind and nothing fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from studio.core.events import Failed
from studio.services import jobs
from studio.worker import client
from studio.worker.reserve import Reserve
from studio.worker.run_folder import RunFolder


@pytest.fixture
def reserve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reserve]:
    made = Reserve()
    monkeypatch.setattr(client, "RESERVE", made)
    yield made
    waits = waiting(made)
    made.give_up()
    assert psutil.wait_procs(waits, 60)[1] == []


def waiting(reserve: Reserve) -> list[psutil.Process]:
    return [psutil.Process(reserve.pid)] if reserve.pid else []


@pytest.mark.engine
def test_a_worker_that_is_given_up_ends(reserve: Reserve) -> None:
    reserve.fill()
    [process] = waiting(reserve)
    reserve.fill()
    assert waiting(reserve) == [process]
    reserve.give_up()
    assert reserve.pid is None
    assert psutil.wait_procs([process], 60)[1] == []


def test_work_begins_anew_where_the_worker_in_reserve_died(reserve: Reserve, tmp_path: Path) -> None:
    reserve.fill()
    [process] = waiting(reserve)
    process.kill()
    psutil.wait_procs([process], 10)
    run = RunFolder.create(tmp_path / "job", "generate", {"project": str(tmp_path), "model": "gone", "prompt": "?"})
    assert client.start(run) != process.pid
    assert isinstance(client.wait(run), Failed)
    reserve.fill()
    assert waiting(reserve) == []


@pytest.mark.engine
def test_work_without_a_model_leaves_the_worker_in_reserve_alone(reserve: Reserve, tmp_path: Path) -> None:
    reserve.fill()
    [process] = waiting(reserve)
    run = RunFolder.create(tmp_path / "job", "prepare", {"project": str(tmp_path)})
    assert client.start(run) != process.pid
    client.wait(run)
    assert waiting(reserve) == [process]


@pytest.mark.parametrize(("free", "kept"), [(64_000_000_000, True), (1_000_000_000, False)])
def test_a_worker_is_kept_only_where_there_is_memory_for_it(
    reserve: Reserve, monkeypatch: pytest.MonkeyPatch, free: int, kept: bool
) -> None:
    memory = psutil.virtual_memory()._replace(available=free)
    monkeypatch.setattr(jobs.psutil, "virtual_memory", lambda: memory)
    jobs.keep_ready(True)
    assert (reserve.pid is not None) is kept
    jobs.keep_ready(False)
    assert reserve.pid is None
