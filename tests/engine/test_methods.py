"""The shipped methods keep the contract of methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.core.model_folder import read_model
from studio.plugins import methods
from studio.testing import method_contract
from tests.tiny import build_model

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
CASES = [
    ("full", {}),
    ("last-layers", {"layers": 1}),
    ("last-layers", {"layers": 2, "head": True}),
    ("last-layers", {"layers": 9}),
    ("lora", {"rank": 4}),
    ("lora", {"rank": 8, "alpha": 8, "rslora": True, "target": "attention"}),
    ("lora", {"rank": 3, "dora": True}),
]


@pytest.mark.parametrize(("id", "settings"), CASES)
@pytest.mark.parametrize("folder", ["tiny_model", "untied_model"])
def test_a_method_keeps_its_contract(
    id: str, settings: dict[str, Any], folder: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    method_contract(methods()[id], settings, request.getfixturevalue(folder), tmp_path)


def test_small_models_take_larger_steps() -> None:
    for method in methods():
        rates = [method.learning_rate(_sized(count)) for count in (3_000_000, 500_000_000, 7_000_000_000)]
        assert rates == sorted(rates, reverse=True)
        assert 1e-5 <= rates[2] <= rates[0] <= 3e-2


def test_the_head_of_a_tied_model_gets_weights_of_its_own(tiny_model: Path) -> None:
    import torch

    from studio.engine.devices import find_device
    from studio.engine.models import load_base

    base = load_base(read_model(tiny_model), dtype=torch.float32, device=find_device("cpu"))
    method = methods()["last-layers"]
    model = method.attach(base, method.settings({"layers": 1, "head": True}))
    assert not model.get_input_embeddings().weight.requires_grad
    assert model.get_output_embeddings().weight.requires_grad


def test_backpropagation_stops_at_the_first_layer_that_trains(tiny_model: Path) -> None:
    import torch

    from studio.engine.devices import find_device
    from studio.engine.models import load_base

    base = load_base(read_model(tiny_model), dtype=torch.float32, device=find_device("cpu"))
    method = methods()["last-layers"]
    model = method.attach(base, method.settings({"layers": 1}))
    reached: list[bool] = []
    for layer in model.model.layers:
        layer.register_forward_hook(lambda _module, _inputs, output: reached.append(output.requires_grad))
    model(input_ids=torch.tensor([[1, 9, 10]]))
    assert reached == [False, True]


def _sized(parameters: int) -> Any:
    from studio.core.model_info import ModelInfo

    return ModelInfo(
        path="", name="", architecture="decoder", model_type="llama", parameters=parameters, bytes=0, hidden=64,
        layers=2, heads=4, key_value_heads=4, intermediate=128, vocabulary=10, context=10,
    )  # fmt: skip


def test_layers_are_found_in_other_families_too(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "qwen", kind="qwen2")
    method_contract(methods()["lora"], {"rank": 2}, folder, tmp_path / "lora")
    method_contract(methods()["last-layers"], {"layers": 1}, folder, tmp_path / "last-layers")
    info = read_model(folder)
    assert methods()["last-layers"].picture(info, methods()["last-layers"].settings({})).layers == ("trained",) * 2
