"""A run that goes on from another, or stands above it, begins exactly where the other ended and holds all of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from studio.api import Message
from studio.core.config import RunConfig
from studio.core.events import Evaluated, Stepped, Stop, Warned
from studio.core.problem import StudioError
from studio.engine.batches import lay_out
from studio.engine.beginning import COPY
from studio.engine.devices import find_device
from studio.engine.jobs import find_job
from studio.engine.parts import attached, put_together
from studio.engine.precision import Precision
from studio.engine.tuned import open_base, open_merged, open_tuned, open_tuned_exact
from studio.evaluation.before_after import compare_before_after
from studio.plugins import methods
from tests.contracts.making import make_model
from tests.tiny import Recorder, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
FIRST = {
    "lora": {"method_rank": 4},
    "full": {},
    "last-layers": {"method_layers": 1, "method_head": True},
    "adapters": {"method_width": 4},
    "qlora": {"method_rank": 4},
}
QUICK = {"steps": 8, "evaluate_every": 8}


def ended(project: Path, name: str, config: RunConfig) -> dict[str, Any]:
    """Train a run to its end and leave its run.json, as the services do."""
    result = train_in(project, config, name)
    (project / "runs" / name / "run.json").write_text(config.to_json(), encoding="utf-8")
    return result


@pytest.fixture(scope="module")
def earlier(project: Path) -> Path:
    """The project with a run of each method that can be gone on with, by the method's name."""
    for method, settings in FIRST.items():
        ended(project, method, config_for(project / "model", method, **settings, **QUICK))
    return project


def after(project: Path, method: str, **train: Any) -> RunConfig:
    """A run that begins with the one of its method's name."""
    return config_for(
        project / "model", method, **{**FIRST.get(method, {}), "begin": method, "seed": 2, **QUICK, **train}
    )


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(input_ids=torch.arange(3, 15)[None]).logits


@pytest.mark.parametrize("method", FIRST)
def test_it_begins_with_the_very_model_that_the_other_ended_with(earlier: Path, method: str) -> None:
    job = find_job(earlier, earlier / "runs" / method, config_for(earlier / "model", method, **FIRST[method]))
    parts = put_together(find_job(earlier, earlier / "runs" / f"begins-{method}", after(earlier, method)))
    torch.testing.assert_close(logits(parts.model), logits(open_tuned(job).model), rtol=0, atol=0)


@pytest.mark.parametrize("method", FIRST)
def test_its_first_check_is_the_others_last(earlier: Path, method: str) -> None:
    voice = Recorder()
    result = train_in(earlier, after(earlier, method, steps=2), f"checked-{method}", voice)
    kept = json.loads((earlier / "runs" / method / "final" / "result.json").read_text())
    assert voice.of(Evaluated)[0].step == 0
    assert result["base_validation"]["loss"] == kept["validation"]["loss"]
    assert not (earlier / "runs" / f"checked-{method}" / COPY).exists(), "what ended needs its beginning no more"


@pytest.mark.parametrize(("method", "stacked"), [("lora", False), ("full", False), ("lora", True)])
def test_resumed_it_is_as_if_it_had_never_stopped(earlier: Path, method: str, stacked: bool) -> None:
    name, config = f"{method}-{stacked}", after(earlier, method, stacked=stacked)
    whole, before, rest = Recorder(), Recorder(), Recorder()
    expected = train_in(earlier, config, f"{name}-whole", whole)
    before.on_say = lambda event: (
        before.asked.append(Stop()) if isinstance(event, Stepped) and event.step == 5 else None
    )
    train_in(earlier, config, f"{name}-halves", before)
    away = earlier / "runs" / "away"
    # What was taken along suffices, whatever becomes of the run it came from.
    (earlier / "runs" / method).rename(away)
    try:
        result = train_in(earlier, config, f"{name}-halves", rest)
    finally:
        away.rename(earlier / "runs" / method)
    assert before.losses() + rest.losses() == whole.losses()
    assert result["weights"]["sha256"] == expected["weights"]["sha256"]


@pytest.mark.parametrize(("method", "stacked"), [("lora", False), ("last-layers", False), ("lora", True)])
def test_merged_and_kept_beside_it_says_the_same(earlier: Path, method: str, stacked: bool) -> None:
    config, folder = after(earlier, method, stacked=stacked), earlier / "runs" / f"merged-{method}-{stacked}"
    train_in(earlier, config, folder.name)
    job = find_job(earlier, folder, config)
    tuned = logits(open_tuned_exact(job))
    torch.testing.assert_close(logits(open_merged(job)), tuned, rtol=1e-4, atol=1e-5)
    other = find_job(earlier, earlier / "runs" / method, config_for(earlier / "model", method, **FIRST[method]))
    assert not torch.allclose(tuned, logits(open_tuned_exact(other)), rtol=1e-3)


