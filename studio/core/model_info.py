"""What is known of a model from its folder alone: config.json and the headers of its weights. Needs no torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Architecture = Literal["decoder", "encoder", "encoder-decoder"]


class ModelInfo(BaseModel):
    """A base model's facts. `parameters` counts the stored weights (tied ones once); `bytes` is the weights' size
    on disk; `fingerprint` is a sha256 over the weight files' headers and sizes and config.json."""

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
