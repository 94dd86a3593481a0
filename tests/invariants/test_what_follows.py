"""What follows the weights from step to step: an average of them, the method's own memory, the scale of gradients. Each
goes on after a stop as if there had been none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from studio import plugins
from studio.core.events import Evaluated, EvaluateNow, Pause, Paused, Resume, Sampled, SampleNow, Stepped, Stop
from studio.core.problem import StudioError
from studio.engine import parts as parts_module
from studio.engine.averages import Average
from studio.engine.checkpoints import AVERAGE, METHOD, SCALE, Checkpoints
from studio.engine.jobs import find_job
from studio.engine.parts import put_together
from studio.engine.precision import Precision, Scaler
from studio.engine.train import Run, train
from studio.engine.tuned import open_tuned
from tests.tiny import Recorder, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def halves_and_whole(project: Path, config: Any, name: str) -> tuple[Recorder, dict[str, Any]]:
    """Train once in one go and once with a stop after step 5; both must be one. Returns the whole."""
    whole, before, after = Recorder(), Recorder(), Recorder()
    expected = train_in(project, config, f"{name}-whole", whole)
    before.on_say = lambda event: (
        before.asked.append(Stop()) if isinstance(event, Stepped) and event.step == 5 else None
    )
    train_in(project, config, f"{name}-halves", before)
    result = train_in(project, config, f"{name}-halves", after)
    assert before.losses() + after.losses() == whole.losses()
    assert len(before.losses()) == 5
    assert result["weights"]["sha256"] == expected["weights"]["sha256"]
    assert result["validation"] == expected["validation"]
    return whole, expected


def test_the_average_follows_its_formula() -> None:
    weight = torch.nn.Parameter(torch.zeros(3))
    average = Average({"w": weight}, decay=0.5)
    expected = torch.zeros(3)
    for step in range(1, 8):
        with torch.no_grad():
            weight += step
        average.follow(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight.detach()
    torch.testing.assert_close(average.tell()["w"], expected)
    trained = weight.detach().clone()
    with average.shown():
        torch.testing.assert_close(weight.detach(), expected)
        with average.set_aside():
            assert torch.equal(weight.detach(), trained)
        torch.testing.assert_close(weight.detach(), expected)
    assert torch.equal(weight.detach(), trained)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_an_averaged_run_trains_the_same_and_goes_on_after_a_stop(project: Path, method: str) -> None:
    config = config_for(project / "model", method, average=0.9, learning_rate=5e-3)
    whole, result = halves_and_whole(project, config, f"average-{method}")
    plain = Recorder()
    other = train_in(project, config_for(project / "model", method, learning_rate=5e-3), f"plain-{method}", plain)
    assert whole.losses() == plain.losses()
    assert [event.metrics["loss"] for event in whole.of(Evaluated)][1:] != [
        event.metrics["loss"] for event in plain.of(Evaluated)
    ][1:]
    assert result["weights"]["sha256"] != other["weights"]["sha256"]


def test_what_is_measured_is_what_is_kept(project: Path) -> None:
    """The kept file is the averaged weights of the best step, and measures as they did."""
    config = config_for(project / "model", average=0.9, keep=9)
    result = train_in(project, config, "average-kept")
    told = Checkpoints(project / "runs" / "average-kept" / "checkpoints").told(result["best_step"], AVERAGE)
    kept = load_file(result["weights"]["path"])
    named = {name.replace(".default.", "."): weight for name, weight in told.items()}
    assert named.keys() == kept.keys()
    assert all(torch.equal(kept[name], named[name]) for name in kept)
    job = find_job(project, project / "runs" / "average-kept", config)
    again = put_together(find_job(project, job.folder, config_for(project / "model")))
    weights = dict(open_tuned(job).model.named_parameters())
    with torch.no_grad():
        for name, weight in again.weights.items():
            weight.copy_(weights[name])
    found = Run(again, Recorder()).measure()
    assert found is not None
    assert found["loss"] == pytest.approx(result["validation"]["loss"], rel=1e-6)


def test_a_pause_amid_an_answer_saves_the_weights_that_train(project: Path) -> None:
    config = config_for(project / "model", average=0.9, keep=9)
    quiet = train_in(project, config, "average-quiet")
    voice = Recorder()

    def react(event: Any) -> None:
        if isinstance(event, Stepped) and event.step == 3:
            voice.asked += [SampleNow(prompt="is it free"), EvaluateNow(), Pause()]
        if isinstance(event, Paused):
            voice.asked.append(Resume())

    voice.on_say = react
    result = train_in(project, config, "average-paused", voice)
    assert voice.of(Paused) and voice.of(Sampled)
    assert result["weights"]["sha256"] == quiet["weights"]["sha256"]
    checkpoints = [Checkpoints(project / "runs" / name / "checkpoints") for name in ("average-quiet", "average-paused")]
    last = [load_file(each.path(10) / "weights.safetensors") for each in checkpoints]
    assert all(torch.equal(last[0][name], last[1][name]) for name in last[0])


@pytest.fixture
def real_plugins() -> Iterator[None]:
    """As in a worker: the plugins' own classes."""
    plugins.use_real()
    yield
    plugins.use_real(False)


