"""A disk that fills ends the run in words and destroys nothing."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from studio.core.events import Failed
from studio.engine.checkpoints import Checkpoints
from studio.worker.run_folder import RunFolder
from tests.faults.conftest import Forge, assert_same_run, end_of

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name != "posix", reason="limits of POSIX"),
]
KIB = 1024


@pytest.mark.parametrize("limit", [24, 64, 100])
def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_space(
    forge: Forge, new_run: Callable[[], RunFolder], undisturbed: tuple[RunFolder, int], limit: int
) -> None:
    run = new_run()
    assert forge(run, file_limit=limit * KIB)["status"] == 1
    end = end_of(run)
    assert isinstance(end, Failed)
    assert (end.id, end.bug) == ("disk-full", False)
    assert end.happened and end.data and end.remedy
    checkpoints = Checkpoints(run.paths.checkpoints)
    newest, damaged = checkpoints.newest()
    assert (newest, damaged) == (0, [])
    assert forge(run)["status"] == 0, run.log_tail()
    assert_same_run(run, undisturbed[0])


def test_a_disk_that_fills_later_costs_only_the_steps_since_the_last_save_point(
    forge: Forge, new_run: Callable[[], RunFolder], undisturbed: tuple[RunFolder, int]
) -> None:
    run = new_run()
    forge(run, kill_at=25)
    newest, _ = Checkpoints(run.paths.checkpoints).newest()
    assert newest > 0
    assert forge(run, file_limit=24 * KIB)["status"] == 1
    end = end_of(run)
    assert isinstance(end, Failed) and end.id == "disk-full"
    assert f"step {newest}" in end.data
    assert Checkpoints(run.paths.checkpoints).newest()[0] == newest
    assert forge(run)["status"] == 0, run.log_tail()
    assert_same_run(run, undisturbed[0])
