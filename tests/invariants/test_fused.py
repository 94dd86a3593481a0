"""LoRA computed in place is LoRA: the same outputs, gradients and curves as peft's own steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.config import RunConfig
from studio.engine import parts
from studio.engine.devices import find_device
from studio.engine.fused import LoraProduct, fuse
from studio.engine.models import load_base
from studio.plugins import methods
from tests.contracts.making import make_model
from tests.tiny import Recorder, config_for, train_in

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {family: make_model(folder / family, family) for family in ("llama", "bert", "t5", "gpt2")}


def with_lora(folder: Path, **settings: Any) -> Any:
    from studio.core.model_folder import read_model

    torch.manual_seed(3)
    method = methods()["lora"]
    model = method.attach(
        load_base(read_model(folder), device=find_device("cpu"), dtype=torch.float32),
        method.settings({"rank": 4, **settings}),
    )
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    return model.eval()


def told(model: Any) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Logits of a fixed text and the gradients of a fixed sum of them."""
    model.zero_grad()
    ids = torch.arange(1, 13)[None] % 40
    more = {"decoder_input_ids": ids[:, :5]} if model.config.is_encoder_decoder else {}
    logits = model(input_ids=ids, **more).logits
    (logits * torch.linspace(-1, 1, logits.numel()).view_as(logits)).sum().backward()
    grads = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    return logits.detach(), grads


@torch.no_grad()
def says(model: Any) -> torch.Tensor:
    return model(input_ids=torch.arange(1, 13)[None]).logits


def assert_same(ours: tuple[torch.Tensor, dict[str, torch.Tensor]], theirs: Any, rtol: float = 1e-5) -> None:
    torch.testing.assert_close(ours[0], theirs[0], rtol=rtol, atol=rtol)
    assert ours[1].keys() == theirs[1].keys()
    for name, grad in ours[1].items():
        torch.testing.assert_close(grad, theirs[1][name], rtol=rtol, atol=rtol * float(grad.abs().max()), msg=name)


@pytest.mark.parametrize("family", ["llama", "bert", "t5"])
def test_outputs_and_gradients_are_those_of_peft(family: str, models: dict[str, Path]) -> None:
    model = with_lora(models[family])
    theirs = told(model)
    assert fuse(model) > 8
    assert_same(told(model), theirs)


def test_in_bf16_it_is_as_near_as_bf16_is(models: dict[str, Path]) -> None:
    model = with_lora(models["llama"])
    exact = told(model)
    fuse(model)
    with torch.autocast("cpu", torch.bfloat16):
        ours = told(model)
    scale = float(exact[0].abs().max())
    assert float((ours[0].float() - exact[0]).abs().max()) < 0.05 * scale
    assert all(grad.dtype == torch.float32 for grad in ours[1].values())


def test_the_gradient_is_the_derivative() -> None:
    torch.manual_seed(1)
    x, a, b = (torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((2, 3, 5), (2, 5), (4, 2)))
    weight, bias = torch.randn(4, 5, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda *given: LoraProduct.apply(given[0], (weight, bias), *given[1:], 0.7), (x, a, b)
    )


@pytest.mark.parametrize("settings", [{"dora": True}, {"dropout": 0.1}], ids=["DoRA", "dropout"])
def test_what_is_more_than_a_product_stays_with_peft(settings: dict[str, Any], models: dict[str, Path]) -> None:
    assert fuse(with_lora(models["llama"], **settings)) == 0


def test_gpt2_s_turned_weights_stay_with_peft(models: dict[str, Path]) -> None:
    assert fuse(with_lora(models["gpt2"])) == 0


def switched_off(model: Any) -> torch.Tensor:
    with model.disable_adapter():
        return says(model)


def merged(model: Any) -> torch.Tensor:
    return says(model.merge_and_unload())


@pytest.mark.parametrize("how", [switched_off, merged])
def test_switching_off_and_merging_work_as_before(how: Callable[[Any], torch.Tensor], models: dict[str, Path]) -> None:
    plain, fused = with_lora(models["llama"]), with_lora(models["llama"])
    fuse(fused)
    torch.testing.assert_close(how(fused), how(plain), rtol=1e-6, atol=1e-6)


def test_a_whole_run_follows_the_same_curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.tiny import build_project

    project = build_project(tmp_path)

    def losses(name: str, **train: Any) -> list[float]:
        voice = Recorder()
        config: RunConfig = config_for(project / "model", "lora", **train)
        train_in(project, config, name, voice)
        return voice.losses()

    ours, checkpointed = losses("fused"), losses("checkpointed", checkpointing="on")
    monkeypatch.setattr(parts, "fuse", lambda model: 0)
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(losses("plain")), rtol=1e-5, atol=1e-6)
    assert checkpointed == ours
