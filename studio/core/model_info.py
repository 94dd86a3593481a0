"""What is known of a model from its folder alone: config.json and the headers of its weights. Needs no torch."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

Architecture = Literal["decoder", "encoder", "encoder-decoder"]


class WeightGroup(NamedTuple):
    """Weights of one shape that stand alike in each layer: "model.layers.*.mlp.up_proj.weight", its shape as stored,
    and in how many layers it stands (1 where the name has no layer in it)."""

    name: str
    shape: tuple[int, ...]
    count: int = 1

    @property
    def each(self) -> int:
        """How many numbers one of them holds."""
        return math.prod(self.shape)


class ModelInfo(BaseModel):
    """A base model's facts. `parameters` counts the stored weights (tied ones once); `bytes` is the weights' size
    on disk; `fingerprint` is a sha256 over the weight files' headers and sizes and config.json. `layers` counts those
    of the encoder and the decoder together. `weights` are the stored weights, those that are alike in each layer once.
    `new_head` is how many weights the objective puts on anew (a head for labels); they always train."""

    model_config = ConfigDict(frozen=True)

    path: str
    name: str
    architecture: Architecture
    model_type: str
    parameters: int
    bytes: int
    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    intermediate: int
    vocabulary: int
    context: int
    dtype: str = "float32"
    tied: bool = False
    gated_mlp: bool = False
    chat_template: bool = False
    licence: str = ""
    summary: str = ""
    starter: bool = False
    fingerprint: str = ""
    weights: tuple[WeightGroup, ...] = ()
    new_head: int = 0
