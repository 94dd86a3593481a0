"""The watchdog of `tests/conftest.py` itself: each fault that it is there for does fail a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source import ROOT

# Each fault: what the watchdog says of it, and a test that commits it.
FAULTS = {
    "a_warning_of_qt": (
        "Qt warned: something is wrong",
        """
        from PySide6.QtCore import qWarning
        qWarning("something is wrong")
    """,
    ),
    "an_exception_in_a_slot": (
        "ValueError: in a slot",
        """
        from PySide6.QtCore import QObject, Signal
        class Sender(QObject):
            sent = Signal()
        def slot(): raise ValueError("in a slot")
        sender = Sender()
        sender.sent.connect(slot)
        sender.sent.emit()
    """,
    ),
    "the_network": (
        "Tests may not use the network",
        """
        import socket
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    """,
    ),
    "a_name_on_the_network": (
        "Tests may not use the network",
        """
        import urllib.request
        urllib.request.urlopen("http://somewhere.example", timeout=1)
    """,
    ),
    "the_network_in_a_child": (
        "Tests may not use the network",
        """
        import subprocess, sys
        reach = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
        done = subprocess.run([sys.executable, "-c", reach], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    """,
    ),
    "a_thread_that_stays": (
        "threads were left behind: ['stays']",
        """
        import threading, time
        threading.Thread(target=time.sleep, args=(4,), name="stays").start()
    """,
    ),
    "a_detached_process_that_stays": (
        "processes were left running",
        """
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
    """,
    ),
}


def run_tests(folder: Path, body: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one planted test under a copy of the watchdog, in a pytest of its own."""
    shutil.copytree(ROOT / "tests" / "guard", folder / "guard")
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    lines = "\n".join(f"    {line[8:]}" for line in body.strip("\n").splitlines())
    (folder / "test_planted.py").write_text(
        f"import PySide6.QtCore\n\ndef test_planted():\n{lines}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "--confcutdir", str(folder)]
    environment = os.environ | {"PYTEST_ADDOPTS": ""} | variables
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_watchdog_barks_at(fault: str, tmp_path: Path) -> None:
    words, committed = FAULTS[fault]
    done = run_tests(tmp_path, committed)
    assert done.returncode == 1, done.stdout
    assert words in done.stdout, done.stdout


def test_the_watchdog_is_silent_when_nothing_is_wrong(tmp_path: Path) -> None:
    harmless = """
        import os, socket
        from pathlib import Path
        assert Path.home().name.startswith("studio-test-home-")
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()
    """
    done = run_tests(tmp_path, harmless)
    assert done.returncode == 0, done.stdout


def test_a_run_without_the_engine_finds_none_of_it_also_in_children(tmp_path: Path) -> None:
    absent = """
        import importlib.metadata, importlib.util, subprocess, sys
        assert importlib.util.find_spec("safetensors") is None
        try: importlib.metadata.version("safetensors")
        except importlib.metadata.PackageNotFoundError: pass
        else: raise AssertionError("still listed")
        done = subprocess.run([sys.executable, "-c", "import torch"], capture_output=True, text=True)
        assert "ModuleNotFoundError: No module named 'torch'" in done.stderr
    """
    done = run_tests(tmp_path, absent, STUDIO_TEST_NO_ENGINE="1")
    assert done.returncode == 0, done.stdout
