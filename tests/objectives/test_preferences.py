"""Learning from preferences: what says how changes nothing, and a taste is learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.core.events import Evaluated, EvaluateNow, SampleNow, Stepped, Stop, Warned
from studio.engine import parts as parts_module
from studio.engine.jobs import find_job
from studio.evaluation.before_after import compare_before_after
from tests.objectives.preferring import learning, of, run
from tests.tiny import Recorder, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.usefixtures("unasked")]
LOSSES = ("dpo", "ipo", "orpo", "simpo")
KINDS = [("prefer", loss) for loss in LOSSES] + [("liked", ""), ("judge", "")]


def assert_same_curve(ours: list[float], theirs: list[float], relative: float = 1e-5) -> None:
    assert len(ours) == len(theirs) >= 6
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), rtol=relative, atol=1e-6)


@pytest.mark.parametrize(("objective", "loss"), KINDS)
def test_portions_of_any_size_give_the_same_curve(project: Path, objective: str, loss: str) -> None:
    whole, _, _ = run(project, f"whole-{objective}{loss}", objective, loss, packing=False)
    assert max(whole) - min(whole) > 1e-3
    for portion in (1, 2, 4):
        found, _, _ = run(
            project, f"by-{portion}-{objective}{loss}", objective, loss, packing=False, micro_batch=portion
        )
        assert_same_curve(found, whole)


@pytest.mark.parametrize(("objective", "loss"), KINDS[:-1])
def test_packed_rows_give_the_same_curve(project: Path, objective: str, loss: str) -> None:
    plain, _, _ = run(project, f"rows-{objective}{loss}", objective, loss, packing=False)
    packed, _, _ = run(project, f"packed-{objective}{loss}", objective, loss, packing=True)
    assert_same_curve(packed, plain)


@pytest.mark.parametrize(("objective", "loss"), [("prefer", "dpo"), ("liked", ""), ("judge", "")])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_stopped_run_ends_like_one_that_never_stopped(project: Path, objective: str, loss: str, method: str) -> None:
    how = {"method": method, "learning_rate": 1e-3}
    if method == "lora":
        how["method_dropout"] = 0.1
    expected, _, whole = run(project, f"whole-{method}-{objective}", objective, loss, **how)
    voice = Recorder()

    def stop(event: Any) -> None:
        if isinstance(event, Stepped) and event.step == 3:
            voice.asked.append(Stop())

    voice.on_say = stop
    run(project, f"stopped-{method}-{objective}", objective, loss, voice=voice, **how)
    later = Recorder()
    _, _, result = run(project, f"stopped-{method}-{objective}", objective, loss, voice=later, **how)
    assert voice.losses() + later.losses() == expected
    assert result["weights"]["sha256"] == whole["weights"]["sha256"]


@pytest.mark.parametrize(("objective", "loss"), [("prefer", "dpo"), ("liked", ""), ("judge", "")])
def test_checks_in_between_change_nothing(project: Path, objective: str, loss: str) -> None:
    how = {"method_dropout": 0.1, "evaluate_every": 1000}
    expected, _, quiet = run(project, f"quiet-{objective}", objective, loss, **how)
    voice = Recorder()

    def ask(event: Any) -> None:
        if isinstance(event, Stepped):
            voice.asked += [EvaluateNow(), SampleNow(prompt="is it free on monday")]

    voice.on_say = ask
    _, _, busy = run(project, f"busy-{objective}", objective, loss, voice=voice, **how)
    assert voice.losses() == expected
    assert busy["weights"]["sha256"] == quiet["weights"]["sha256"]


@pytest.mark.parametrize(("objective", "loss"), KINDS)
def test_a_taste_is_learnt(project: Path, objective: str, loss: str) -> None:
    voice = Recorder()
    how = {"steps": 60, "learning_rate": 1e-2, "evaluate_every": 30}
    losses, _, _ = run(project, f"taste-{objective}{loss}", objective, loss, voice=voice, **how)
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:3])
    first, *_, last = voice.of(Evaluated)
    assert last.metrics["accuracy"] > 0.9
    assert last.metrics["margin"] > first.metrics["margin"]
    assert first.metrics["perplexity"] is None
    if loss in ("dpo", "ipo"):
        assert first.metrics["reward_accuracy"] == 0.5
        assert last.metrics["reward_accuracy"] > 0.9


def test_an_encoder_can_judge(project: Path) -> None:
    voice = Recorder()
    config = learning(project / "encoder", "judge", "full", learning_rate=3e-3, steps=50, evaluate_every=25)
    train_in(of(project, "judge"), config, "encoder", voice)
    assert voice.of(Evaluated)[-1].metrics["accuracy"] > 0.9


@pytest.mark.parametrize(("objective", "method"), [("prefer", "lora"), ("prefer", "full"), ("liked", "full"),
                                                   ("judge", "lora")])  # fmt: skip
def test_a_run_is_evaluated_against_the_model_it_began_with(project: Path, objective: str, method: str) -> None:
    how: dict[str, Any] = {"steps": 40, "learning_rate": 1e-2 if method == "lora" else 3e-3}
    name = f"judged-{objective}-{method}"
    _, folder, _ = run(project, name, objective, method=method, **how)
    config = learning(project / "model", objective, method, **how)
    told = compare_before_after(find_job(of(project, objective), folder, config), "test")
    assert told["examples"] == 16
    assert told["before"]["perplexity"] is None
    assert told["after"]["loss"] < told["before"]["loss"]
    assert told["after"]["accuracy"] > 0.9
    if objective == "prefer":
        assert told["before"]["margin"] == 0.0
        assert told["before"]["loss"] == pytest.approx(np.log(2), rel=1e-6)


def test_short_memory_halves_the_portions_also_where_a_step_is_looked_at_beforehand(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy, _, _ = run(project, "roomy", "liked", packing=False, evaluate_every=1000)
    attached = parts_module.attached
    looked: list[int] = []

    def cramped(*args: Any) -> Any:
        model = attached(*args)

        def refuse(_module: Any, _args: Any, named: dict[str, Any]) -> None:
            if len(named["input_ids"]) > 3:
                looked.append(len(named["input_ids"]))
                raise torch.OutOfMemoryError("CUDA out of memory")

        model.get_base_model().model.register_forward_pre_hook(refuse, with_kwargs=True)
        return model

    monkeypatch.setattr(parts_module, "attached", cramped)
    voice = Recorder()
    found, _, _ = run(project, "cramped", "liked", voice=voice, packing=False, evaluate_every=1000)
    assert looked
    assert [event.id for event in voice.of(Warned)][:2] == ["smaller-portions"] * 2
    assert_same_curve(found, roomy)
