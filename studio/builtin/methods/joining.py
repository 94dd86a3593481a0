"""Several runs as one, and a run that begins where another ended.

What a run changed is a difference from the base model, so differences of several runs can be added up. TIES and DARE
thin them out first: TIES keeps the largest and lets the majority say in which direction a weight moves, DARE drops by
chance and makes up for it with the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.api import Joining, StudioError, modules
from studio.builtin.methods.weights import FILE, load_weights

KEPT_SHARE = 0.5
"""Of each difference, by TIES and DARE."""
SEED = 1
_PEFT = {"linear": "cat", "ties": "ties_svd", "dare": "dare_linear_svd"}
"""`cat` adds the products up exactly; the others decompose them anew."""


def join_weights(model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
    """Weights of the model itself: base + Σ share · (trained − base)."""
    import torch
    from peft.utils import merge_utils
    from safetensors.torch import load_file, save_file

    trained = [load_file(part / FILE) for part in parts]
    shares = torch.tensor(list(parts.values()))
    base = dict(model.named_parameters())
    _part_from_embedding(model, trained, base)
    torch.manual_seed(SEED)
    joined = {}
    for name in sorted({name for each in trained for name in each}):
        start = base[name].detach().float()
        changes = [each[name].float() - start if name in each else torch.zeros_like(start) for each in trained]
        if way == "linear":
            change = merge_utils.task_arithmetic(changes, shares)
        else:
            thin = merge_utils.ties if way == "ties" else merge_utils.dare_linear
            change = thin(changes, shares, KEPT_SHARE)
        joined[name] = (start + change).contiguous()
    save_file(joined, folder / FILE)


def _part_from_embedding(model: Any, trained: list[dict[str, Any]], base: dict[str, Any]) -> None:
    """A choice of words that a run parted from the embedding began as the embedding."""
    name, head = modules.language_head(model)
    if head is not None and any(f"{name}.weight" in each for each in trained):
        modules.untie(model)
        base.update(model.named_parameters())


def go_on_with_weights(attached: Any, folder: Path) -> Any:
    """Begin with an earlier run's weights, all of which must train again: only what trains is saved."""
    from safetensors import safe_open

    with safe_open(folder / FILE, "pt") as saved:
        before = set(saved.keys())
    training = {name for name, weight in attached.named_parameters() if weight.requires_grad}
    if not before <= training:
        raise StudioError(
            "other-layers-before",
            "The earlier run trained parts of the model that would stay as they are now, and so be lost.",
            data="The runs and their files are unchanged.",
            remedy="Choose the same layers as in the earlier run, or more.",
        )
    learns = {name: weight.requires_grad for name, weight in attached.named_parameters()}
    load_weights(attached, folder)
    for name, weight in attached.named_parameters():
        weight.requires_grad_(learns[name])
    return attached


def join_lora(model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
    """Additions, as one addition: of all their sizes together (linear), or of the largest one's size."""
    import torch
    from peft import PeftModel

    locks: dict[str, Any] = {"use_safetensors": True, "local_files_only": True}
    names = [f"part{place}" for place in range(len(parts))]
    first, *others = parts
    joined = PeftModel.from_pretrained(
        model, str(first), names[0], trust_remote_code=False, use_safetensors=True, local_files_only=True
    )
    for name, part in zip(names[1:], others, strict=True):
        joined.load_adapter(str(part), name, **locks)
    _refuse_what_can_t_be_added(joined)
    torch.manual_seed(SEED)
    thinned: dict[str, Any] = {} if way == "linear" else {"density": KEPT_SHARE}
    joined.add_weighted_adapter(names, list(parts.values()), "joined", combination_type=_PEFT[way], **thinned)
    config: Any = joined.peft_config["joined"]
    config.use_rslora = False
    joined.save_pretrained(
        str(folder), safe_serialization=True, save_embedding_layers=False, selected_adapters=["joined"]
    )
    for file in (folder / "joined").iterdir():
        file.rename(folder / file.name)
    shutil.rmtree(folder / "joined")
    (folder / "README.md").unlink(missing_ok=True)


def _refuse_what_can_t_be_added(model: Any) -> None:
    configs = model.peft_config.values()
    if any(config.modules_to_save for config in configs):
        raise _cannot_join("Each run has a last step of its own, and these can't be added up.")
    if any(config.use_dora for config in configs):
        raise _cannot_join("Additions with a separate length (DoRA) can't be added up.")


def _cannot_join(reason: str) -> StudioError:
    return StudioError(
        "cannot-be-joined",
        reason,
        data="The runs and their files are unchanged.",
        remedy="Share the runs one by one.",
    )


def go_on_with_adapter(model: Any, folder: Path) -> Any:
    """Train an adapter on, as large and where it is."""
    from peft import PeftModel

    return PeftModel.from_pretrained(
        model,
        str(folder),
        is_trainable=True,
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=True,
    )
