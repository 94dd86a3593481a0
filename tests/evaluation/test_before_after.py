"""Before and after on the sealed test, with real models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
import torch.nn.functional as F

from studio.core.problem import StudioError
from studio.engine.examples import read_split
from studio.engine.jobs import find_job
from studio.engine.tuned import open_tuned_exact
from studio.evaluation.before_after import compare_before_after
from tests.tiny import config_for

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
METHODS = ["lora", "full", "last-layers"]


def compared(project: Path, method: str, split: str = "test") -> dict:
    job = find_job(project, project / "runs" / method, config_for(project / "model", method))
    return compare_before_after(job, split)


@pytest.mark.parametrize("method", METHODS)
def test_training_is_measured_as_better_on_rows_it_never_saw(finished_project: Path, method: str) -> None:
    found = compared(finished_project, method)
    assert found["examples"] == 14
    assert found["verdict"]["id"] == "better"
    assert found["after"]["loss"] < found["before"]["loss"]
    assert found["difference"]["high"] < 0
    assert found["difference"]["level"] == 0.95


def test_the_base_is_measured_the_same_whatever_was_trained(finished_project: Path) -> None:
    losses = [compared(finished_project, method)["before"]["loss"] for method in METHODS]
    assert losses == [pytest.approx(losses[0], rel=1e-6)] * 3


def test_the_numbers_are_those_of_the_plain_formula(finished_project: Path) -> None:
    job = find_job(finished_project, finished_project / "runs" / "lora", config_for(finished_project / "model"))
    model = open_tuned_exact(job)
    loss, units = 0.0, 0
    for row in read_split(job.prepared, "test"):
        from studio.api import Message

        turns = [Message("user", row["prompt"]), Message("assistant", row["answer"])]
        example = job.speaker.conversation(turns, "answers")
        ids, learn = torch.tensor([example.ids]), torch.tensor(example.learn[1:])
        with torch.no_grad():
            each = F.cross_entropy(model(input_ids=ids).logits[0, :-1], ids[0, 1:], reduction="none")
        loss, units = loss + float(each[learn].sum()), units + int(learn.sum())
    assert compared(finished_project, "lora")["after"]["loss"] == pytest.approx(loss / units, rel=1e-5)


def test_only_the_split_that_was_asked_for_is_read(finished_project: Path, tmp_path: Path) -> None:
    """With all other rows gone, the result is the same."""
    expected = compared(finished_project, "lora")
    shutil.copytree(finished_project, tmp_path / "copy")
    prepared = tmp_path / "copy" / "data" / "prepared.parquet"
    rows = [row for row in parquet.read_table(prepared).to_pylist() if row["split"] == "test"]
    parquet.write_table(pa.Table.from_pylist(rows), prepared)
    assert compared(tmp_path / "copy", "lora") == expected


def test_without_test_rows_nothing_is_claimed(finished_project: Path, tmp_path: Path) -> None:
    shutil.copytree(finished_project, tmp_path / "copy")
    prepared = tmp_path / "copy" / "data" / "prepared.parquet"
    rows = [row for row in parquet.read_table(prepared).to_pylist() if row["split"] != "test"]
    parquet.write_table(pa.Table.from_pylist(rows), prepared)
    found = compared(tmp_path / "copy", "lora")
    assert found["verdict"]["id"] == "too_few"
    assert found["after"] == {"loss": None, "perplexity": None}


def test_damaged_final_weights_are_never_measured(finished_project: Path, tmp_path: Path) -> None:
    shutil.copytree(finished_project, tmp_path / "copy")
    weights = tmp_path / "copy" / "runs" / "lora" / "final" / "adapter_model.safetensors"
    block = bytearray(weights.read_bytes())
    block[-1] ^= 1
    weights.write_bytes(block)
    with pytest.raises(StudioError) as told:
        compared(tmp_path / "copy", "lora")
    assert told.value.id == "no-final-weights"


def test_a_model_that_is_no_longer_the_same_is_refused(finished_project: Path) -> None:
    from studio.core.config import edit

    config = edit(config_for(finished_project / "model"), {"model.fingerprint": "0" * 64})
    with pytest.raises(StudioError) as told:
        find_job(finished_project, finished_project / "runs" / "lora", config)
    assert told.value.id == "another-model"
