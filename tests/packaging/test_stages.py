"""One line per stage; nothing goes on running when a stage is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from steps import stages
from steps.stages import run_stage, told_by

from tests.source import ROOT


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "LOGS", tmp_path)


def test_a_stage_is_one_line_and_its_output_stands_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys\nfor n in range(50): print('line', n)\nsys.exit(3)"
    outcome = run_stage("Something long", [sys.executable, "-c", script], "long")
    assert outcome.code == 3
    assert capsys.readouterr().out == f"Something long … did not succeed ({outcome.seconds:.0f} s)\n"
    told = told_by(outcome.log)
    assert "line 49" in told and "line 5\n" not in told and str(outcome.log) in told


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is sent otherwise on Windows")
def test_an_interrupted_stage_leaves_nothing_running(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        from pathlib import Path
        from steps import stages
        stages.LOGS = Path({str(tmp_path)!r})
        stages.run_stage("Sleeping", ["sh", "-c", "sleep 300 & echo $! > {tmp_path}/pid; wait"], "sleeping")
    """)
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT / "packaging", stderr=subprocess.DEVNULL) as command:
        pid = _written(tmp_path / "pid")
        assert psutil.pid_exists(pid)
        os.kill(command.pid, signal.SIGINT)
        command.wait(20)
    gone = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < gone:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)


def _written(path: Path) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if path.exists() and (text := path.read_text().strip()):
            return int(text)
        time.sleep(0.05)
    raise AssertionError(f"{path} was never written")
