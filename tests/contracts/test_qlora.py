"""QLoRA on the processor, for real: it trains, checks in between change nothing, and it merges into the exact base."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.api import StudioError, anatomy
from studio.core.model_folder import read_model
from studio.plugins import methods
from studio.testing import method_contract
from tests.contracts.making import make_model

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {family: make_model(folder / family, family) for family in ("llama", "bert", "t5")}


def load(folder: Path, **options: Any) -> Any:
    import torch
    import transformers

    kinds = {"decoder": "CausalLM", "encoder": "MaskedLM", "encoder-decoder": "Seq2SeqLM"}
    kind = getattr(transformers, f"AutoModelFor{kinds[read_model(folder).architecture]}")
    return kind.from_pretrained(
        str(folder),
        dtype=torch.float32,
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=True,
        **options,
    ).eval()


def logits(model: Any) -> Any:
    import torch

    ids = torch.arange(3, 15)[None]
    with torch.no_grad():
        return model.eval()(input_ids=ids, labels=ids).logits


def trained(method: Any, settings: Any, folder: Path, *, checks: bool) -> tuple[Any, list[float]]:
    """Twelve steps, with answers in between or without."""
    import torch

    base = load(folder, **method.load_options(settings))
    torch.manual_seed(1)
    model = method.attach(base, settings)
    optimizer = torch.optim.AdamW([w for w in model.parameters() if w.requires_grad], lr=1e-2)
    ids = torch.arange(3, 15)[None]
    losses = []
    for _ in range(12):
        if checks:
            logits(model)
        model.train()
        optimizer.zero_grad()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return model, losses


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("family", ["llama", "bert", "t5"])
def test_it_learns_on_a_compressed_base_and_is_kept_exactly(
    bits: int, family: str, models: dict[str, Path], tmp_path: Path
) -> None:
    import torch

    method = methods()["qlora"]
    settings: Any = method.settings({"rank": 4, "bits": bits})
    model, losses = trained(method, settings, models[family], checks=False)
    assert losses[-1] < 0.8 * losses[0]
    counted = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    assert counted == method.trainable(read_model(models[family]), settings)
    method.save(model, tmp_path)
    again = method.load(load(models[family], **method.load_options(settings)), tmp_path)
    torch.testing.assert_close(logits(again), logits(model), rtol=0, atol=1e-6)
    with pytest.raises(StudioError, match="compressed model"):
        method.merge(again)
    exact = method.load(load(models[family]), tmp_path)
    told = logits(exact)
    torch.testing.assert_close(logits(method.merge(exact)), told, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bits", [4, 8])
def test_answers_in_between_change_nothing(bits: int, models: dict[str, Path]) -> None:
    method = methods()["qlora"]
    settings = method.settings({"rank": 4, "bits": bits})
    _, plain = trained(method, settings, models["llama"], checks=False)
    _, checked = trained(method, settings, models["llama"], checks=True)
    assert plain == checked


def test_the_tables_of_the_layers_are_compressed_and_nothing_else(models: dict[str, Path]) -> None:
    method = methods()["qlora"]
    settings: Any = method.settings({})
    for family, folder in models.items():
        model = load(folder, **method.load_options(settings))
        packed = {name for name, part in model.named_modules() if type(part).__name__ == "Linear4bit"}
        assert packed, family
        assert not [name for name in packed if name.startswith(("lm_head", "cls"))]
        info = read_model(folder)
        assert method.compressed(info, settings)[0] >= sum(
            model.get_submodule(name).in_features * model.get_submodule(name).out_features for name in packed
        )


def test_a_base_that_has_answered_can_still_be_trained(models: dict[str, Path], tmp_path: Path) -> None:
    method = methods()["qlora"]
    settings = method.settings({"rank": 4})
    base = load(models["llama"], **method.load_options(settings))
    before = base.get_submodule("model.layers.0.self_attn.q_proj").weight.data.clone()
    logits(base)
    assert (base.get_submodule("model.layers.0.self_attn.q_proj").weight.data == before).all()


KINDS = [
    ({"start": "pissa"}, 4), ({"start": "olora"}, 4), ({"start": "pissa"}, 8), ({"start": "olora"}, 8),
    ({"dora": True}, 4),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "bits"), KINDS, ids=str)
def test_no_kind_of_addition_changes_the_first_answer_of_a_compressed_model(
    kind: dict[str, Any], bits: int, models: dict[str, Path]
) -> None:
    import torch

    method = methods()["qlora"]
    settings = method.settings({"rank": 4, "bits": bits, **kind})
    base = load(models["llama"], **method.load_options(settings))
    before = logits(base)
    torch.testing.assert_close(logits(method.attach(base, settings)), before, rtol=1e-4, atol=2e-3 * bits)


def test_what_can_t_stand_on_eight_bits_is_refused_beforehand(models: dict[str, Path]) -> None:
    method = methods()["qlora"]
    problems = method.check(read_model(models["llama"]), method.settings({"rank": 4, "dora": True, "bits": 8}))
    assert [problem.id for problem in problems if problem.severity == "blocks"] == ["dora-in-eight-bits"]


@pytest.mark.parametrize("family", ["bert", "t5"])
def test_a_new_head_on_a_compressed_model_is_kept_whole_and_trains(
    family: str, models: dict[str, Path], tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification

    method = methods()["qlora"]
    settings: Any = method.settings({"rank": 4})

    def fresh(seed: int) -> Any:
        torch.manual_seed(seed)
        return AutoModelForSequenceClassification.from_pretrained(
            str(models[family]),
            num_labels=3,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            **method.load_options(settings),
        ).eval()

    model = method.attach(fresh(1), settings)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    info = anatomy.with_head(read_model(models[family]), "labels", 3)
    assert sum(weight.numel() for weight in trained) == method.trainable(info, settings)
    ids = torch.cat([torch.arange(3, 14), torch.tensor([2])])[None]
    optimizer = torch.optim.AdamW(trained, lr=1e-2)
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        loss = model.train()(input_ids=ids, labels=torch.tensor([1])).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    method.save(model, tmp_path)
    with torch.no_grad():
        told = model.eval()(input_ids=ids).logits
        again = method.load(fresh(2), tmp_path)(input_ids=ids).logits
    torch.testing.assert_close(again, told, rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", ["llama", "bert", "t5"])
def test_on_an_exact_base_it_keeps_the_contract_as_lora_does(
    family: str, models: dict[str, Path], tmp_path: Path
) -> None:
    method_contract(methods()["qlora"], {"rank": 4}, models[family], tmp_path)
