"""Every built-in method keeps the contract on decoders, encoders and encoder-decoders, with and without a new head."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from studio.core.model_folder import read_model
from studio.core.paths import resources
from studio.plugins import methods
from studio.testing import method_contract
from tests.contracts.making import make_model

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
FAMILIES = ("llama", "bert", "t5")
STARTERS = ("decoder", "encoder", "encoder-decoder")
CASES: list[tuple[str, dict[str, Any]]] = [
    ("full", {}),
    ("last-layers", {"layers": 1}),
    ("last-layers", {"layers": 3, "head": True}),
    ("layers", {"part": "early"}),
    ("layers", {"part": "own", "own": "1, 2-2"}),
    ("head", {}),
    ("adapters", {"width": 6}),
    ("adapters", {"width": 6, "form": "houlsby"}),
    ("lora", {"rank": 4}),
    ("lora", {"rank": 4, "target": "attention", "rslora": True, "second_rate": 8}),
    ("lora", {"rank": 4, "dora": True}),
    ("lora", {"rank": 4, "start": "pissa", "rslora": True}),
    ("lora", {"rank": 4, "start": "olora"}),
]
NAMES = [" ".join([id, *(f"{key}={value}" for key, value in settings.items())]) for id, settings in CASES]
Head = Literal["language", "labels", "tags"]


def rounding_of(settings: dict[str, Any]) -> float:
    """A start is trained as two additions and saved as one."""
    return 1e-5 if settings.get("start") else 1e-6


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    families = (*FAMILIES, "gpt2", "qwen3", "roberta", "distilbert", "t5-gated")
    return {family: make_model(folder / family, family) for family in families}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("id", "settings"), CASES, ids=NAMES)
def test_it_keeps_the_contract(
    id: str, settings: dict[str, Any], family: str, models: dict[str, Path], tmp_path: Path
) -> None:
    method_contract(methods()[id], settings, models[family], tmp_path, rounding=rounding_of(settings))


@pytest.mark.parametrize("head", ["labels", "tags"])
@pytest.mark.parametrize("family", FAMILIES[:2])
@pytest.mark.parametrize(("id", "settings"), CASES, ids=NAMES)
def test_it_keeps_the_contract_with_a_new_head(
    id: str, settings: dict[str, Any], family: str, head: Head, models: dict[str, Path], tmp_path: Path
) -> None:
    method_contract(methods()[id], settings, models[family], tmp_path, head, rounding_of(settings))


@pytest.mark.parametrize(("id", "settings"), CASES, ids=NAMES)
@pytest.mark.parametrize("head", ["labels", "tags"])
def test_it_keeps_the_contract_with_a_new_head_on_an_encoder_decoder(
    id: str, settings: dict[str, Any], head: Head, models: dict[str, Path], tmp_path: Path
) -> None:
    method_contract(methods()[id], settings, models["t5"], tmp_path, head, rounding_of(settings))


@pytest.mark.parametrize("family", ["gpt2", "qwen3", "roberta", "distilbert", "t5-gated"])
@pytest.mark.parametrize("id", ["full", "last-layers", "layers", "head", "lora", "adapters"])
def test_it_keeps_the_contract_in_other_families(id: str, family: str, models: dict[str, Path], tmp_path: Path) -> None:
    method_contract(methods()[id], {}, models[family], tmp_path)


@pytest.mark.parametrize("starter", STARTERS)
@pytest.mark.parametrize("id", ["full", "last-layers", "layers", "head", "lora", "adapters"])
def test_it_keeps_the_contract_on_the_starter_models(id: str, starter: str, tmp_path: Path) -> None:
    folder = resources() / "starters" / starter
    method_contract(methods()[id], {}, folder, tmp_path)
    assert len(methods()[id].picture(read_model(folder), methods()[id].settings({})).layers) >= 3