@pytest.mark.usefixtures("real_plugins")
def test_additions_that_share_out_their_room_go_on_after_a_stop(project: Path) -> None:
    config = config_for(project / "model", "adalora", method_rank=4, method_target_rank=2, steps=12)
    halves_and_whole(project, config, "adalora")
    told = Checkpoints(project / "runs" / "adalora-halves" / "checkpoints").told(12, METHOD)
    assert any(name.startswith("left:") for name in told)


def in_fp16(*_: Any) -> Precision:
    return Precision("fp16", "cpu")


@pytest.fixture
def fp16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in fp16 on the processor, which is not offered there but works."""
    monkeypatch.setattr(parts_module, "choose_precision", in_fp16)


@pytest.mark.usefixtures("fp16")
@pytest.mark.parametrize("method", ["lora", "full"])
def test_fp16_learns_like_float32_and_goes_on_after_a_stop(project: Path, method: str) -> None:
    config = config_for(project / "model", method, learning_rate=5e-3)
    whole, _ = halves_and_whole(project, config, f"fp16-{method}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module, "choose_precision", lambda *_: Precision("fp32", "cpu"))
        exact = Recorder()
        train_in(project, config, f"fp32-{method}", exact)
    assert whole.losses() == pytest.approx(exact.losses(), abs=0.05)
    assert whole.losses() != exact.losses()
    told = Checkpoints(project / "runs" / f"fp16-{method}-halves" / "checkpoints").told(10, SCALE)
    assert told["_growth_tracker"].item() == 10


@pytest.mark.usefixtures("fp16")
def test_a_step_whose_gradients_overflow_is_left_out_and_the_scale_halved(project: Path) -> None:
    config = config_for(project / "model", "full")
    parts = put_together(find_job(project, project / "runs" / "overflow", config))
    parts.scaler.recall({**parts.scaler.tell(), "scale": torch.tensor(2.0**24)})
    before = {name: weight.detach().clone() for name, weight in parts.weights.items()}
    run = Run(parts, Recorder())
    run.step()
    assert all(torch.equal(weight, before[name]) for name, weight in parts.weights.items())
    assert parts.scaler.tell()["scale"].item() == 2.0**23
    train(parts, Recorder())
    assert parts.scaler.tell()["scale"].item() < 2.0**23
    assert any(not torch.equal(weight, before[name]) for name, weight in parts.weights.items())


@pytest.mark.usefixtures("fp16")
def test_gradients_that_no_scale_makes_small_enough_end_the_run_in_words(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain: Callable[..., Any] = Scaler.unscale

    def endless(self: Scaler, optimizer: torch.optim.Optimizer) -> None:
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = torch.full_like(weight, float("inf"))
        plain(self, optimizer)

    monkeypatch.setattr(Scaler, "unscale", endless)
    voice = Recorder()
    with pytest.raises(StudioError) as told:
        train_in(project, config_for(project / "model", steps=40, patience=0), "endless", voice)
    assert told.value.id == "diverged"
    assert len(voice.of(Stepped)) == 16


def test_fp16_is_refused_in_words_without_a_card(project: Path) -> None:
    with pytest.raises(StudioError) as told:
        train_in(project, config_for(project / "model", precision="fp16"), "refused")
    assert "graphics card" in told.value.happened
