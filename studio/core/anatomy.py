"""What a model is made of, as its facts tell: its stacks of layers and the products of matrices in them.

A decoder or an encoder has one stack, an encoder-decoder two. `studio.core.modules` finds the same parts in a loaded
model; both go by the same names, so that what is counted here is what trains there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from studio.core.model_info import ModelInfo, WeightGroup

ATTENTION = re.compile(r"att(n|ention)", re.IGNORECASE)
_UNUSED = re.compile(r"(^|\.)pooler\.|^cls\.(seq_relationship|predictions\.decoder)\.")
TRANSPOSED = {"gpt2", "openai-gpt"}
"""Families that store a matrix as (inputs, outputs)."""


class Stack(NamedTuple):
    """Layers of one kind, one above the other: the name before their numbers, and how many there are."""

    name: str
    layers: int

    @property
    def holder(self) -> str:
        """The name of what holds the stack, with its dot; empty at the top."""
        return self.name.rpartition(".")[0] + "." if "." in self.name else ""


class Linear(NamedTuple):
    """A product with a matrix that stands in `count` layers; `name` has a star for the layer's number."""

    name: str
    inputs: int
    outputs: int
    count: int
    bias: bool

    @property
    def attention(self) -> bool:
        """Whether words look at each other here."""
        return in_attention(self.name)


def in_attention(name: str) -> bool:
    """Whether a part of a layer, by its name, belongs to its attention."""
    return bool(ATTENTION.search(name))


def in_language_head(name: str) -> bool:
    """Whether a stored weight belongs to the choice of words, which a head for labels replaces."""
    return name.startswith(("lm_head", "cls.", "vocab_", "generator_"))


def weights_of(model: ModelInfo) -> tuple[WeightGroup, ...]:
    """The stored weights; where only the sizes are known, those that a usual model of the kind has."""
    known = any(".*." in group.name for group in model.weights)
    return model.weights if known else tuple(_usual(model))


def stacks_of(model: ModelInfo) -> tuple[Stack, ...]:
    """The stacks, from input to output."""
    layers: dict[str, int] = {}
    for group in weights_of(model):
        name, star, _ = group.name.partition(".*.")
        if star:
            layers[name] = max(group.count, layers.get(name, 0))
    return tuple(Stack(name, layers[name]) for name in sorted(layers, key=lambda name: ("decoder" in name, name)))


def layer_sizes(model: ModelInfo) -> tuple[int, ...]:
    """How many weights each layer holds, from input to output. What stands in some layers only stands in the first."""
    sizes: list[int] = []
    for stack in stacks_of(model):
        inside = [group for group in weights_of(model) if group.name.startswith(f"{stack.name}.*.")]
        sizes += [sum(group.each for group in inside if group.count > i) for i in range(stack.layers)]
    return tuple(sizes)


def closing_sizes(model: ModelInfo) -> tuple[int, ...]:
    """How many weights each stack's closing norm holds (0: it has none)."""
    groups = [group for group in weights_of(model) if len(group.shape) == 1 and not in_language_head(group.name)]
    return tuple(
        sum(
            group.each
            for group in groups
            if group.name.startswith(stack.holder)
            and re.fullmatch(r"\w+\.(weight|bias)", group.name[len(stack.holder) :])
            and "embed" not in group.name[len(stack.holder) :].lower()
        )
        for stack in stacks_of(model)
    )


def linears_of(model: ModelInfo) -> tuple[Linear, ...]:
    """The products with matrices in the layers."""
    groups = weights_of(model)
    biases = {group.name.removesuffix(".bias") for group in groups if group.name.endswith(".bias")}
    found = []
    for group in groups:
        name = group.name.removesuffix(".weight")
        if ".*." in group.name and len(group.shape) == 2 and name != group.name and not name.endswith("_bias"):
            outputs, inputs = reversed(group.shape) if model.model_type in TRANSPOSED else group.shape
            found.append(Linear(name, inputs, outputs, group.count, name in biases))
    return tuple(found)


def used_weights(model: ModelInfo) -> tuple[WeightGroup, ...]:
    """The stored weights that stand in the loaded model."""
    return tuple(group for group in weights_of(model) if _is_used(model, group.name))


def _is_used(model: ModelInfo, name: str) -> bool:
    """Not a copy, not a head of the model's first training, and not a choice of words that a new head replaces."""
    return not _UNUSED.search(name) and not (model.new_head and in_language_head(name))


def vectors_of(model: ModelInfo) -> tuple[WeightGroup, ...]:
    """The weights with one dimension, norms and biases, wherever they stand."""
    return tuple(group for group in used_weights(model) if len(group.shape) == 1)


