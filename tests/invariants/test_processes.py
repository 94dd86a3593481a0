"""Two processes learn what one learns with the same batch, and go on from each other's save points."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from studio.core.events import Evaluated, Stepped
from studio.worker import client
from studio.worker.run_folder import RunFolder
from tests.tiny import config_for

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(300)]


class Told:
    """What a run said, and its final weights."""

    def __init__(self, run: RunFolder) -> None:
        events = run.events()
        steps = {event.step: event.metrics["loss"] for event in events if isinstance(event, Stepped)}
        self.losses = torch.tensor([steps[step] for step in sorted(steps)])
        self.checks = torch.tensor([event.metrics["loss"] for event in events if isinstance(event, Evaluated)])
        self.weights = load_file(next((run.paths.folder / "final").glob("*.safetensors")))


def trained(project: Path, name: str, processes: int, **train: object) -> RunFolder:
    """A run by a real worker, with the processes it starts; one that is there goes on."""
    config = config_for(project / "model", "lora", processes=processes, **train)
    folder = project / "runs" / name
    if folder.exists():
        (folder / "run.json").write_text(config.to_json())
        shutil.rmtree(folder / "final")
        (folder / "events.jsonl").unlink()
        run = RunFolder(folder)
    else:
        run = RunFolder.create(folder, "train", {"project": str(project), "resume": True}, config)
    client.start(run)
    assert client.wait(run).event == "finished", run.log_tail()
    return run


def assert_same(ours: Told, theirs: Told) -> None:
    torch.testing.assert_close(ours.losses, theirs.losses, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(ours.checks, theirs.checks, rtol=1e-4, atol=1e-6)
    for name, weight in ours.weights.items():
        torch.testing.assert_close(weight, theirs.weights[name], rtol=5e-3, atol=5e-4)


def test_two_processes_give_the_curve_of_one(project: Path) -> None:
    alone = trained(project, "alone", 1)
    together = trained(project, "together", 2)
    assert_same(Told(together), Told(alone))
    assert "Traceback" not in together.paths.log.read_text()


def test_what_keeps_from_forgetting_is_shared_by_two_processes(project: Path) -> None:
    settings = {"kl": 2.0, "kl_share": 0.5, "replay": 0.2, "noise": 5.0, "smoothing": 0.1, "average": 0.9}
    runs = [trained(project, f"holding-on-{each}", each, **settings) for each in (1, 2)]
    assert_same(*(Told(run) for run in runs))
    gone = [[event.metrics["kl"] for event in run.events() if isinstance(event, Stepped) and "kl" in event.metrics]
            for run in runs]  # fmt: skip
    assert gone[0] and gone[1] == pytest.approx(gone[0], rel=1e-3)


def test_a_save_point_of_one_process_is_gone_on_from_by_two(project: Path) -> None:
    steady = {"schedule": "constant", "warmup": 0.0, "evaluate_every": 2}
    whole = Told(trained(project, "whole", 1, steps=8, **steady))
    trained(project, "changes", 1, steps=4, **steady)
    gone_on = Told(trained(project, "changes", 2, steps=8, **steady))
    torch.testing.assert_close(gone_on.losses, whole.losses[4:], rtol=1e-4, atol=1e-6)
