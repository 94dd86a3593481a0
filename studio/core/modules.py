"""Finding the parts of a loaded transformers model, whatever its family: stacks, products of matrices, the head.

Goes by the shape of the model and the names of classes, and so imports nothing of torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from studio.core.anatomy import in_attention

_NEW_HEADS = ("ForSequenceClassification", "ForTokenClassification")
_TASKS = (
    ("ForSequenceClassification", "SEQ_CLS"),
    ("ForTokenClassification", "TOKEN_CLS"),
    ("ForMaskedLM", None),
    ("ForConditionalGeneration", "SEQ_2_SEQ_LM"),
    ("ForCausalLM", "CAUSAL_LM"),
    ("LMHeadModel", "CAUSAL_LM"),
)


class Stack(NamedTuple):
    """A stack of layers in a model: its name, the layers from input to output, and the norm that closes it."""

    name: str
    layers: list[Any]
    closing: list[Any]


def plain(model: Any) -> Any:
    """The transformers model itself; an adapter's layers stay inside it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def stacks_in(model: Any) -> list[Stack]:
    """The stacks of a model, from input to output; an encoder-decoder has two."""
    found: list[tuple[str, Any]] = []
    for name, part in model.named_modules():
        inside = any(name.startswith(f"{above}.") for above, _ in found)
        if type(part).__name__ == "ModuleList" and len(part) and not inside:
            found.append((name, part))
    found.sort(key=lambda stack: "decoder" in stack[0])
    return [Stack(name, list(part), _closing(model, name)) for name, part in found]


def _closing(model: Any, stack: str) -> list[Any]:
    """The norms beside a stack: parts that hold vectors only, and none of the embedding's."""
    holder = model.get_submodule(stack.rpartition(".")[0])
    return [
        part
        for name, part in holder.named_children()
        if "embed" not in name.lower() and _shapes(part) and all(ndim == 1 for ndim in _shapes(part))
    ]


def _shapes(part: Any) -> list[int]:
    return [weight.ndim for weight in part.parameters()]


def layers_in(model: Any) -> list[Any]:
    """All layers, from input to output."""
    return [layer for stack in stacks_in(model) for layer in stack.layers]


def linears_in(model: Any) -> Iterator[tuple[str, Any]]:
    """The products with matrices in the layers, by name; quantized ones too."""
    stacks = tuple(f"{stack.name}." for stack in stacks_in(model))
    for name, part in model.named_modules():
        if name.startswith(stacks) and is_linear(part):
            yield name, part


def is_linear(part: Any) -> bool:
    """Whether a part is a product with a matrix (GPT-2 calls its own Conv1D)."""
    return any(kind.__name__ in ("Linear", "Conv1D") for kind in type(part).__mro__)


def is_transposed(part: Any) -> bool:
    """Whether a matrix is stored as (inputs, outputs)."""
    return type(part).__name__ == "Conv1D"


def targets(model: Any, attention: bool = False) -> list[str] | str:
    """How peft is told the products in the layers: by their last names where these stand nowhere else, so that other
    programs read them easily, else as a pattern over whole names."""
    wanted = [name for name, _ in linears_in(model) if in_attention(name) or not attention]
    last = sorted({name.rpartition(".")[2] for name in wanted})
    named = {name for name, _ in model.named_modules() if name.rpartition(".")[2] in last}
    if named == set(wanted):
        return last
    stacks = "|".join(re.escape(stack.name) for stack in stacks_in(model))
    inside = sorted({re.sub(rf"^({stacks})\.\d+\.", "", name) for name in wanted})
    return rf"({stacks})\.\d+\.({'|'.join(re.escape(name) for name in inside)})"


def task_type(model: Any) -> str | None:
    """What peft calls the model's task; None for one that fills gaps, for which peft has no name."""
    kind = type(model).__name__
    return next((task for ending, task in _TASKS if kind.endswith(ending)), None)


def new_head(model: Any) -> list[str]:
    """The names of the parts that the objective put on anew: they hold chance numbers at first, so they always train
    and are always kept. Empty for a model that still has its choice of words.

    What pools a text for a head of labels counts too: checkpoints of language models seldom hold it.
    """
    if not type(model).__name__.endswith(_NEW_HEADS):
        return []
    inner = model.base_model
    heads = [name for name, part in model.named_children() if part is not inner and list(part.parameters())]
    pooler = [name for name, part in model.named_modules() if name.endswith(".pooler") and list(part.parameters())]
    return [*heads, *pooler]


def train_new_head(model: Any) -> None:
    """Let the parts train that the objective put on anew."""
    for name in new_head(model):
        model.get_submodule(name).requires_grad_(True)


def language_head(model: Any) -> tuple[str, Any]:
    """The choice of words with its name; ("", None) where there is none."""
    head = model.get_output_embeddings()
    return next(((name, part) for name, part in model.named_modules() if part is head and head is not None), ("", None))


def untie(model: Any) -> None:
    """Give the choice of words weights of its own where it shares the embedding's, for the embedding must not move.
    Its bias too: BERT keeps one under two names, and finds it again only in a model that shares."""
    _, head = language_head(model)
    if head is None or head.weight is not model.get_input_embeddings().weight:
        return
    for name, weight in list(head.named_parameters(recurse=False)):
        setattr(head, name, type(weight)(weight.detach().clone(), requires_grad=False))
    model.config.tie_word_embeddings = False


def settle_new_head(model: Any) -> None:
    """Put the trained copies that peft keeps of parts of a model in the parts' own place, before additions are folded
    in: several of peft's methods can't do that for a head of more than one product."""
    for name, part in list(model.named_modules()):
        if type(part).__name__ == "ModulesToSaveWrapper":
            holder, _, last = name.rpartition(".")
            setattr(model.get_submodule(holder), last, part.modules_to_save[part.active_adapters[0]])
