"""The number format that suits a device and a model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from studio.core.device import Device
from studio.core.events import Sampled
from studio.core.problem import StudioError
from studio.engine.devices import find_device
from studio.engine.jobs import find_job
from studio.engine.parts import put_together
from studio.engine.precision import Precision, choose_precision
from studio.engine.scorers import ChunkedScorer
from studio.engine.train import train
from tests.tiny import Recorder, build_project, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
CPU = Device(kind="cpu", name="", memory_bytes=1, free_bytes=1, bf16=True)
CARD = Device(kind="cuda", name="", memory_bytes=1, free_bytes=1, bf16=True)


@pytest.mark.parametrize(
    ("device", "width", "wanted", "name"),
    [
        (CPU, 192, "auto", "fp32"),
        (CPU, 2048, "auto", "bf16"),
        (CPU.model_copy(update={"bf16": False}), 2048, "auto", "fp32"),
        (CPU, 192, "bf16", "bf16"),
        (CARD, 192, "auto", "bf16"),
        (CARD, 4096, "fp32", "fp32"),
        (CARD.model_copy(update={"bf16": False}), 4096, "auto", "fp32"),
    ],
)
def test_the_format_suits_the_device_and_the_model(device: Device, width: int, wanted: str, name: str) -> None:
    assert choose_precision(wanted, device, width).name == name


def test_frozen_weights_are_halved_on_a_card_only() -> None:
    assert choose_precision("bf16", CARD, 64).frozen == torch.bfloat16
    assert choose_precision("bf16", CPU, 64).frozen == torch.float32


def test_bf16_learns_like_float32(tmp_path: Path) -> None:
    project = build_project(tmp_path)
    curves = []
    for precision in ("fp32", "bf16"):
        voice = Recorder()
        train_in(project, config_for(project / "model", precision=precision, epochs=4), precision, voice)
        curves.append(voice.losses())
    assert curves[1] == pytest.approx(curves[0], abs=0.2)
    assert curves[1] != curves[0]
    assert curves[1][-1] < 0.5 * curves[1][0]


@pytest.mark.parametrize("method", ["lora", "last-layers", "full"])
def test_frozen_bf16_beside_trained_float32_works_as_on_a_card(
    tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a graphics card does, on the processor: frozen weights in bf16, trained ones in float32."""
    monkeypatch.setattr(Precision, "frozen", property(lambda self: torch.bfloat16))
    project = build_project(tmp_path)
    config = config_for(project / "model", method, precision="bf16", epochs=4)
    parts = put_together(find_job(project, project / "runs" / "mixed", config))
    trained = set(parts.weights)
    kinds = {weight.dtype for name, weight in parts.model.named_parameters() if name not in trained}
    assert {weight.dtype for weight in parts.weights.values()} == {torch.float32}
    assert kinds == (set() if method == "full" else {torch.bfloat16})
    assert parts.packing and isinstance(parts.scorer, ChunkedScorer)
    voice = Recorder()
    train(parts, voice)
    assert voice.losses()[-1] < 0.5 * voice.losses()[0]
    assert voice.of(Sampled)


def test_a_graphics_card_that_is_not_there_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert find_device("auto").kind == "cpu"
    with pytest.raises(StudioError) as told:
        find_device("cuda")
    assert told.value.id == "no-graphics-card"


def test_a_card_whose_driver_is_too_old_is_told_apart_from_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver."

    def refuse() -> None:
        raise RuntimeError(words)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "init", refuse)
    with pytest.raises(StudioError, match="too old") as told:
        find_device("cuda")
    assert told.value.id == "driver-too-old"
    assert find_device("auto").kind == "cpu"
    words = "Found no NVIDIA driver on your system."
    with pytest.raises(StudioError) as told:
        find_device("cuda")
    assert told.value.id == "no-graphics-card"
