"""Several additions beside the same tables: some stay as they are, one trains, and all are saved as one.

Σ sᵢ·Bᵢ·Aᵢ is itself a product of two thin tables, [B₁ B₂ …]·[A₁; A₂; …], so additions put side by side are one addition
of their sizes together, which any program that knows LoRA can read.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from studio.api import StudioError

TRAINED = "default"
BENEATH = "beneath"


def additions_in(model: Any) -> dict[str, Any]:
    """The tables that have additions, by the name that stands in files."""
    return {name: part for name, part in model.named_modules() if hasattr(part, "lora_A") and len(part.lora_A)}


def add_frozen(model: Any, name: str, config: Any) -> None:
    """Put one more addition beside the tables; it does not train, and is held in full precision also beside tables of
    half precision, as those that train are. All additions speak, each table's own."""
    model.base_model.peft_config[name] = config
    model.base_model.inject_adapter(model.base_model.model, name)
    for layer in additions_in(model).values():
        layer.set_adapter(list(layer.lora_A))
        for half in (layer.lora_A, layer.lora_B):
            for other in half:
                if other != TRAINED:
                    half[other].float().requires_grad_(False)
                    half[other].weight.exact = True


def stand_above(model: Any, folder: Path) -> Any:
    """Put what an earlier run saved beneath freshly attached additions. A last step that the earlier run trained is
    what the new one begins with, for it has to train in any case."""
    from peft import LoraConfig, set_peft_model_state_dict
    from safetensors.torch import load_file

    config: Any = LoraConfig.from_pretrained(str(folder), trust_remote_code=False, local_files_only=True)
    _refuse_what_is_no_sum(model, config)
    config.modules_to_save, config.lora_dropout, config.inference_mode = None, 0.0, True
    add_frozen(model, BENEATH, config)
    saved = load_file(folder / "adapter_model.safetensors")
    if any(".lora_embedding_" in name for name in saved):
        raise _cannot("The earlier additions also changed how words are read, above which nothing new can stand.")
    additions = {name: weight for name, weight in saved.items() if ".lora_" in name}
    set_peft_model_state_dict(model, additions, adapter_name=BENEATH)
    heads = {name: weight for name, weight in saved.items() if name not in additions}
    if heads:
        set_peft_model_state_dict(model, heads, adapter_name=TRAINED)
    return model


def _refuse_what_is_no_sum(model: Any, config: Any) -> None:
    if config.use_dora or model.peft_config[TRAINED].use_dora:
        raise _cannot("Additions with a separate length (DoRA) can't stand above one another.")
    if config.bias != "none" or config.lora_bias:
        raise _cannot("The earlier additions also changed offsets of the model, above which nothing new can stand.")


def _cannot(happened: str) -> StudioError:
    return StudioError(
        "cannot-stack",
        happened,
        data="The runs and their files are unchanged.",
        remedy="Go on with the earlier additions themselves, or begin with the model as it came.",
    )


def save_as_one(model: Any, folder: Path) -> None:
    """Write all additions of a model as one, with the parts that the objective put on anew."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    layers = additions_in(model)
    strength = next(layer.scaling[TRAINED] for layer in layers.values() if TRAINED in layer.lora_A)
    rank = max(sum(layer.r[name] for name in layer.lora_A) for layer in layers.values())
    trained = get_peft_model_state_dict(model, adapter_name=TRAINED, save_embedding_layers=False)
    joined = {name: weight for name, weight in trained.items() if ".lora_" not in name}
    for name, layer in layers.items():
        first, second = _side_by_side(layer, strength, rank)
        joined |= {f"{name}.lora_A.weight": first, f"{name}.lora_B.weight": second}
    save_file(
        {name: weight.detach().cpu().contiguous() for name, weight in joined.items()},
        folder / "adapter_model.safetensors",
        {"format": "pt"},
    )
    config = copy.deepcopy(model.peft_config[TRAINED])
    config.r, config.lora_alpha = rank, rank * strength
    config.use_rslora, config.inference_mode = False, True
    if any(TRAINED not in layer.lora_A for layer in layers.values()):
        config.target_modules = {name.removeprefix("base_model.model.") for name in layers}
    config.save_pretrained(str(folder))


def _side_by_side(layer: Any, strength: float, rank: int) -> tuple[Any, Any]:
    """A (rank, inputs) and B (outputs, rank) of all additions to a table, filled up with zeros to the wanted rank."""
    import torch
    import torch.nn.functional as F

    names = list(layer.lora_A)
    first = torch.cat([layer.lora_A[name].weight.detach().float() for name in names])
    second = torch.cat(
        [layer.lora_B[name].weight.detach().float() * (layer.scaling[name] / strength) for name in names], dim=1
    )
    missing = rank - len(first)
    return F.pad(first, (0, 0, 0, missing)), F.pad(second, (0, missing))
