"""Every method that ships beside the studio keeps the contract on every architecture, or refuses it beforehand."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Literal

import pytest

from studio import plugins
from studio.core.model_folder import read_model
from studio.core.paths import plugins_folder, resources, user_folder
from studio.testing import method_contract

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.usefixtures("real_plugins")]
CASES: list[tuple[str, dict[str, Any]]] = [
    ("adalora", {"rank": 6, "target_rank": 3}),
    ("vera", {"rank": 16}),
    ("loha", {"rank": 4}),
    ("lokr", {"rank": 2}),
    ("lokr", {"rank": 8, "target": "attention"}),
    ("oft", {"block": 8}),
    ("boft", {"block": 4}),
    ("hra", {"rank": 4}),
    ("miss", {"rank": 8}),
    ("fourierft", {"count": 50}),
    ("ia3", {}),
    ("norms", {}),
    ("tokens", {"tokens": "0-6, 11"}),
    ("bitfit", {}),
    ("prompt-tuning", {"tokens": 5}),
    ("p-tuning", {"tokens": 5, "width": 16}),
    ("prefix-tuning", {"tokens": 5}),
]
NAMES = [" ".join([id, *(f"{key}={value}" for key, value in settings.items())]) for id, settings in CASES]


def refusal(id: str, settings: dict[str, Any], folder: Path, new_head: int = 0) -> str:
    """Why a method does not fit a model; empty when it does."""
    method = plugins.methods()[id]
    model = read_model(folder).model_copy(update={"new_head": new_head})
    problems = method.check(model, method.settings(settings))
    return " ".join(problem.sentence for problem in problems if problem.severity == "blocks")


@pytest.mark.parametrize("family", ["llama", "bert", "t5", "gpt2"])
@pytest.mark.parametrize(("id", "settings"), CASES, ids=NAMES)
def test_it_keeps_the_contract_or_refuses(
    id: str, settings: dict[str, Any], family: str, models: dict[str, Path], tmp_path: Path
) -> None:
    if refusal(id, settings, models[family]):
        assert (id, family) in REFUSED
    else:
        assert (id, family) not in REFUSED
        method_contract(plugins.methods()[id], settings, models[family], tmp_path)


@pytest.mark.parametrize(
    ("family", "head"), [("llama", "labels"), ("bert", "labels"), ("bert", "tags"), ("t5", "labels")]
)
@pytest.mark.parametrize(("id", "settings"), CASES, ids=NAMES)
def test_it_keeps_the_contract_with_a_new_head_or_refuses(
    id: str,
    settings: dict[str, Any],
    family: str,
    head: Literal["labels", "tags"],
    models: dict[str, Path],
    tmp_path: Path,
) -> None:
    if refusal(id, settings, models[family], new_head=99):
        assert (id, family) in REFUSED or id == "tokens" or (family == "t5" and id in PROMPTS)
    else:
        method_contract(plugins.methods()[id], settings, models[family], tmp_path, head)


PROMPTS = ("prompt-tuning", "p-tuning", "prefix-tuning")
REFUSED = (
    {("bitfit", "llama"), ("bitfit", "t5"), ("tokens", "bert")}
    | {(id, "bert") for id in PROMPTS}
    | {(id, "gpt2") for id in ("loha", "lokr", "oft", "boft", "hra", "miss", "fourierft")}
)


EXTREMES: list[tuple[str, str, tuple[Any, ...]]] = [
    ("adalora", "target_rank", (1, 12, 300)),
    ("lokr", "rank", (1, 7, 300)),
    ("oft", "block", (1, 2, 5, 16, 64)),
    ("boft", "block", (1, 2, 3, 16, 64)),
    ("hra", "rank", (1, 3, 300)),
    ("miss", "rank", (1, 5, 33, 300)),
    ("fourierft", "count", (1, 1024, 1025)),
    ("tokens", "tokens", ("0", "45", "46", "47", "3-1", "x", "")),
    ("prompt-tuning", "tokens", (1, 32, 33)),
    ("prefix-tuning", "tokens", (1, 32, 33)),
]


@pytest.mark.parametrize(("id", "setting", "values"), EXTREMES, ids=[id for id, _, _ in EXTREMES])
def test_a_setting_works_or_is_refused_beforehand(
    id: str, setting: str, values: tuple[Any, ...], models: dict[str, Path]
) -> None:
    from transformers import AutoModelForCausalLM

    method, folder = plugins.methods()[id], models["llama"]
    worked = []
    for value in values:
        if not refusal(id, {setting: value}, folder):
            base = AutoModelForCausalLM.from_pretrained(
                str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True
            )
            chosen = method.settings({setting: value})
            model = method.attach(base, chosen)
            counted = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
            assert counted == method.trainable(read_model(folder), chosen), value
            worked.append(value)
    assert worked


@pytest.mark.parametrize("starter", ["decoder", "encoder", "encoder-decoder"])
def test_what_is_recommended_works_on_the_starter_models(starter: str, tmp_path: Path) -> None:
    folder = resources() / "starters" / starter
    for id in dict.fromkeys(id for id, _ in CASES):
        if not refusal(id, {}, folder):
            method_contract(plugins.methods()[id], {}, folder, tmp_path / id)


def test_an_interrupted_shrinking_goes_on_as_if_it_had_not_been(models: dict[str, Path]) -> None:
    import torch

    method = plugins.methods()["adalora"]
    settings = method.settings({"rank": 4, "target_rank": 2})
    whole = shrinking(method, settings, models["llama"], range(1, 13))
    first = shrinking(method, settings, models["llama"], range(1, 8))
    second = shrinking(method, settings, models["llama"], range(8, 13), first)
    for name, weight in weights_of(whole).items():
        assert torch.equal(weight, weights_of(second)[name]), name
    singular = torch.cat([weight for name, weight in weights_of(whole).items() if "lora_E" in name])
    assert int((singular == 0).sum()) == len(singular) // 2


def weights_of(model: Any) -> dict[str, Any]:
    return {name: weight.detach() for name, weight in model.named_parameters() if weight.requires_grad}


def shrinking(method: Any, settings: Any, folder: Path, steps: range, before: Any = None) -> Any:
    """Train for some of twelve steps, from what an earlier part left."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    base = AutoModelForCausalLM.from_pretrained(
        str(folder), trust_remote_code=False, use_safetensors=True, local_files_only=True
    )
    model = method.attach(base, settings)
    if before is not None:
        with torch.no_grad():
            for name, weight in weights_of(before).items():
                model.get_parameter(name).copy_(weight)
        method.recall(model, dict(method.memory(before)))
    optimizer = torch.optim.SGD([w for w in model.parameters() if w.requires_grad], lr=0.5)
    for step in steps:
        optimizer.zero_grad()
        ids = torch.arange(3, 15)[None] + step
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        method.after_step(model, step, 12)
    return model


def test_the_method_in_the_readme_keeps_the_contract(models: dict[str, Path], tmp_path: Path) -> None:
    text = (plugins_folder() / "README.md").read_text(encoding="utf-8")
    code = next(block for block in text.split("```") if block.startswith("python") and "class WordsOnly" in block)
    folder = user_folder() / "plugins" / "readme"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text('name = "Readme"\nversion = "1"\nmodule = "words"\n', encoding="utf-8")
    (folder / "words.py").write_text(code.removeprefix("python\n"), encoding="utf-8")
    try:
        plugins.use_real()
        for family in ("llama", "t5"):
            method_contract(plugins.methods()["words-only"], {}, models[family], tmp_path / family)
        assert len([line for line in code.splitlines() if line.strip()]) <= 45
    finally:
        shutil.rmtree(folder)
        plugins.use_real()
