"""What this computer has and lacks: devices, disk, the engine, plugins. Measured without loading torch."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path
from typing import Any

import psutil

from studio import __version__, plugins
from studio.core.device import Device
from studio.core.problem import Problem
from studio.services import cards
from studio.services.facts import Fact

ENGINE = ("torch", "transformers", "peft", "accelerate", "bitsandbytes", "safetensors")
LEAST_DISK = 2_000_000_000
LEAST_MEMORY = 2_000_000_000


class Health(Fact):
    """The doctor's findings. `engine` maps package to version, None where it is missing; `plugins` are where those
    from outside come from."""

    system: dict[str, Any]
    devices: tuple[Device, ...]
    engine: dict[str, str | None]
    disk_free: int
    plugins: tuple[dict[str, str], ...]
    problems: tuple[Problem, ...]


def examine(folder: Path | None = None) -> Health:
    """Look at this computer; `folder` is where projects go, for the disk."""
    place = _existing(folder or Path.home())
    there, cuda = cards.cards(), cards.engines_cuda()
    found = [*cards.usable(there, cuda), processor()]
    engine = {name: _version(name) for name in ENGINE}
    free = shutil.disk_usage(place).free
    return Health(
        system=_system(),
        devices=tuple(found),
        engine=engine,
        disk_free=free,
        plugins=tuple({"name": one.name, "version": one.version, "where": one.where} for one in plugins.sources()),
        problems=(
            *_problems(found, engine, free),
            *cards.problems(there, cuda),
            *_broken_plugins(),
        ),
    )


def devices() -> list[Device]:
    """Graphics cards first, then the processor."""
    there = cards.cards()
    usable = cards.usable(there, cards.engines_cuda()) if there else []
    return [*usable, processor()]


def processor() -> Device:
    """The processor with the computer's memory, as far as this process may use it."""
    memory = psutil.virtual_memory()
    cores = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1
    return Device(
        kind="cpu",
        name=_processor_name(),
        memory_bytes=memory.total,
        free_bytes=memory.available,
        cores=cores,
        bf16=_has_bf16(),
    )


def _system() -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "studio": __version__,
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
    }


def _problems(found: list[Device], engine: dict[str, str | None], free: int) -> list[Problem]:
    problems = []
    if missing := [name for name in ("torch", "transformers", "peft", "safetensors") if engine[name] is None]:
        problems.append(
            Problem(
                id="engine-missing",
                step="train",
                sentence=f"The training engine is not installed ({', '.join(missing)} missing).",
                remedy="Install the engine; projects and data can be looked at meanwhile.",
            )
        )
    if free < LEAST_DISK:
        problems.append(
            Problem(
                id="disk-low",
                step="train",
                severity="warns",
                sentence="Little room is left on the disk.",
                remedy="Free at least 2 GB before a long run.",
            )
        )
    if all(device.free_bytes < LEAST_MEMORY for device in found):
        problems.append(
            Problem(
                id="memory-low",
                step="train",
                severity="warns",
                sentence="Little memory is free at the moment.",
                remedy="Close other programs before training.",
            )
        )
    return problems


def _broken_plugins() -> list[Problem]:
    """A line for each plugin that can't be used; everything else goes on working."""
    return [
        Problem(
            id="plugin-broken",
            step="method",
            severity="warns",
            sentence=f"The plugin {one.name} can't be used. {one.sentence}",
            remedy="Ask its maker for one that fits this version, or remove it.",
        )
        for one in plugins.broken()
    ]


def _version(name: str) -> str | None:
    if importlib.util.find_spec(name) is None:
        return None
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _has_bf16() -> bool:
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
