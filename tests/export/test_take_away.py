"""An export is written, loaded back and compared before it is called done."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.builtin.exporters.merged import Merged
from studio.core.problem import StudioError
from studio.engine.job import Job
from studio.engine.jobs import find_job
from studio.engine.tuned import open_merged, open_tuned_exact
from studio.export import take_away as take_away_module
from studio.export.take_away import Wish, describe, take_away
from studio.plugins import exporters
from studio.testing import check_exporter
from tests.tiny import config_for, write_prepared

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
METHODS = ["lora", "full", "last-layers"]


def job_of(project: Path, method: str) -> Job:
    return find_job(project, project / "runs" / method, config_for(project / "model", method))


@pytest.mark.parametrize("method", METHODS)
def test_a_merged_model_is_the_trained_one(finished_project: Path, tmp_path: Path, method: str) -> None:
    from transformers import AutoModelForCausalLM

    job = job_of(finished_project, method)
    out = tmp_path / "taken"
    result = take_away(job, Wish("merged", out, {}))
    assert result["check"]["ok"]
    assert result["check"]["prompts"] == result["check"]["agree"] >= 8
    assert result["check"]["max_logit_difference"] < 1e-3
    ids = torch.tensor([[1, 9, 10, 11, 12]])
    plain = AutoModelForCausalLM.from_pretrained(
        out, trust_remote_code=False, use_safetensors=True, local_files_only=True
    )
    with torch.no_grad():
        torch.testing.assert_close(plain(ids).logits, open_tuned_exact(job)(ids).logits, rtol=1e-4, atol=1e-4)


def test_the_merged_folder_has_all_one_needs(finished_project: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    job = job_of(finished_project, "lora")
    take_away(job, Wish("merged", tmp_path / "taken", {}))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "taken", trust_remote_code=False, local_files_only=True)
    talk = [{"role": "user", "content": "when does the tower open on sunday"}]
    from studio.api import Message

    ids = tokenizer.apply_chat_template(talk, add_generation_prompt=True)["input_ids"]
    assert ids == list(job.speaker.generation_prompt([Message("user", talk[0]["content"])]))
    card = (tmp_path / "taken" / "README.md").read_text()
    for words in ("model", "40 examples", "14 examples", "method", "lora", "Licence", "apply_chat_template"):
        assert words.lower() in card.lower()
    assert "of course you are welcome" not in card
    assert str(finished_project) not in card


def test_every_file_is_listed_with_its_hash(finished_project: Path, tmp_path: Path) -> None:
    out = tmp_path / "taken"
    result = take_away(job_of(finished_project, "lora"), Wish("adapter", out, {}))
    assert {file["path"] for file in result["files"]} == {path.name for path in out.iterdir()}
    for file in result["files"]:
        content = (out / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    certificate = json.loads((out / "certificate.json").read_bytes())
    assert certificate["check"] == result["check"]


def test_an_adapter_loads_back_exactly_and_names_no_place_on_this_computer(
    finished_project: Path, tmp_path: Path
) -> None:
    out = tmp_path / "taken"
    result = take_away(job_of(finished_project, "lora"), Wish("adapter", out, {}))
    assert result["check"] == {
        "ok": True, "prompts": 12, "agree": 12, "max_logit_difference": 0.0
    }  # fmt: skip
    for path in out.iterdir():
        assert str(finished_project).encode() not in path.read_bytes()


@pytest.mark.parametrize("method", ["full", "last-layers"])
def test_a_run_without_additions_has_no_adapter_to_take(finished_project: Path, tmp_path: Path, method: str) -> None:
    with pytest.raises(StudioError) as told:
        take_away(job_of(finished_project, method), Wish("adapter", tmp_path / "taken", {}))
    assert told.value.id == "no-additions"
    assert "Whole model" in told.value.remedy
    assert not (tmp_path / "taken").exists()


def test_a_folder_with_something_in_it_is_left_alone(finished_project: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StudioError) as told:
        take_away(job_of(finished_project, "lora"), Wish("merged", tmp_path, {}))
    assert told.value.id == "folder-taken"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_may_be_used(finished_project: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert take_away(job_of(finished_project, "lora"), Wish("adapter", tmp_path / "empty", {}))["check"]["ok"]


def test_an_export_that_answers_otherwise_is_thrown_away(
    finished_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_of(finished_project, "lora")
    monkeypatch.setattr(take_away_module, "open_merged", lambda job: _spoiled(open_merged(job)))
    with pytest.raises(StudioError) as told:
        take_away(job, Wish("merged", tmp_path / "taken", {}))
    assert told.value.id == "export-differs"
    assert list(tmp_path.iterdir()) == []


def _spoiled(model: Any) -> Any:
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(-1.0)
    return model


def test_rounding_that_changes_an_answer_makes_way_for_float32(
    finished_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base that calls itself bfloat16, and a rounding so coarse that answers change."""
    job = job_of(finished_project, "lora")
    job = Job(**{**job.__dict__, "model": job.model.model_copy(update={"dtype": "bfloat16"})})
    plain = Merged.export

    def coarse(self: Merged, trained: Any, merged: Any, folder: Path, settings: Any) -> None:
        rounded = settings.dtype == "auto"
        plain(self, trained, (lambda: _spoiled(merged())) if rounded else merged, folder, settings)

    monkeypatch.setattr(Merged, "export", coarse)
    result = take_away(job, Wish("merged", tmp_path / "taken", {}))
    certificate = json.loads((tmp_path / "taken" / "certificate.json").read_bytes())
    assert certificate["settings"]["dtype"] == "float32"
    assert result["check"]["ok"] and result["check"]["max_logit_difference"] < 1e-3


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_what_rounding_costs_is_told(finished_project: Path, tmp_path: Path, dtype: str) -> None:
    from safetensors import safe_open

    job = job_of(finished_project, "lora")
    result = take_away(job, Wish("merged", tmp_path / "taken", {"dtype": dtype}))
    with safe_open(tmp_path / "taken" / "model.safetensors", "pt") as file:
        assert {str(file.get_tensor(name).dtype) for name in file.keys()} == {f"torch.{dtype}"}  # noqa: SIM118
    rounding = result["check"]["max_logit_difference"]
    assert rounding < 1e-3 if dtype == "float32" else 0 < rounding < 0.5


@pytest.mark.parametrize("id", ["merged", "adapter"])
def test_an_exporter_keeps_its_contract(finished_project: Path, tmp_path: Path, id: str) -> None:
    job = job_of(finished_project, "lora")
    trained = describe(job, Wish(id, tmp_path, {}))
    check_exporter(exporters()[id], trained, lambda: open_merged(job), tmp_path)


def test_a_project_with_hardly_any_examples_is_compared_on_other_questions(
    finished_project: Path, tmp_path: Path
) -> None:
    job = job_of(finished_project, "lora")
    few = write_prepared(tmp_path / "few.parquet", train=2, validation=1, test=1)
    result = take_away(Job(**{**job.__dict__, "prepared": few}), Wish("merged", tmp_path / "taken", {}))
    assert result["check"]["ok"] and result["check"]["prompts"] == 12
