"""What settings of training ask of the device and of its memory. What is not there is told before training by the
wizard, and by the engine when it starts."""

from __future__ import annotations

from collections.abc import Iterator

from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.problem import Problem, StudioError
from studio.core.train_settings import TrainSettings

ON_A_CARD = {"adamw-8bit": "AdamW with a smaller memory", "adamw-paged": "AdamW whose memory makes room"}
SPREADABLE = frozenset({"adamw", "lion", "muon", "sgd"})
STATE_BYTES = {"adamw": 8, "adamw-8bit": 2, "adamw-paged": 8, "adafactor": 0.1, "lion": 4, "muon": 5, "sgd": 4}


NUMBERS_PER_TOKEN = 34
"""Activations kept for the gradient, per token and layer, in multiples of the width: about 34 in a transformer with
its own attention kernel (Korthikanti et al., 2022)."""
LEAST, MOST_CUDA = 256, 32768
LEAST_CPU, MOST_CPU, IN_CACHE = 512, 4096, 200_000
"""On a processor a portion is about so many numbers of each layer: measured at width 384, 512 tokens at a time are as
fast as 4,096 and need a third less memory; narrow models are faster in larger portions."""


def tokens_at_once(model: ModelInfo, device: Device, checkpointing: bool) -> int:
    """Tokens of one portion, so that its activations take at most a quarter of the memory. Depends on the
    computer's whole memory, not on what is free, so that a run is the same again on the same computer."""
    cached = max(LEAST_CPU, min(MOST_CPU, IN_CACHE // max(1, model.hidden)))
    most = cached if device.kind == "cpu" else MOST_CUDA
    return max(LEAST, min(most, device.memory_bytes // 4 // activation_bytes(model, device, checkpointing)))


def activation_bytes(model: ModelInfo, device: Device, checkpointing: bool) -> int:
    """Bytes kept for the gradient, per token."""
    width = 4 if device.kind == "cpu" else 2
    layers = 1 if checkpointing else max(1, model.layers)
    return max(1, NUMBERS_PER_TOKEN * model.hidden * layers * width)


def remembered_bytes(settings: TrainSettings) -> float:
    """Bytes that are remembered from step to step for each weight that trains, beside the weight itself."""
    return STATE_BYTES[settings.optimizer] + (4 if settings.average else 0) + (4 if settings.anchor else 0)


def unspreadable(settings: TrainSettings) -> Iterator[str]:
    """What was chosen and can't be done on a model that several processes share, in words without a full stop."""
    if settings.optimizer not in SPREADABLE:
        chosen = ON_A_CARD.get(settings.optimizer, settings.optimizer.capitalize())
        yield f"{chosen} remembers weights in a form that can't be shared among processes"
    if settings.precision == "fp16":
        yield "The number format fp16 can't be used on a model that is shared among processes"


def unmet(settings: TrainSettings, device: Device) -> Iterator[Problem]:
    """What was chosen and this device does not have."""
    if settings.optimizer in ON_A_CARD and device.kind != "cuda":
        yield Problem(
            id="optimizer-needs-card",
            step="settings",
            field="train.optimizer",
            sentence=f"{ON_A_CARD[settings.optimizer]} works on a graphics card only.",
            remedy="Use AdamW",
            fix={"train.optimizer": "adamw"},
        )
    if settings.precision == "fp16" and device.kind != "cuda":
        yield Problem(
            id="fp16-needs-card",
            step="settings",
            field="train.precision",
            sentence="The number format fp16 works on a graphics card only.",
            remedy="Let the studio choose the format",
            fix={"train.precision": "auto"},
        )


def refuse_unmet(settings: TrainSettings, device: Device) -> None:
    """Raise the first of them as a StudioError."""
    for problem in unmet(settings, device):
        raise StudioError(
            problem.id,
            problem.sentence,
            data="Nothing was changed.",
            remedy=f"{problem.remedy}, or choose a graphics card as the place to train.",
        )
