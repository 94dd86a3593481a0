"""On a graphics card. Left out where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from studio.core.events import Stepped, Stop
from studio.engine.devices import find_device, memory_used
from studio.engine.jobs import find_job
from studio.engine.precision import choose_precision
from studio.evaluation.before_after import compare_before_after
from studio.export.take_away import Wish, take_away
from tests.tiny import Recorder, build_project, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.gpu]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_project(tmp_path_factory.mktemp("cuda"))


def test_the_card_is_chosen_and_described() -> None:
    device = find_device()
    assert device.kind == "cuda"
    assert 0 < device.free_bytes <= device.memory_bytes
    assert choose_precision("auto", device, 32).name == ("bf16" if device.bf16 else "fp32")


@pytest.mark.parametrize("method", ["lora", "last-layers", "full"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_on_the_card_learns_like_one_on_the_processor(project: Path, method: str, precision: str) -> None:
    curves = {}
    for device in ("cpu", "cuda"):
        voice = Recorder()
        settings = {"device": device, "precision": precision if device == "cuda" else "fp32", "epochs": 4}
        config = config_for(project / "model", method, **settings)
        train_in(project, config, f"{method}-{precision}-{device}", voice)
        curves[device] = voice.losses()
    allowed = 0.02 if precision == "fp32" else 0.25
    assert curves["cuda"] == pytest.approx(curves["cpu"], abs=allowed)
    assert curves["cuda"][-1] < 0.5 * curves["cuda"][0]


@pytest.mark.parametrize(
    "settings", [{"optimizer": "adamw-8bit"}, {"optimizer": "adamw-paged"}, {"precision": "fp16"}], ids=str
)
def test_what_only_a_card_can_do_learns_and_goes_on_after_a_stop(project: Path, settings: dict[str, str]) -> None:
    name = "-".join(settings.values())
    config = config_for(project / "model", "full", device="cuda", epochs=4, learning_rate=5e-3, **settings)
    whole, before, after = Recorder(), Recorder(), Recorder()
    train_in(project, config, f"{name}-whole", whole)
    before.on_say = lambda event: (
        before.asked.append(Stop()) if isinstance(event, Stepped) and event.step == 5 else None
    )
    train_in(project, config, f"{name}-halves", before)
    train_in(project, config, f"{name}-halves", after)
    assert len(before.losses()) == 5
    assert before.losses() + after.losses() == pytest.approx(whole.losses(), abs=0.05)
    assert whole.losses()[-1] < 0.7 * whole.losses()[0]


def test_a_run_on_the_card_can_be_measured_and_taken_away(project: Path, tmp_path: Path) -> None:
    config = config_for(project / "model", device="auto", epochs=4)
    train_in(project, config, "whole")
    job = find_job(project, project / "runs" / "whole", config)
    assert compare_before_after(job, "test")["verdict"]["id"] == "better"
    assert take_away(job, Wish("merged", tmp_path / "taken", {}))["check"]["ok"]


def test_memory_of_the_card_is_told_at_each_step(project: Path) -> None:
    voice = Recorder()
    train_in(project, config_for(project / "model", device="cuda"), "memory", voice)
    assert all(event.metrics["memory_bytes"] > 0 for event in voice.of(Stepped))
    assert memory_used(find_device()) == torch.cuda.max_memory_allocated()
