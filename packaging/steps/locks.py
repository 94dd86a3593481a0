"""`dev.py lock`: writes `packaging/locks` anew from pyproject.toml, for Linux and Windows and every Python we support.

One file per layer, with what the layers it is installed upon do not have already; all are resolved to versions that
go together. torch is in none: it is installed first, by its version alone, so that the person's pip settings choose
the build for their card; what only its builds for cards bring is left to it too.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from steps.environment import Environment
from steps.places import LOCKS, ROOT, StepFailed
from steps.stages import say

LEFT_TO_TORCH = ("torch", "triton", "nvidia-", "cuda-")
HEADER = "# Written by `python packaging/dev.py lock`. Versions that were resolved and tried together.\n"


def lock(*, upgrade: bool) -> int:
    """Resolve all layers; without `upgrade` a version changes only where it must."""
    resolver = _resolver()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    base = project["project"]["dependencies"]
    # In this order, each upon those named with it. The tools are also installed where there is no engine.
    layers: list[tuple[str, list[str], tuple[str, ...]]] = [
        ("base", base, ()),
        ("engine", extras["engine"], ("base",)),
        ("build", project["build-system"]["requires"], ("base",)),
        ("dev", extras["dev"], ("base", "build")),
        ("bench", extras["bench"] + extras["engine"], ("base", "engine")),
    ]
    LOCKS.mkdir(exist_ok=True)
    done: list[str] = []
    for name, requirements, upon in layers:
        _write(name, _resolved(resolver, name, requirements, done, upgrade=upgrade), upon)
        done.append(name)
        say(f"packaging/locks/{name}.txt: {len(_names(LOCKS / f'{name}.txt'))} packages")
    return 0


def _resolver() -> Path:
    environment = Environment(ROOT / ".venv-lock")
    environment.provide("resolver")
    return environment.scripts / "uv"


def _resolved(
    resolver: Path, name: str, requirements: Iterable[str], agreed: Iterable[str], *, upgrade: bool
) -> list[str]:
    """One line per package, with the markers that say where it is wanted."""
    command = [str(resolver), "pip", "compile", "-", "--universal", "--python-version", "3.11"]
    command += ["--no-header", "--no-annotate", "--quiet"]
    for other in agreed:
        command += ["--constraints", str(LOCKS / f"{other}.txt")]
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "resolved.txt"
        # What stands in the file so far is preferred.
        if (LOCKS / f"{name}.txt").exists() and not upgrade:
            shutil.copy(LOCKS / f"{name}.txt", answer)
        command += ["--output-file", str(answer)]
        done = subprocess.run(command, input="\n".join(requirements), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StepFailed(f"The versions of '{name}' do not go together; its file is as it was.\n{done.stderr}")
        return answer.read_text(encoding="utf-8").splitlines()


def _write(name: str, lines: list[str], upon: tuple[str, ...]) -> None:
    lower = {package for layer in upon for package in _names(LOCKS / f"{layer}.txt")}
    pins = [line for line in lines if "==" in line]
    own = [pin for pin in pins if not pin.startswith(LEFT_TO_TORCH) and _name(pin) not in lower]
    (LOCKS / f"{name}.txt").write_text(HEADER + "\n".join(own) + "\n", encoding="utf-8")


def _names(lock: Path) -> set[str]:
    return {_name(line) for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line}


def _name(pin: str) -> str:
    return pin.partition("==")[0].strip()
