"""What a run can use on this computer: a device with its memory."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Device(BaseModel):
    """A place to train. Memory in bytes; `free_bytes` is rounded down by whoever measured it."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["cpu", "cuda"]
    name: str
    memory_bytes: int
    free_bytes: int
    cores: int = 1
    driver: str = ""
    bf16: bool = False
