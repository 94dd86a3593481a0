"""The checkout's own environment, `.venv`: made once, brought up to date when the locks change, repaired after a
broken set-up.

Which Python packages it holds is written in `packaging/locks`. Where they come from is the business of the person's
pip settings and is never named here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

from steps.places import LOCKS, ROOT, WINDOWS, StepFailed
from steps.stages import run_stage, say, told_by
from steps.system import has_nvidia_card, provide_venv
from steps.turns import my_turn

STAMP = "layers.json"
UNFINISHED = "unfinished"

PROGRAM = ("base", "build", "studio")
ENGINE = ("torch", "engine")
RESOLVER = "uv==0.13.8"


class Layer(NamedTuple):
    """A part of the environment: what pip is asked for, and the fingerprint of that."""

    title: str
    requirements: list[str]
    fingerprint: str


class Environment:
    """A virtual environment in a folder of the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scripts = folder / ("Scripts" if WINDOWS else "bin")
        self.python = self.scripts / ("python.exe" if WINDOWS else "python")

    def provide(self, *names: str) -> None:
        """Make sure that these layers are installed as locked; quick when they are."""
        wanted = {name: layer(name) for name in names}
        if not self._missing(wanted):
            return
        with my_turn(self.folder.name) as turn:
            self._make_sound(turn)
            for name in self._missing(wanted):
                self._install(name, wanted[name], turn)

    def ready(self, *names: str) -> bool:
        """Whether these layers are installed as locked."""
        return not self._missing({name: layer(name) for name in names})

    def state(self) -> str:
        """In a few words, for `doctor`."""
        if (self.folder / UNFINISHED).exists():
            return "broken off while it was being set up; the next command repairs it"
        layers = self._stamp().get("layers", {})
        return f"{self.folder} with {', '.join(layers)}" if layers else "not made yet"

    def _stamp(self) -> dict:
        try:
            stamp = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        # A folder that was moved has wrong paths in its scripts; a Python that was replaced has other libraries.
        sound = stamp.get("folder") == str(self.folder) and stamp.get("python") == _real(self.python)
        return stamp if sound and not (self.folder / UNFINISHED).exists() else {}

    def _missing(self, wanted: dict[str, Layer]) -> list[str]:
        there = self._stamp().get("layers", {})
        return [name for name, layer in wanted.items() if there.get(name) != layer.fingerprint]

    def _make_sound(self, turn: int) -> None:
        """Keep a whole environment; anything else is made from the start, which is the one repair that is certain."""
        if self._stamp():
            return
        if self.folder.exists():
            say(f"{self.folder.name} is not whole and is made again.")
            try:
                shutil.rmtree(self.folder)
            except OSError as error:
                raise StepFailed(
                    f"{self.folder} cannot be removed ({error.strerror}). Close what runs from it and try again."
                ) from error
        provide_venv()
        title = f"Making an environment with Python {sys.version_info.major}.{sys.version_info.minor}"
        _must(title, [sys.executable, "-m", "venv", str(self.folder)], "environment", turn)
        self._write_stamp({})

    def _install(self, name: str, layer: Layer, turn: int) -> None:
        if name == "torch":
            say(about_torch())
        mark = self.folder / UNFINISHED
        mark.write_text(name, encoding="utf-8")
        command = [str(self.python), "-m", "pip", "install", "--no-input", "--no-compile", *layer.requirements]
        outcome = run_stage(layer.title, command, f"install-{name}", _pip_environment(), turn)
        if outcome.code == 0:
            mark.unlink()
            self._write_stamp(self._stamp().get("layers", {}) | {name: layer.fingerprint})
            return
        # Until pip says that it is writing, nothing has changed, and what is there can be kept.
        if "Installing collected packages" not in outcome.log.read_text(encoding="utf-8", errors="replace"):
            mark.unlink()
        raise StepFailed(f"{layer.title}: not installed. The same command tries again.\n{told_by(outcome.log)}")

    def _write_stamp(self, layers: dict[str, str]) -> None:
        stamp = {"folder": str(self.folder), "python": _real(self.python), "layers": layers}
        fresh = self.folder / f"{STAMP}.new"
        fresh.write_text(json.dumps(stamp, indent=2), encoding="utf-8")
        fresh.replace(self.folder / STAMP)


def everything() -> Environment:
    """The environment with both layers of the program."""
    return Environment(ROOT / ".venv")


def without_engine() -> Environment:
    """An environment in which torch, transformers and peft really are not installed."""
    return Environment(ROOT / ".venv-program")


def layer(name: str) -> Layer:
    """What belongs to a layer, from its lock or, for the studio itself, from the project's own file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if name == "torch":
        torch = next(line for line in project["optional-dependencies"]["engine"] if line.startswith("torch=="))
        pinned = [f"--constraint={LOCKS / lock}.txt" for lock in ("base", "engine")]
        return Layer(f"PyTorch {torch.removeprefix('torch==')}", [torch, *pinned], _fingerprint(torch))
    if name == "studio":
        editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
        return Layer("The studio itself", editable, _fingerprint(json.dumps(project)))
    if name == "resolver":
        return Layer("What resolves versions", [RESOLVER], _fingerprint(RESOLVER))
    lock = LOCKS / f"{name}.txt"
    titles = {
        "base": "The program's packages",
        "build": "What builds the package",
        "engine": "The engine's packages",
        "dev": "The tools for checks and tests",
        "bench": "The programs we compare with",
    }
    return Layer(titles[name], ["--no-deps", "--requirement", str(lock)], _fingerprint(lock.read_text("utf-8")))


def about_torch() -> str:
    """Which build of PyTorch comes, and why: pip takes the best one that the person's pip settings offer."""
    if has_nvidia_card() and WINDOWS:
        return (
            "PyTorch for Windows comes without support for this computer's NVIDIA card, unless your pip settings name "
            "a source that has it (PyTorch's page 'Get started locally' tells which)."
        )
    if has_nvidia_card() or sys.platform != "linux":
        return "PyTorch comes first: it is the largest part."
    return (
        "PyTorch comes first. This computer has no NVIDIA card that we can see; unless your pip settings offer a build "
        "for the processor alone, about 3 GB of NVIDIA's libraries come along, unused."
    )


def _must(title: str, command: list[str], log: str, turn: int) -> None:
    outcome = run_stage(title, command, log, turn=turn)
    if outcome.code != 0:
        raise StepFailed(f"{title} did not succeed.\n{told_by(outcome.log)}")


def _pip_environment() -> dict[str, str]:
    """The person's own settings, all of them; only what would spoil a log is added."""
    return os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_PROGRESS_BAR": "off"}


def _real(python: Path) -> str:
    return str(python.resolve()) if python.exists() else ""


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def answer_of(environment: Environment, code: str) -> str:
    """What a line of Python prints in an environment; empty when it cannot be run."""
    done = subprocess.run([environment.python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
