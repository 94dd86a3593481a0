"""The graphics cards of this computer, and whether the installed engine can use them. Found without loading torch."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from studio.core.device import Device
from studio.core.problem import Problem

OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}
"""The first driver that runs programs made for each generation of CUDA (NVIDIA's table of minor version
compatibility)."""


def cards() -> list[Device]:
    """NVIDIA cards by the driver's own tool; none where it is not installed or does not answer."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return []
    query = ["--query-gpu=name,memory.total,memory.free,driver_version,compute_cap", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run([tool, *query], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [card for line in answer.splitlines() if (card := _card(line.split(",")))]


def _card(cells: list[str]) -> Device | None:
    try:
        name, total, free, driver, capability = (cell.strip() for cell in cells)
        mega = 1024 * 1024
        return Device(
            kind="cuda",
            name=name,
            memory_bytes=int(total) * mega,
            free_bytes=int(free) * mega,
            driver=driver,
            bf16=float(capability) >= 8.0,
        )
    except ValueError:
        return None


def usable(found: Sequence[Device], cuda: str | None) -> list[Device]:
    """The cards that an engine made for this version of CUDA can use; all where nothing is known of it."""
    return [card for card in found if cuda is None or (cuda and not _too_old(card, cuda))]


def engines_cuda() -> str | None:
    """The version of CUDA the installed torch was made for, "" where it knows processors only, None where there is no
    torch or it does not say."""
    found = PathFinder.find_spec("torch")
    if found is None or not found.origin:
        return None
    try:
        text = Path(found.origin).with_name("version.py").read_text(encoding="utf-8")
    except OSError:
        return None
    told = re.search(r"^cuda\b[^=]*=\s*(?:['\"]([\d.]+)['\"]|None)", text, re.MULTILINE)
    return (told.group(1) or "") if told else None


def problems(found: Sequence[Device], cuda: str | None) -> Iterator[Problem]:
    """Why cards that are there stay unused."""
    if found and cuda == "":
        yield _unused(
            "engine-without-cards",
            "This computer has a graphics card, but the installed engine works on the processor only.",
            "Install the engine again and choose the build for NVIDIA cards; training is far faster there.",
        )
    elif cuda and any(_too_old(card, cuda) for card in found):
        least = OLDEST_DRIVER[int(cuda.split(".")[0])]
        yield _unused(
            "driver-too-old",
            "The driver of the graphics card is too old for this program, so the card can't be used.",
            f"Install driver {least} or newer from the maker of the card; until then training uses the processor.",
        )


def _unused(id: str, sentence: str, remedy: str) -> Problem:
    return Problem(id=id, step="train", severity="warns", sentence=sentence, remedy=remedy)


def _too_old(card: Device, cuda: str) -> bool:
    least = OLDEST_DRIVER.get(int(cuda.split(".")[0]), 0)
    major = card.driver.split(".")[0]
    return major.isdigit() and int(major) < least
