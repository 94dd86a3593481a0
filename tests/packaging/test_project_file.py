"""What is locked, what is packed, and what any Python must be able to read."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.source import ROOT

LOCKS = ROOT / "packaging" / "locks"


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", name)[0]).lower()  # type: ignore[index]


def locked(*names: str) -> set[str]:
    lines = [line for name in names for line in (LOCKS / f"{name}.txt").read_text(encoding="utf-8").splitlines()]
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.match(r"[a-z0-9-]+==[0-9][^ ]*( ; .+)?$", pin) for pin in pins), pins
    return {plain(pin) for pin in pins}


def test_every_dependency_is_locked_and_the_program_layer_has_no_torch() -> None:
    extras = project()["optional-dependencies"]
    assert {plain(line) for line in project()["dependencies"]} <= locked("base")
    assert {plain(line) for line in extras["engine"]} - {"torch"} <= locked("engine")
    assert {plain(line) for line in extras["dev"]} <= locked("dev")
    assert {plain(line) for line in extras["bench"]} <= locked("bench")
    assert locked("base").isdisjoint({"torch", "transformers", "peft", "accelerate", "safetensors"})


def test_torch_and_its_libraries_for_cards_are_in_no_lock() -> None:
    everything = locked("base", "engine", "build", "dev", "bench")
    assert [name for name in everything if name.startswith(("torch", "nvidia", "cuda", "triton"))] == []


def test_any_python_3_can_read_dev_py_to_be_told_which_one_it_needs() -> None:
    source = (ROOT / "packaging" / "dev.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 5))
    with pytest.raises(SyntaxError):
        ast.parse("match a:\n    case 1: pass", feature_version=(3, 5))
    assert "from __future__ import annotations" not in source, "Python 3.6 does not know it"


def test_a_wheel_carries_the_program_its_resources_and_its_commands(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
        entry_points = next(archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert "studio/core/paths.py" in names
    for folder in ("resources", "plugins"):
        there = any(path.is_file() for path in (ROOT / folder).rglob("*"))
        assert there == any(f"/data/share/fine-tuning-studio/{folder}/" in name for name in names)
    assert not any(name.startswith(("tests/", "packaging/")) for name in names)
    assert "studio = studio.cli.main:main" in entry_points
