"""What a run will take of this computer: the step as traced, beside what the program itself holds and how fast it is.

Both are found in the process that asks. It has loaded what a training loads, and computes a little to know its speed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import psutil
import torch

from studio.core.config import RunConfig
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.engine.precision import choose_precision
from studio.engine.tracing import Traced, trace
from studio.engine.tracing_examples import Shape
from studio.plugins import methods

CARD_PROGRAM = 700_000_000
"""What a card holds of the program itself, beside torch's own count."""
ONCE_BEGUN = 33_000_000
"""What a run holds more on the processor once it has read its examples, asked its model and taken a step, its tensors
not counted: measured as 520 MB where 487 MB were held at the start, every block from 128 kB on given back at once."""
MEASURED_SECONDS = 0.1
ROWS = 512
NUMBERS = 4_000_000


class Speed(NamedTuple):
    """Operations on numbers, in products of matrices, and bytes read and written by all else; each per second."""

    flops: float
    moved: float


def foreseen(config: RunConfig, info: ModelInfo, device: Device, shape: Shape) -> dict[str, Any]:
    """What a run will take: bytes by their parts, and the seconds of a token."""
    threads = config.train.threads
    if threads:
        torch.set_num_threads(threads)
    precision = choose_precision(config.train.precision, device, info.hidden)
    speed = speed_of(device.kind, precision.computed, min(4096, 64 * -(-info.hidden // 64)))
    program = held_at_start(device.kind)
    traced = trace(config, info, device, shape)
    parts = {**parts_of(traced), **_left_of_the_file(config, info, device)}
    return {
        "memory_bytes": program + sum(parts.values()),
        "beside_bytes": sum(parts.values()),
        "parts": {"program": program, **parts},
        "seconds_per_token": seconds(traced, speed),
        "seconds_per_step": seconds(traced, speed) * traced.tokens,
        "tokens": traced.tokens,
        "flops_per_token": traced.work.flops,
        "portion_tokens": traced.portion_tokens,
        "saves_activations": traced.saves_activations,
        "trainable": traced.trainable,
    }


def parts_of(traced: Traced) -> dict[str, int]:
    """The bytes by their parts, named as the instant estimate names them."""
    return {
        "weights": traced.weights,
        "gradients": traced.gradients,
        "optimizer": traced.optimizer,
        "activations": traced.activations,
        **({"unused": traced.holes} if traced.holes else {}),
    }


def _left_of_the_file(config: RunConfig, info: ModelInfo, device: Device) -> dict[str, int]:
    """On the processor, the weights' file stays in memory as it was read while any table of it is used as it stands
    there: also those that were compressed. The system takes this back where memory is short."""
    method = methods()[config.method.id]
    compressed, _ = method.compressed(info, method.settings(config.method.settings))
    used_as_it_stands = device.kind == "cpu" and info.dtype == "float32"
    return {"file": compressed * 4} if compressed and used_as_it_stands else {}


def seconds(traced: Traced, speed: Speed) -> float:
    """Of a token: products of matrices at one speed, all else at that of the memory."""
    return traced.work.flops / speed.flops + traced.work.moved / speed.moved


@cache
def held_at_start(kind: str) -> int:
    """Bytes of this process, which has loaded all that a training loads, before it has a model of any size. On a
    card, what is taken there by the program."""
    if kind == "cuda":
        return CARD_PROGRAM
    import peft  # noqa: F401  # pyright: ignore[reportUnusedImport]

    _train_a_little()
    return psutil.Process().memory_info().rss + ONCE_BEGUN


def _train_a_little() -> None:
    """One step of a very small network, for a program grows when it first computes: by code, and by what that keeps."""
    layer = torch.nn.TransformerEncoderLayer(64, 2, 128, batch_first=True)
    table = torch.nn.Embedding(100, 64)
    weights = [*layer.parameters(), *table.parameters()]
    optimizer = torch.optim.AdamW(weights, fused=True)
    ids = torch.arange(64).view(2, 32)
    with torch.autocast("cpu", torch.bfloat16):
        scores = layer(table(ids)) @ table.weight.T
    torch.nn.functional.cross_entropy(scores.flatten(0, 1).float(), ids.flatten()).backward()
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    optimizer.step()


@cache
def speed_of(kind: str, computed: torch.dtype, width: int) -> Speed:
    """How fast this computer multiplies matrices of this width in this format, and how fast it reads and writes."""
    rows = torch.randn(ROWS, width, device=kind).to(computed)
    table = torch.randn(width, width, device=kind).to(computed)
    plain, other = torch.randn(NUMBERS, device=kind), torch.empty(NUMBERS, device=kind)
    products = _per_second(lambda: rows @ table, kind)
    copies = _per_second(lambda: torch.add(plain, 1.0, out=other), kind)
    return Speed(products * 2 * ROWS * width * width, copies * 2 * 4 * NUMBERS)


def _per_second(work: Callable[[], Any], kind: str) -> float:
    """How often something is done in a second when nothing else disturbs: by the quickest of several times."""
    work()
    least, ends = float("inf"), time.perf_counter() + MEASURED_SECONDS
    while (began := time.perf_counter()) < ends or least == float("inf"):
        work()
        if kind == "cuda":
            torch.cuda.synchronize()
        least = min(least, time.perf_counter() - began)
    return 1.0 / max(least, 1e-9)
