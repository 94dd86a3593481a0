"""Activations are computed twice where a run would not fit otherwise, and the run stays the same, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.config import RunConfig
from studio.core.demands import activation_bytes, tokens_at_once
from studio.core.device import Device
from studio.core.events import Stepped, Stop, Warned
from studio.core.model_folder import read_model
from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.core.train_settings import TrainSettings
from studio.engine import parts as parts_module
from studio.engine.checkpoints import Checkpoints
from studio.engine.devices import find_device
from studio.engine.jobs import find_job
from studio.engine.parts import put_together
from studio.engine.train import Run, train
from tests.tiny import Recorder, build_project, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return build_project(tmp_path_factory.mktemp("project"))


def layers_run(model: Any) -> list[str]:
    """Notes each time the first layer is computed."""
    ran: list[str] = []
    model.get_base_model().model.layers[0].self_attn.register_forward_pre_hook(lambda *_: ran.append("again"))
    return ran


@pytest.mark.parametrize(("memory", "chosen", "saves"), [
    (16_000_000_000, "auto", False), (200_000, "auto", True), (16_000_000_000, "on", True), (200_000, "off", False),
])  # fmt: skip
def test_it_is_done_where_the_run_does_not_fit_otherwise(
    project: Path, memory: int, chosen: str, saves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = find_device("cpu").model_copy(update={"memory_bytes": memory})
    monkeypatch.setattr(parts_module, "find_device", lambda *_: device)
    folder = project / "runs" / f"{chosen}-{memory}"
    config = config_for(project / "model", checkpointing=chosen, micro_batch=8, steps=3, packing=False)
    parts = put_together(find_job(project, folder, config))
    assert parts.facts()["saves_activations"] is saves
    ran = layers_run(parts.model)
    Run(parts, Recorder()).step()
    assert len(ran) == (2 if saves else 1)


def test_the_curve_is_the_same_bit_for_bit(project: Path) -> None:
    curves = []
    for chosen in ("off", "on"):
        voice = Recorder()
        train_in(project, config_for(project / "model", checkpointing=chosen, method_dropout=0.1), chosen, voice)
        curves.append(voice.losses())
    assert curves[0] == curves[1]


def cramped(project: Path, name: str, chosen: str, monkeypatch: pytest.MonkeyPatch) -> tuple[RunConfig, Recorder]:
    """A run whose memory holds one example only when activations are not kept."""
    attached = parts_module.attached

    def without_room(*args: Any) -> Any:
        model = attached(*args)
        plain = model.get_base_model().model

        def refuse(_module: Any, _args: Any, named: dict[str, Any]) -> None:
            if model.training and not plain.layers[0].gradient_checkpointing:
                raise torch.OutOfMemoryError("CUDA out of memory")

        plain.register_forward_pre_hook(refuse, with_kwargs=True)
        return model

    monkeypatch.setattr(parts_module, "attached", without_room)
    config = config_for(project / "model", checkpointing=chosen, packing=False)
    voice = Recorder()
    voice.on_say = lambda event: voice.asked.append(Stop()) if isinstance(event, Stepped) and event.step == 5 else None
    train_in(project, config, name, voice)
    return config, voice


def test_one_example_that_does_not_fit_is_computed_twice_and_so_after_a_stop(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Recorder()
    train_in(project, config_for(project / "model", packing=False, micro_batch=1), "roomy", expected)
    config, voice = cramped(project, "cramped", "auto", monkeypatch)
    assert [event.id for event in voice.of(Warned)] == ["smaller-portions"] * 3 + ["saves-activations"]
    folder = project / "runs" / "cramped"
    parts = put_together(find_job(project, folder, config))
    parts.progress = Checkpoints(folder / "checkpoints").restore(5, parts.training)
    after = Recorder()
    train(parts, after)
    assert not after.of(Warned)
    assert parts.facts()["saves_activations"]
    assert voice.losses() + after.losses() == expected.losses()


def test_who_never_wants_it_is_told_that_one_example_does_not_fit(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudioError) as told:
        cramped(project, "never", "off", monkeypatch)
    assert told.value.id == "out-of-memory"


def test_what_older_projects_kept_as_yes_or_no_still_loads() -> None:
    assert TrainSettings.model_validate({"checkpointing": True}).checkpointing == "on"
    assert TrainSettings.model_validate({"checkpointing": False}).checkpointing == "auto"
    assert TrainSettings().checkpointing == "auto"


def test_on_a_processor_wide_models_take_smaller_portions_and_none_more_than_a_quarter_of_the_memory() -> None:
    narrow = read_model(resources() / "starters" / "decoder")
    wide = narrow.model_copy(update={"hidden": 4 * narrow.hidden})
    roomy = Device(kind="cpu", name="", memory_bytes=64_000_000_000, free_bytes=1)
    assert tokens_at_once(narrow, roomy, False) > tokens_at_once(wide, roomy, False) >= 512
    tight = roomy.model_copy(update={"memory_bytes": 4 * 300 * activation_bytes(wide, roomy, False)})
    assert tokens_at_once(wide, tight, False) == 300
