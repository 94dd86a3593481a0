"""What a run will need, from config.json's facts alone: memory, time, disk. Instant, without torch.

Memory counts weights, gradients and optimizer state of what trains, and the activations of one micro-batch after
Korthikanti et al. 2022 (arXiv:2205.05198, section 4), without its attention matrix, which the fused kernels never
store. Time counts 2 floating-point operations per weight and token forward, 2 back through, and 2 for each weight
that trains. Peak speeds are guesses until a run on this computer has been seen; then its measured speed is used.
"""

from __future__ import annotations

from typing import Any

from studio.api import Method, Picture
from studio.core.config import RunConfig
from studio.core.demands import remembered_bytes, tokens_at_once, unspreadable
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.services.facts import Estimate, PrepareReport

CPU_OVERHEAD = 520_000_000
CPU_UNUSED = 1.2
"""How much more than its tensors a processor's allocator holds: measured 1.1 to 1.3."""
CUDA_OVERHEAD = 700_000_000
CPU_FLOPS_PER_CORE = 5.5e10
CUDA_FLOPS = 2.5e13
ROOM = 0.92
START_SECONDS = 6.0
TYPICAL_ROW_TOKENS = 120
CHUNK_BYTES = 64_000_000
SHARED = ("weights", "gradients", "optimizer")


def estimate(
    model: ModelInfo,
    method: Method[Any],
    config: RunConfig,
    device: Device,
    report: PrepareReport | None = None,
    speed: float | None = None,
) -> Estimate:
    """Needs of a run. `speed` is measured floating-point operations per second here, when there is one."""
    settings = method.settings(config.method.settings) if config.method.id == method.id else method.settings({})
    trainable = method.trainable(model, settings)
    beside = _stands_beside(method.picture(model, settings))
    room = device.memory_bytes * ROOM

    def parts_when(saved: bool) -> dict[str, float]:
        parts = _memory(model, trainable, config, device, method.id, saved)
        plain = parts["weights"]
        parts["weights"] = _held(model, method, settings, plain) + (trainable * 4 if beside else 0)
        # Where the model's own weights train, looking back at what it was needs a copy; so it does where additions
        # can't be switched off because the model had them before this run.
        parts["weights"] += plain if config.train.kl and (not beside or config.train.begin) else 0
        return parts if method.compressed(model, settings)[0] else _shared(parts, config, device)

    parts = parts_when(config.train.checkpointing == "on")
    if config.train.checkpointing == "auto" and sum(parts.values()) > room:
        parts = parts_when(True)
    memory = sum(parts.values())
    tokens = tokens_of(config, report) / (1.0 - config.train.replay)
    seconds = START_SECONDS + flops(model, trainable, tokens) / (speed or guessed_speed(device))
    file_bytes = trainable * (4 if beside else _stored(model))
    return Estimate(
        memory_bytes=int(memory),
        seconds=seconds,
        disk_bytes=_disk(model, trainable, config, file_bytes),
        fits=memory <= room,
        trainable=trainable,
        share=trainable / max(1, model.parameters + (trainable if beside else 0)),
        file_bytes=int(file_bytes),
        parts={name: int(value) for name, value in parts.items()},
    )


def _shared(parts: dict[str, float], config: RunConfig, device: Device) -> dict[str, float]:
    """What is left to each card where several share the model: because that was asked for, or none can hold all."""
    train = config.train
    if train.processes < 2 or device.kind == "cpu" or train.sharding == "none" or any(unspreadable(train)):
        return parts
    if train.sharding == "auto" and sum(parts[name] for name in SHARED) <= device.memory_bytes * ROOM:
        return parts
    return parts | {name: parts[name] / train.processes for name in SHARED}


def _held(model: ModelInfo, method: Method[Any], settings: Any, plain: float) -> float:
    """Bytes of the base model's weights, some of which the method may hold compressed."""
    count, each = method.compressed(model, settings)
    return plain - count * max(0.0, plain / max(1, model.parameters) - each)


def _stands_beside(picture: Picture) -> bool:
    """Whether what trains stands beside the model's own weights and is kept apart from them."""
    return picture.prompt or not {"lora", "adapter", "quantized"}.isdisjoint(picture.layers)


def _memory(
    model: ModelInfo, trainable: int, config: RunConfig, device: Device, method: str, saved: bool
) -> dict[str, float]:
    train = config.train
    half = train.precision in ("bf16", "fp16") or (train.precision == "auto" and device.kind == "cuda" and device.bf16)
    weight = 2 if half and trainable < model.parameters * 0.5 else 4
    examples = min(train.micro_batch or train.batch_size, train.batch_size)
    length = min(train.max_length, model.context)
    # A portion holds as many examples as suit the memory, and one at the least.
    tokens = min(examples * length, max(length, tokens_at_once(model, device, saved)))
    width = model.hidden * (3 if saved else 14) + model.intermediate * (3 if model.gated_mlp else 2)
    layers = max(1.0, model.layers**0.5) if saved else model.layers
    backward = 0.45 if method == "last-layers" else 1.0
    unused = CPU_UNUSED if device.kind == "cpu" else 1.0
    return {
        "program": CPU_OVERHEAD if device.kind == "cpu" else CUDA_OVERHEAD,
        "weights": model.parameters * weight,
        "gradients": trainable * 4,
        "optimizer": trainable * remembered_bytes(train),
        "activations": tokens * width * layers * (2 if half else 4) * backward * unused,
        "scores": min(tokens * model.vocabulary * 4, CHUNK_BYTES),
    }


def tokens_of(config: RunConfig, report: PrepareReport | None) -> float:
    """Tokens that the run will read: those of the training split times the epochs, or as many as its steps take."""
    if report is None:
        return 1000 * TYPICAL_ROW_TOKENS * config.train.epochs
    rows = max(1, report.rows)
    per_row = min((report.tokens_total or rows * TYPICAL_ROW_TOKENS) / rows, config.train.max_length)
    epochs = per_row * report.train * config.train.epochs
    return min(epochs, config.train.steps * config.train.batch_size * per_row) if config.train.steps else epochs


def steps_of(config: RunConfig, report: PrepareReport | None) -> int:
    """How many steps the run takes if it does not stop early; 0 when nothing is prepared."""
    if config.train.steps:
        return config.train.steps
    if report is None or not report.train:
        return 0
    return max(1, round(-(-report.train // config.train.batch_size) * config.train.epochs))


def flops(model: ModelInfo, trainable: int, tokens: float) -> float:
    """Floating-point operations to train on so many tokens."""
    return tokens * (4.0 * model.parameters + 2.0 * trainable)


def guessed_speed(device: Device) -> float:
    """Floating-point operations per second to expect before a run has been measured here."""
    return CUDA_FLOPS if device.kind == "cuda" else CPU_FLOPS_PER_CORE * max(1, device.cores)


def _stored(model: ModelInfo) -> float:
    return model.bytes / max(1, model.parameters)


def _disk(model: ModelInfo, trainable: int, config: RunConfig, file_bytes: float) -> int:
    """Save points (weights and optimizer state), the kept weights, and a merged export."""
    return int(trainable * 12 * (config.train.keep + 1) + file_bytes + model.bytes)
