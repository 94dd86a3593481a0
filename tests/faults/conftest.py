"""A project, a forge of workers that die when told to, and a run that nothing happened to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.core.events import Evaluated, Failed, Finished, Stepped
from studio.core.paths import program_root
from studio.worker.run_folder import RunFolder
from tests.tiny import build_project, config_for

FORGE = Path(__file__).with_name("forge.py")
Forge = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_project(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    """Do a folder's task in a fresh worker, with an accident; returns its exit code and the changes it made."""
    process = subprocess.Popen(
        [sys.executable, str(FORGE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=program_root(),
        env={**os.environ, "PYTHONPATH": _path(), "OMP_NUM_THREADS": "1"},
        text=True,
    )
    assert process.stdin and process.stdout

    def work(run: RunFolder, **accident: Any) -> dict[str, Any]:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"folder": str(run.paths.folder), **accident}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

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


def _path() -> str:
    return os.pathsep.join(filter(None, [str(program_root()), os.environ.get("PYTHONPATH", "")]))


def create_run(project: Path) -> RunFolder:
    """A fresh run: six steps, three checks, dropout, so that chance has its part."""
    config = config_for(
        project / "model", epochs=2, batch_size=14, evaluate_every=2, samples=["is it free"], method_dropout=0.1
    )
    folder = project / "runs" / uuid.uuid4().hex[:8]
    return RunFolder.create(folder, "train", {"project": str(project), "resume": True}, config)


@pytest.fixture
def new_run(project: Path) -> Callable[[], RunFolder]:
    """Makes fresh runs."""
    return lambda: create_run(project)


@pytest.fixture(scope="module")
def undisturbed(project: Path, forge: Forge) -> tuple[RunFolder, int]:
    """A run that nothing happened to, and how many changes it made to its save points."""
    run = create_run(project)
    done = forge(run)
    assert done["status"] == 0, run.log_tail()
    return run, done["changes"]


REPEATABLE = ("loss", "perplexity", "learning_rate", "gradient_norm", "epoch")


def metric_rows(run: RunFolder) -> dict[tuple[str, int, str], float | None]:
    """Every metric as a reader keeps it: by (split, step, name), what is said again replacing what was said."""
    rows: dict[tuple[str, int, str], float | None] = {}
    for event in run.events():
        if isinstance(event, Stepped):
            rows |= {("train", event.step, name): event.metrics[name] for name in REPEATABLE}
        elif isinstance(event, Evaluated):
            rows |= {(event.split, event.step, name): value for name, value in event.metrics.items()}
    return rows


def end_of(run: RunFolder) -> Finished | Failed:
    """How the run ended."""
    end = run.ended()
    assert end is not None, run.log_tail()
    return end


def assert_same_run(run: RunFolder, undisturbed: RunFolder) -> None:
    """Weights bit for bit, and each metric row once and with its value."""
    ours, theirs = end_of(run), end_of(undisturbed)
    assert isinstance(ours, Finished) and isinstance(theirs, Finished), ours
    assert ours.result["weights"]["sha256"] == theirs.result["weights"]["sha256"]
    assert metric_rows(run) == metric_rows(undisturbed)
    for name in ("best_step", "train", "validation", "base_validation", "tokens"):
        assert ours.result[name] == theirs.result[name]
    leftovers = [path.name for path in run.paths.folder.rglob(".*") if path.suffix in (".part", ".old")]
    assert not leftovers