def head_size(model: ModelInfo) -> int:
    """How many weights the choice of words has once it no longer shares them with the embedding."""
    names = ("lm_head.bias", "cls.predictions.bias", "vocab_projector.bias")
    bias = sum(group.each for group in weights_of(model) if group.name in names)
    return model.vocabulary * model.hidden + bias


def with_head(model: ModelInfo, head: str, names: int) -> ModelInfo:
    """The facts of the model as it is loaded for a goal: with its own choice of words ("language"), or with a new head
    that chooses among so many names, for a whole text ("labels", or one "score") or for its tokens ("tags")."""
    if head == "language":
        return model
    known: dict[str, object] = {"new_head": _new_head_size(model, head, names)}
    stacks = stacks_of(model)
    if model.architecture == "encoder-decoder" and head == "tags":
        # Tokens are marked by the half that reads; the half that writes is not even loaded.
        read = tuple(group for group in weights_of(model) if "decoder." not in group.name)
        known |= {"weights": read, "layers": stacks[0].layers}
        known["parameters"] = sum(group.each * group.count for group in read)
    return model.model_copy(update=known)


def _new_head_size(model: ModelInfo, head: str, names: int) -> int:
    wide = model.hidden
    if head == "tags":
        return wide * names + names
    if model.architecture == "decoder":
        return wide * names
    # One more product with a bias stands before it; BERT has it as its pooler.
    return wide * wide + wide + wide * names + names


def base_size(model: ModelInfo) -> int:
    """How many weights of the base model can train."""
    unused = (group for group in model.weights if not _is_used(model, group.name))
    return model.parameters - sum(group.each * group.count for group in unused)


def _usual(model: ModelInfo) -> Iterable[WeightGroup]:
    """The weights that a usual model of these sizes has: of Llama's, BERT's or T5's kind."""
    wide, narrow = model.hidden, model.hidden // model.heads * model.key_value_heads
    shapes = {"wide": (wide, wide), "narrow": (narrow, wide), "up": (model.intermediate, wide)}
    shapes |= {"down": (wide, model.intermediate), "norm": (wide,)}
    if model.architecture == "decoder":
        gate = {"mlp.gate_proj": "up"} if model.gated_mlp else {}
        yield from _layers("model.layers", {**_DECODER, **gate}, shapes, model.layers)
        yield WeightGroup("model.norm.weight", (wide,))
    elif model.architecture == "encoder":
        yield from _layers("bert.encoder.layer", _ENCODER, shapes, model.layers, bias=True)
    else:
        yield from _layers("encoder.block", _READER, shapes, model.layers - model.layers // 2)
        yield from _layers("decoder.block", _WRITER, shapes, model.layers // 2)
        yield from (WeightGroup(f"{part}.final_layer_norm.weight", (wide,)) for part in ("encoder", "decoder"))
    yield WeightGroup("shared.weight", (model.vocabulary, wide))


def _layers(
    stack: str, parts: dict[str, str], shapes: dict[str, tuple[int, ...]], count: int, bias: bool = False
) -> Iterable[WeightGroup]:
    for part, shape in parts.items():
        yield WeightGroup(f"{stack}.*.{part}.weight", shapes[shape], count)
        if bias:
            yield WeightGroup(f"{stack}.*.{part}.bias", shapes[shape][:1], count)


_DECODER = {
    "self_attn.q_proj": "wide",
    "self_attn.k_proj": "narrow",
    "self_attn.v_proj": "narrow",
    "self_attn.o_proj": "wide",
    "mlp.up_proj": "up",
    "mlp.down_proj": "down",
    "input_layernorm": "norm",
    "post_attention_layernorm": "norm",
}
_ENCODER = {f"attention.self.{part}": "wide" for part in ("query", "key", "value")} | {
    "attention.output.dense": "wide",
    "attention.output.LayerNorm": "norm",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "norm",
}
_READER = {f"layer.0.SelfAttention.{part}": "wide" for part in "qkvo"} | {
    "layer.0.layer_norm": "norm",
    "layer.1.DenseReluDense.wi": "up",
    "layer.1.DenseReluDense.wo": "down",
    "layer.1.layer_norm": "norm",
}
_WRITER = {f"layer.0.SelfAttention.{part}": "wide" for part in "qkvo"} | {
    **{f"layer.1.EncDecAttention.{part}": "wide" for part in "qkvo"},
    "layer.0.layer_norm": "norm",
    "layer.1.layer_norm": "norm",
    "layer.2.DenseReluDense.wi": "up",
    "layer.2.DenseReluDense.wo": "down",
    "layer.2.layer_norm": "norm",
}
