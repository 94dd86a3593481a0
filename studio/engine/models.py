"""Loading a base model from its folder: safetensors only, nothing from the folder is run, nothing is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch

from studio.api import Head
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.problem import StudioError


class Wanted(NamedTuple):
    """What a model must give: the head, the names it chooses among, and whether several may hold at once. `seed` makes
    a new head the same each time; `padding` is the token that fills rows."""

    head: Head = "language"
    names: tuple[str, ...] = ()
    several: bool = False
    padding: int = 0
    seed: int = 1


WORDS = Wanted()


def load_base(info: ModelInfo, *, dtype: torch.dtype, device: Device, wanted: Wanted = WORDS, **options: Any) -> Any:
    """The base model with the wanted head, in evaluation mode. `options` are a method's own (quantization)."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    # What a new head lacks in the file is expected, and told in a table that only alarms.
    logging.set_verbosity_error()
    torch.manual_seed(wanted.seed)
    try:
        model: Any = model_class(info, wanted.head).from_pretrained(
            info.path,
            dtype=dtype,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            **head_options(wanted),
            **attention_options(info),
            **options,
        )
    except (ValueError, OSError, KeyError) as error:
        raise unreadable(Path(info.path)) from error
    if wanted.head != "language":
        model.config.pad_token_id = wanted.padding
    return (model if options.get("quantization_config") else model.to(device.kind)).eval()


def model_class(info: ModelInfo, head: Head) -> Any:
    """The transformers class that gives a model of this architecture such a head."""
    import transformers

    if head in ("labels", "score"):
        return transformers.AutoModelForSequenceClassification
    if head == "tags":
        return transformers.AutoModelForTokenClassification
    return {
        "decoder": transformers.AutoModelForCausalLM,
        "encoder": transformers.AutoModelForMaskedLM,
        "encoder-decoder": transformers.AutoModelForSeq2SeqLM,
    }[info.architecture]


def head_options(wanted: Wanted) -> dict[str, Any]:
    """A new head's size and names, as they are written into the model's own config."""
    if wanted.head == "language":
        return {}
    if not wanted.names:
        return {"num_labels": 1, "problem_type": "regression"}
    numbered = dict(enumerate(wanted.names))
    kind = {"problem_type": "multi_label_classification" if wanted.several else "single_label_classification"}
    return {
        "id2label": numbered,
        "label2id": {name: number for number, name in numbered.items()},
        **(kind if wanted.head == "labels" else {}),
    }


def attention_options(info: ModelInfo) -> dict[str, str]:
    """The fused attention of torch where transformers has it for this kind of model (T5 adds its own positions)."""
    return {} if info.architecture == "encoder-decoder" else {"attn_implementation": "sdpa"}


def unreadable(folder: Path) -> StudioError:
    """The error for a model that does not open."""
    return StudioError(
        "model-unreadable",
        f"The model in the folder “{folder.name}” could not be opened.",
        data="Your data and your runs are unchanged.",
        remedy="Choose another model, or copy this one again from where you have it.",
    )


def trainable(model: Any) -> dict[str, torch.nn.Parameter]:
    """The weights that train, by name, each once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def count(weights: dict[str, torch.nn.Parameter]) -> int:
    """How many numbers they hold."""
    return sum(weight.numel() for weight in weights.values())
