"""What a worker that fails tells: never only that something went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.events import CheckpointSaved, Stepped
from studio.worker.failures import worded
from studio.worker.run_folder import LineWriter, RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run that saved its fourth step and took a fifth."""
    made = RunFolder.create(tmp_path / "run", "train")
    with LineWriter(made.paths.events) as writer:
        for event in (CheckpointSaved(step=4, path="checkpoints/4"), Stepped(step=5, metrics={})):
            writer.append(event)
    return made


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported",
        "CUDA error: uncorrectable ECC error encountered",
        "NVML: GPU is lost. Reboot the system to recover this GPU",
    ],
)
def test_a_card_that_disappears_is_told_with_what_is_safe(said: str, run: RunFolder) -> None:
    told = worded(RuntimeError(said), run)
    assert (told.id, told.bug, told.step) == ("card-lost", False, 5)
    assert "up to step 4" in told.data
    assert "resume" in told.remedy
    assert said.splitlines()[0] in told.detail


def test_a_card_without_memory_is_not_a_card_that_is_lost(run: RunFolder) -> None:
    assert worded(RuntimeError("CUDA error: out of memory"), run).id == "out-of-memory"


def test_what_nobody_foresaw_is_our_fault(run: RunFolder) -> None:
    told = worded(RuntimeError("shapes do not match"), run)
    assert told.bug
    assert "up to step 4" in told.data
