"""Narrow passages are adapters like peft's own: they can be switched off, and several kept for one model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.api import StudioError
from studio.plugins import methods
from tests.contracts.making import make_model

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "llama", "llama")


def base(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True
    ).eval()


def logits(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return model.eval()(input_ids=torch.arange(3, 15)[None]).logits


def trained(folder: Path, kept: Path, seed: int, **settings: Any) -> Any:
    """An adapter with weights as training leaves them, saved; its logits."""
    import torch

    method = methods()["adapters"]
    torch.manual_seed(seed)
    model = method.attach(base(folder), method.settings({"width": 4, **settings}))
    for weight in model.parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.5)
    kept.mkdir()
    method.save(model, kept)
    return logits(model)


def test_several_are_kept_for_one_model_and_switched(folder: Path, tmp_path: Path) -> None:
    import torch

    untouched = logits(base(folder))
    first = trained(folder, tmp_path / "first", 1)
    second = trained(folder, tmp_path / "second", 2, form="houlsby")
    model = methods()["adapters"].load(base(folder), tmp_path / "first")
    model.load_adapter(
        str(tmp_path / "second"),
        "second",
        is_trainable=False,
    )
    assert torch.equal(logits(model), first)
    model.set_adapter("second")
    assert torch.equal(logits(model), second)
    with model.disable_adapter():
        assert torch.equal(logits(model), untouched)
    assert torch.equal(logits(model), second)
    model.delete_adapter("second")
    model.set_adapter("default")
    assert torch.equal(logits(model), first)
    assert torch.equal(logits(model.unload()), untouched)


@pytest.mark.parametrize(("form", "count"), [("pfeiffer", 2), ("houlsby", 4)])
def test_one_or_two_stand_in_each_of_two_layers(form: str, count: int, folder: Path) -> None:
    method = methods()["adapters"]
    model = method.attach(base(folder), method.settings({"form": form}))
    places = [name for name, part in model.named_modules() if type(part).__name__ == "AdapterLayer"]
    assert len(places) == count
    assert all(name.endswith(("down_proj", "o_proj")) for name in places)


def test_they_change_nothing_before_they_are_trained_and_are_not_merged(folder: Path) -> None:
    import torch

    method = methods()["adapters"]
    model = method.attach(base(folder), method.settings({}))
    assert torch.equal(logits(model), logits(base(folder)))
    with pytest.raises(StudioError, match="can't be folded"):
        method.merge(model)
