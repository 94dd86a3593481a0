"""Where the work is done: the graphics card where there is one, else the processor."""

from __future__ import annotations

import os

import psutil
import torch

from studio.core.device import Device
from studio.core.problem import StudioError


def find_device(wanted: str = "auto") -> Device:
    """The device to use. Raises StudioError when a graphics card is asked for and there is none."""
    if wanted != "cpu" and torch.cuda.is_available():
        return _cuda()
    if wanted == "cuda":
        raise _no_card()
    return _cpu()


def _no_card() -> StudioError:
    if too_old := old_driver():
        return StudioError(
            "driver-too-old",
            too_old,
            data="Nothing was changed.",
            remedy="Install a newer driver from the maker of the card, or choose “Processor” as the place to train.",
        )
    return StudioError(
        "no-graphics-card",
        "No graphics card that can be used was found on this computer.",
        data="Nothing was changed.",
        remedy="Choose “Processor” as the place to train, or install the card's driver and try again.",
    )


def old_driver() -> str:
    """That the driver of this computer's card is too old for this program, in a sentence; empty where it is not, or
    where there is no card."""
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        if "driver" in str(error) and "too old" in str(error):
            return "The driver of the graphics card is too old for this program, so the card can't be used."
    return ""


def _cuda() -> Device:
    facts = torch.cuda.get_device_properties(0)
    free, total = torch.cuda.mem_get_info(0)
    return Device(
        kind="cuda",
        name=facts.name,
        memory_bytes=total,
        free_bytes=free,
        cores=facts.multi_processor_count,
        driver=torch.version.cuda or "",
        bf16=torch.cuda.is_bf16_supported(including_emulation=False),
    )


def _cpu() -> Device:
    memory = psutil.virtual_memory()
    return Device(
        kind="cpu",
        name="Processor",
        memory_bytes=memory.total,
        free_bytes=memory.available,
        cores=psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        bf16=_has_bf16_instructions(),
    )


def _has_bf16_instructions() -> bool:
    """Whether the processor multiplies bf16 itself; where it does not, bf16 is slower than float32."""
    checks = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(check() for check in checks if check is not None)


def set_threads(threads: int) -> int:
    """Use so many processor threads (0: one per core); returns the number in use.

    The number is part of a run's state: sums are split by thread, so another number rounds differently.
    """
    if threads:
        torch.set_num_threads(threads)
    return torch.get_num_threads()


def memory_used(device: Device) -> int:
    """Bytes in use now: the most the card held so far, or what this process holds."""
    if device.kind == "cuda":
        return torch.cuda.max_memory_allocated()
    return psutil.Process().memory_info().rss
