"""Several processes, on one computer or two: they learn what one learns, and when one is gone, the run says so."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from studio.core.config import RunConfig
from studio.core.events import CheckpointSaved, Failed, Finished
from studio.engine.checkpoints import Checkpoints
from studio.engine.group import PATIENCE
from studio.services import following
from studio.services.scheduling import Places, write_job
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.faults.hosts import FIRST, Host, two_hosts, why_not
from tests.invariants.together import Told, assert_same, made
from tests.tiny import config_for, train_in

pytestmark = [
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name != "posix", reason="signals and networks of Linux"),
]
NO_HOSTS = why_not() if os.name == "posix" else "no Linux"
needs_hosts = pytest.mark.skipif(bool(NO_HOSTS), reason=f"networks of their own can't be made here: {NO_HOSTS}")
ENDLESS = {"epochs": 1000, "evaluate_every": 4, "patience": 0, "schedule": "constant"}
GRACE = 120


def wait_for(known: Callable[[], bool]) -> None:
    """Wait until something is so; the test's own time limit ends what never is."""
    while not known():
        time.sleep(0.1)


def saved(run: RunFolder) -> bool:
    return any(isinstance(event, CheckpointSaved) for event in run.events())


def newest_whole(run: RunFolder) -> int:
    """The step of the newest save point; none is damaged."""
    step, damaged = Checkpoints(run.paths.folder / "checkpoints").newest()
    assert step and not damaged
    return step


def assert_goes_on(project: Path, run: RunFolder, config: RunConfig) -> None:
    """One process ends what several began."""
    step = newest_whole(run)
    train = config.train.model_copy(update={"processes": 1, "sharding": "none", "steps": step + 3})
    result = train_in(project, config.model_copy(update={"train": train}), run.paths.folder.name)
    assert result["step"] == step + 3


# ---------------------------------------------------------------------------------------------- one computer


@contextmanager
def under_way(project: Path, name: str, config: RunConfig) -> Iterator[tuple[RunFolder, psutil.Process]]:
    """A run with a first save point behind it, and its leading process."""
    run = made(project, name, config)
    client.start(run)
    leader = client.process_of(run)
    assert leader
    try:
        wait_for(lambda: saved(run) or not leader.is_running())
        assert leader.is_running(), run.log_tail()
        yield run, leader
    finally:
        for process in [*leader.children(), leader] if leader.is_running() else ():
            process.kill()


@pytest.mark.parametrize("sharding", ["none", "full"])
def test_a_run_that_loses_a_process_fails_in_words_and_can_go_on(project: Path, sharding: str) -> None:
    config = config_for(project / "model", processes=2, sharding=sharding, **ENDLESS)
    with under_way(project, f"loses one {sharding}", config) as (run, leader):
        (other,) = leader.children()
        other.kill()
        end = client.wait(run)
        assert isinstance(end, Failed) and end.id == "process-lost" and not end.bug, end
        assert psutil.wait_procs([leader], GRACE)[1] == []
        assert_goes_on(project, run, config)


def test_no_process_outlives_the_one_that_leads(project: Path) -> None:
    config = config_for(project / "model", processes=3, sharding="full", **ENDLESS)
    with under_way(project, "loses the first", config) as (run, leader):
        others = leader.children()
        assert len(others) == 2
        leader.kill()
        assert psutil.wait_procs(others, GRACE)[1] == []
        end = client.wait(run)
        assert isinstance(end, Failed) and end.id == "worker-died"
        assert_goes_on(project, run, config)


# ---------------------------------------------------------------------------------------------- two computers


@contextmanager
def started(run: RunFolder, hosts: tuple[Host, Host], script: Path, more: Mapping[str, str]) -> Iterator[list[int]]:
    """The exported script on both computers; their exit statuses, once both have ended."""
    statuses: list[int] = []
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **more}
    begun = [host.start(["sh", str(script), str(number), FIRST], environment) for number, host in enumerate(hosts)]
    try:
        yield statuses
        statuses += [process.wait(GRACE) for process in begun]
    finally:
        for process in begun:
            for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else ():
                child.kill()
            process.kill()
            process.wait()


def exported(project: Path, name: str, config: RunConfig) -> tuple[RunFolder, Path]:
    """A run and its script for two computers."""
    run = made(project, name, config)
    return run, write_job(run, Places(nodes=2), project / "jobs" / name)["torchrun"]


@needs_hosts
def test_two_computers_learn_what_one_learns(project: Path) -> None:
    config = config_for(project / "model", "full", sharding="full", precision="fp32", samples=["is it free"], steps=6)
    alone = made(project, "alone", config)
    client.start(alone)
    run, script = exported(project, "on two", config)
    with two_hosts() as hosts, started(run, hosts, script, {}) as statuses:
        end = list(following.news(run))[-1]
    assert isinstance(end, Finished), run.log_tail(60)
    assert statuses == [0, 0] and not client.is_alive(run)
    assert isinstance(client.wait(alone), Finished)
    assert_same(Told(run), Told(alone))
    assert following.told(run).summary.state == "finished"


@needs_hosts
def test_a_computer_that_is_cut_off_ends_the_run_in_words(project: Path) -> None:
    config = config_for(project / "model", sharding="full", **ENDLESS)
    run, script = exported(project, "cut off", config)
    with two_hosts() as hosts, started(run, hosts, script, {PATIENCE: "8"}) as statuses:
        wait_for(lambda: saved(run))
        hosts[0].run("ip", "link", "set", "east", "down")
        end = list(following.news(run))[-1]
        assert isinstance(end, Failed) and end.id == "process-lost", end
    assert all(statuses)
    assert_goes_on(project, run, config)