def test_above_another_the_earlier_additions_stay_and_both_are_saved_as_one(earlier: Path) -> None:
    config = after(earlier, "lora", stacked=True, method_rank=2, method_target="attention")
    parts = put_together(find_job(earlier, earlier / "runs" / "above", config))
    first = find_job(earlier, earlier / "runs" / "lora", config_for(earlier / "model", "lora", **FIRST["lora"]))
    torch.testing.assert_close(logits(parts.model), logits(open_tuned(first).model), rtol=0, atol=0)
    assert all(".beneath." not in name for name in parts.weights) and len(parts.weights) > 0
    with parts.model.disable_adapter():
        torch.testing.assert_close(logits(parts.model), logits(open_base(first).model), rtol=0, atol=0)
    train_in(earlier, config, "above")
    told = json.loads((earlier / "runs" / "above" / "final" / "adapter_config.json").read_text())
    assert told["r"] == 4 + 2
    saved = load_file(earlier / "runs" / "above" / "final" / "adapter_model.safetensors")
    kept = load_file(earlier / "runs" / "lora" / "final" / "adapter_model.safetensors")
    for name, weight in kept.items():
        if name.endswith("lora_A.weight"):
            rows = saved[name].tolist()
            assert all(row in rows for row in weight.tolist()), f"{name} was changed or lost"


def test_a_frozen_addition_keeps_its_precision_beside_a_model_of_half_precision(
    earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Precision, "frozen", torch.bfloat16)
    job = find_job(earlier, earlier / "runs" / "half", after(earlier, "lora", stacked=True))
    model = attached(job, methods()["lora"], Precision("bf16", "cpu"), find_device("cpu"), job.config.train)
    formats = {name: weight.dtype for name, weight in model.named_parameters()}
    assert {kind for name, kind in formats.items() if ".lora_" in name} == {torch.float32}
    assert {kind for name, kind in formats.items() if ".lora_" not in name} == {torch.bfloat16}


@pytest.mark.parametrize(("method", "stacked"), [("lora", False), ("full", False), ("lora", True)])
def test_what_it_holds_on_to_is_what_it_began_with(earlier: Path, method: str, stacked: bool) -> None:
    config = after(earlier, method, stacked=stacked, kl=1.0)
    parts = put_together(find_job(earlier, earlier / "runs" / f"holds-{method}-{stacked}", config))
    batch = lay_out(parts.train, range(4), parts.layout)
    began = parts.scorer.losses(parts.model, batch).detach()
    with torch.no_grad():
        for weight in parts.weights.values():
            weight += 0.05
        torch.testing.assert_close(parts.scorer.before(parts.model, batch), began, rtol=1e-5, atol=1e-5)
        assert not torch.allclose(parts.scorer.losses(parts.model, batch), began, rtol=1e-3)


def test_evaluation_goes_on_comparing_with_the_model_as_it_came(earlier: Path) -> None:
    config = after(earlier, "lora")
    train_in(earlier, config, "measured")
    told = compare_before_after(find_job(earlier, earlier / "runs" / "measured", config), "test")
    first = config_for(earlier / "model", "lora", **FIRST["lora"])
    assert told["before"] == compare_before_after(find_job(earlier, earlier / "runs" / "lora", first), "test")["before"]
    assert told["after"]["loss"] < told["before"]["loss"]


def test_additions_from_a_folder_are_gone_on_with(earlier: Path, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copyfile(earlier / "runs" / "lora" / "final" / name, given / name)
    run = after(earlier, "lora", steps=2)
    folder = after(earlier, "lora", steps=2, begin=str(given))
    mine, theirs = Recorder(), Recorder()
    train_in(earlier, run, "from-run", mine)
    train_in(earlier, folder, "from-folder", theirs)
    assert mine.losses() == theirs.losses()


def test_damaged_weights_are_told_and_nothing_is_begun(earlier: Path) -> None:
    shutil.copytree(earlier / "runs" / "lora", earlier / "runs" / "torn")
    file = earlier / "runs" / "torn" / "final" / "adapter_model.safetensors"
    broken = np.frombuffer(file.read_bytes(), np.uint8).copy()
    broken[-5] ^= 1
    file.write_bytes(broken.tobytes())
    job = find_job(earlier, earlier / "runs" / "after-torn", after(earlier, "lora", begin="torn"))
    with pytest.raises(StudioError, match="changed or damaged"):
        put_together(job)
    assert not (earlier / "runs" / "after-torn" / COPY).exists()


def test_additions_for_another_model_do_not_fit(earlier: Path, tmp_path: Path) -> None:
    other = make_model(tmp_path / "wide", "qwen3")
    config = after(earlier, "lora", begin=str(earlier / "runs" / "lora" / "final"))
    wrong = config.model_copy(update={"model": config.model.model_copy(update={"path": str(other)})})
    with pytest.raises(StudioError, match="does not fit this model"):
        put_together(find_job(earlier, earlier / "runs" / "wrong", wrong))


def test_a_run_that_gains_nothing_over_its_beginning_says_so(earlier: Path) -> None:
    voice = Recorder()
    train_in(earlier, after(earlier, "lora", steps=4, learning_rate=0.5, schedule="constant"), "worse", voice)
    assert any(event.id == "no-gain" for event in voice.of(Warned))


def test_what_was_learnt_is_heard_in_the_first_answer(earlier: Path) -> None:
    first = find_job(earlier, earlier / "runs" / "lora", config_for(earlier / "model", "lora", **FIRST["lora"]))
    opened = open_tuned(first)
    parts = put_together(find_job(earlier, earlier / "runs" / "heard", after(earlier, "lora")))
    asked = [Message("user", "when does the museum open on monday")]
    expected = list(first.voice(opened.model, opened.precision).answer(asked, most=8))[-1]
    assert list(parts.voice.answer(asked, most=8))[-1] == expected
