"""Changes that make a run smaller, in the order of what they cost the person who trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from studio.api import Method
from studio.core.config import Choice, RunConfig, edit
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.services.estimate import ROOM, estimate
from studio.services.facts import Fix, PrepareReport

SHORTEST = 256
"""Examples are not cut shorter than this to save memory."""


class Change(NamedTuple):
    """What to set, and what that means."""

    changes: Mapping[str, Any]
    sentence: str


def candidates(config: RunConfig, method: Method[Any], device: Device) -> Iterator[Change]:
    """First what leaves the result as it is and only takes longer, then what hardly changes it, then less to read, and
    last another method; then several of them together."""
    train = config.train
    free = [*_slower(config)]
    yield from free
    both = {**{name: value for change in free for name, value in change.changes.items()}}
    if len(free) > 1:
        yield Change(both, "One example at once, and parts computed twice: the same result, about a third slower")
    if device.kind == "cuda" and train.optimizer == "adamw":
        sentence = "AdamW with a smaller memory: nearly the same result"
        yield Change({"train.optimizer": "adamw-8bit"}, sentence)
        both["train.optimizer"] = "adamw-8bit"
    if train.average:
        yield Change({"train.average": 0.0}, "Keep the last weights instead of an average over the steps")
        both["train.average"] = 0.0
    if train.max_length > SHORTEST:
        half = train.max_length // 2
        yield Change({"train.max_length": half}, f"Cut examples at {half} tokens")
    yield from _other_methods(method, both)


def _slower(config: RunConfig) -> Iterator[Change]:
    train = config.train
    if (train.micro_batch or train.batch_size) > 1:
        yield Change({"train.micro_batch": 1}, "One example in memory at once: the same result, a little slower")
    if train.checkpointing != "on":
        sentence = "Compute parts twice instead of remembering them: the same result, about a quarter slower"
        yield Change({"train.checkpointing": "on"}, sentence)


def _other_methods(method: Method[Any], both: Mapping[str, Any]) -> Iterator[Change]:
    compressed = "Compress the model while it trains (QLoRA): a quarter of its memory, slower"
    small = "Use LoRA instead: a small part trains, most of the gain stays"
    if method.id not in ("lora", "qlora"):
        yield Change({"method.id": "lora"}, small)
        if both:
            yield Change({"method.id": "lora", **both}, f"{small}; and as slow as need be")
    if method.id != "qlora":
        yield Change({"method.id": "qlora"}, compressed)
    if both:
        yield Change({"method.id": "qlora", **both}, f"{compressed}; and as slow as need be")


def fixes(
    model: ModelInfo, method: Method[Any], config: RunConfig, device: Device, report: PrepareReport | None
) -> tuple[Fix, ...]:
    """The changes by the instant estimate; where some suffice, only these."""
    from studio import plugins

    mine = config.model_copy(update={"method": Choice(id=method.id)}) if config.method.id != method.id else config

    def needed(changes: Mapping[str, Any]) -> int:
        changed = edit(mine, changes)
        chosen = method if changed.method.id == method.id else plugins.methods()[changed.method.id]
        return estimate(model, chosen, changed, device, report).memory_bytes

    return sufficient(candidates(mine, method, device), needed, needed({}), device)


def sufficient(
    changes: Iterable[Change], needed: Callable[[Mapping[str, Any]], int | None], now: int, device: Device
) -> tuple[Fix, ...]:
    """Those that lower what is needed now; where some of them are enough for the device, only these."""
    found = []
    for change in changes:
        memory = needed(change.changes)
        if memory is not None and memory < now:
            found.append(Fix(changes=change.changes, memory_bytes=memory, sentence=change.sentence))
    fitting = tuple(fix for fix in found if fix.memory_bytes <= device.memory_bytes * ROOM)
    return fitting or tuple(found)
