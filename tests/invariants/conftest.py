"""A project with a tiny model and prepared examples, made once for each file, so that names of runs are free; and a
foundry of workers that train together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from studio.core.paths import program_root
from studio.worker.run_folder import RunFolder
from tests.tiny import build_project

torch.set_num_threads(1)
FOUNDRY = Path(__file__).with_name("foundry.py")
Foundry = Callable[[RunFolder, int], list[int]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_project(tmp_path_factory.mktemp("invariants"))


@pytest.fixture(scope="module")
def foundry() -> Iterator[Foundry]:
    """Train a run's folder with so many workers at once; their exit statuses, by rank."""
    path = os.pathsep.join(filter(None, [str(program_root()), os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [sys.executable, str(FOUNDRY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=program_root(),
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "STUDIO_PATIENCE": "60"},
        text=True,
    )
    assert process.stdin and process.stdout

    def work(run: RunFolder, processes: int) -> list[int]:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"folder": str(run.paths.folder), "processes": processes}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())["status"]

    try:
        assert json.loads(process.stdout.readline())["ready"]
        yield work
        process.stdin.close()
        process.wait(60)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
