"""Two processes learn what one learns with the same batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.core.events import Stepped
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.invariants.together import Told, assert_same, made
from tests.tiny import config_for

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]

Foundry = Callable[[RunFolder, int], list[int]]


@pytest.mark.long
def test_two_processes_that_the_studio_starts_give_the_curve_of_one(project: Path) -> None:
    runs = []
    for processes in (1, 2):
        runs.append(made(project, f"started-{processes}", config_for(project / "model", processes=processes)))
        client.start(runs[-1])
        assert client.wait(runs[-1]).event == "finished", runs[-1].log_tail()
    alone, together = runs
    assert_same(Told(together), Told(alone))
    assert "Traceback" not in together.paths.log.read_text()


def test_what_keeps_from_forgetting_is_shared_by_two_processes(project: Path, foundry: Foundry) -> None:
    settings: dict[str, Any] = {
        "kl": 2.0,
        "kl_share": 0.5,
        "replay": 0.2,
        "noise": 5.0,
        "smoothing": 0.1,
        "average": 0.9,
    }
    runs = []
    for processes in (1, 2):
        runs.append(made(project, f"holding-on-{processes}", config_for(project / "model", **settings)))
        assert foundry(runs[-1], processes) == [0] * processes, runs[-1].log_tail(60)
    assert_same(*(Told(run) for run in runs))
    gone = [[event.metrics["kl"] for event in run.events() if isinstance(event, Stepped) and "kl" in event.metrics]
            for run in runs]  # fmt: skip
    assert gone[0] and gone[1] == pytest.approx(gone[0], rel=1e-3)


def test_more_processes_than_examples_give_the_curve_of_one(project: Path, foundry: Foundry) -> None:
    runs = []
    for processes, sharding in ((1, "none"), (3, "none"), (3, "full")):
        config = config_for(project / "model", "full", batch_size=2, steps=4, precision="fp32", sharding=sharding)
        runs.append(made(project, f"few-{processes}-{sharding}", config))
        assert foundry(runs[-1], processes) == [0] * processes, runs[-1].log_tail(60)
    alone, *others = map(Told, runs)
    for other in others:
        assert_same(other, alone)
