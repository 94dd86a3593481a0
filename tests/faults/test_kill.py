"""A worker that is killed at any moment, and resumed, ends like one that never was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from studio.core.events import Finished, Started, Stepped, Warned
from studio.engine.checkpoints import WEIGHTS, Checkpoints
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.faults.conftest import Forge, assert_same_run, end_of, metric_rows

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name != "posix", reason="forks and signals of POSIX"),
]
NewRun = Callable[[], RunFolder]
KILLED = -signal.SIGKILL


def test_killed_at_every_change_of_a_save_point(
    forge: Forge, new_run: NewRun, undisturbed: tuple[RunFolder, int]
) -> None:
    expected, changes = undisturbed
    assert changes > 30
    for kill_at in range(1, changes + 1, 1 if os.environ.get("STUDIO_TEST_ALL_KILLS") else 6):
        run = new_run()
        assert forge(run, kill_at=kill_at)["status"] == KILLED
        assert forge(run)["status"] == 0, run.log_tail()
        assert_same_run(run, expected)


def test_killed_again_and_again_at_random_moments(
    forge: Forge, new_run: NewRun, undisturbed: tuple[RunFolder, int]
) -> None:
    chance = random.Random(5)
    began = time.perf_counter()
    assert forge(new_run())["status"] == 0
    whole = time.perf_counter() - began
    killed = 0
    for _ in range(5):
        run = new_run()
        for share in (0.9, 0.6):
            killed += forge(run, kill_after=chance.uniform(0.2, share) * whole)["status"] == KILLED
        assert forge(run)["status"] == 0, run.log_tail()
        assert_same_run(run, undisturbed[0])
    assert killed >= 2


def test_a_detached_worker_killed_from_outside_goes_on(new_run: NewRun, undisturbed: tuple[RunFolder, int]) -> None:
    run = new_run()
    pid = client.start(run)
    until = time.monotonic() + 90
    while not any(isinstance(event, Stepped) and event.step >= 3 for event in run.events()):
        assert time.monotonic() < until, run.log_tail()
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], 10)
    client.start(run)
    end = client.wait(run)
    assert isinstance(end, Finished), end
    assert_same_run(run, undisturbed[0])
    steps = [event.step for event in run.events() if isinstance(event, Stepped)]
    assert sorted(set(steps)) == list(range(1, 7))


def test_a_resumed_run_says_from_where_it_goes_on(forge: Forge, new_run: NewRun) -> None:
    run = new_run()
    forge(run, kill_at=25)
    newest, _ = Checkpoints(run.paths.checkpoints).newest()
    assert newest > 0
    forge(run)
    assert [event.step for event in run.events() if isinstance(event, Started)][-1] == newest
    numbers = [event.n for event in run.events()]
    assert numbers == list(range(len(numbers)))


def test_a_torn_last_event_is_cut_off(forge: Forge, new_run: NewRun, undisturbed: tuple[RunFolder, int]) -> None:
    run = new_run()
    forge(run, kill_at=25)
    with run.paths.events.open("ab") as file:
        file.write(b'{"n":99,"time":1.0,"event":"stepped","step":5,"metr')
    assert forge(run)["status"] == 0, run.log_tail()
    assert_same_run(run, undisturbed[0])
    assert b'"metr{' not in run.paths.events.read_bytes()


@pytest.mark.parametrize("harm", ["flipped", "zeroed", "cut", "gone"])
def test_a_damaged_save_point_is_told_and_an_older_one_used(
    forge: Forge, new_run: NewRun, undisturbed: tuple[RunFolder, int], harm: str
) -> None:
    run = new_run()
    forge(run, kill_at=40)
    checkpoints = Checkpoints(run.paths.checkpoints)
    newest, older = checkpoints.steps()[:2]
    _harm(checkpoints.path(newest) / WEIGHTS, harm)
    assert checkpoints.newest() == (older, [newest])
    assert forge(run)["status"] == 0, run.log_tail()
    assert_same_run(run, undisturbed[0])
    assert any(isinstance(event, Warned) and event.id == "save-point-damaged" for event in run.events())


def _harm(path: Path, harm: str) -> None:
    block = bytearray(path.read_bytes())
    if harm == "flipped":
        block[-5] ^= 8
    elif harm == "zeroed":
        block[-400:] = bytes(400)
    elif harm == "cut":
        block = block[:-9]
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(block)


def test_a_finished_run_takes_no_further_step(forge: Forge, new_run: NewRun) -> None:
    run = new_run()
    forge(run)
    first, rows = end_of(run), metric_rows(run)
    steps = sum(isinstance(event, Stepped) for event in run.events())
    assert forge(run)["status"] == 0
    assert isinstance(first, Finished)
    again = end_of(run)
    assert isinstance(again, Finished)
    assert (again.reason, again.step, again.result) == (first.reason, first.step, first.result)
    assert sum(isinstance(event, Stepped) for event in run.events()) == steps
    assert metric_rows(run) == rows


def test_a_worker_that_waited_in_reserve_trains_like_any_other_and_outlives_who_kept_it(
    new_run: NewRun, undisturbed: tuple[RunFolder, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = (
        "import sys; from pathlib import Path; from studio.worker import client; from studio.worker.run_folder import"
        " RunFolder; client.RESERVE.fill(); print(client.start(RunFolder(Path(sys.argv[1]))))"
    )
    run = new_run()
    told = subprocess.run([sys.executable, "-c", keeper, str(run.paths.folder)], capture_output=True, check=True)
    assert "studio.worker.spare" in " ".join(psutil.Process(int(told.stdout)).cmdline())
    assert isinstance(client.wait(run), Finished), run.log_tail()
    assert_same_run(run, undisturbed[0])
