"""Why one of several processes failed is told by the one that leads."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from studio.core.events import Failed
from studio.core.problem import StudioError
from studio.worker import peers
from studio.worker.run_folder import RunFolder

LOST = StudioError("process-lost", "Another process is gone.", data="All is safe.", remedy="Resume.")
FULL = Failed(id="disk-full", happened="The disk is full.", data="All is safe.", remedy="Free some space.")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run-1", "train")


def test_the_reason_of_another_process_is_told(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(StudioError) as told, peers.peers(run, 1):
        peers.leave_word(run, FULL)
        raise LOST
    assert (told.value.id, told.value.remedy) == ("disk-full", "Free some space.")


def test_our_own_fault_in_another_process_stays_our_own(run: RunFolder) -> None:
    with pytest.raises(RuntimeError, match="it went wrong here"), peers.peers(run, 1):
        peers.leave_word(run, FULL.model_copy(update={"bug": True, "detail": "it went wrong here"}))
        raise LOST


def test_without_a_word_of_the_others_the_loss_itself_is_told(run: RunFolder) -> None:
    with pytest.raises(StudioError) as told, peers.peers(run, 1):
        peers.leave_word(run, FULL.model_copy(update={"id": "process-lost"}))
        raise LOST
    assert told.value is LOST


def test_what_was_said_before_an_earlier_start_is_forgotten(run: RunFolder) -> None:
    peers.leave_word(run, FULL)
    with pytest.raises(StudioError) as told, peers.peers(run, 1):
        raise LOST
    assert told.value is LOST


def test_another_failure_of_the_one_that_leads_is_its_own(run: RunFolder) -> None:
    mine = StudioError("diverged", "It lost its balance.", data="All is safe.", remedy="Smaller steps.")
    with pytest.raises(StudioError) as told, peers.peers(run, 1):
        peers.leave_word(run, FULL)
        raise mine
    assert told.value is mine


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_signal_of_a_scheduler_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        peers.hear_the_end()
        assert signal.getsignal(signal.SIGTERM) is before
        monkeypatch.setenv("WORLD_SIZE", "2")
        peers.hear_the_end()
        with pytest.raises(StudioError) as told:
            signal.raise_signal(signal.SIGTERM)
        assert told.value.id == "ended-from-outside" and told.value.remedy
    finally:
        signal.signal(signal.SIGTERM, before)
