"""What holds for every test: nothing of the person's own is touched, no network, no loud Qt, nothing left behind.

Fixtures that belong to one layer stand in that layer's own conftest.
"""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import sys
import tempfile
import threading
import traceback
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import psutil
import pytest

GUARD = Path(__file__).parent / "guard"
ENGINE_FOLDERS = ("engine", "evaluation", "export", "invariants", "objectives", "faults")
WITHOUT_ENGINE = bool(os.environ.get("STUDIO_TEST_NO_ENGINE"))
# Folders whose quick tests, those that need no engine, have been run before.
DONE = tuple(filter(None, os.environ.get("STUDIO_TEST_DONE", "").split(",")))
# What the offscreen platform can't do, said as soon as a dialog or a menu opens.
ALLOWED_FROM_QT = tuple(
    f"This plugin does not support {what}" for what in ("propagateSizeHints()", "raise()", "grabbing the keyboard")
)
GRACE_S = 5

# Every process that this one starts carries the token in its environment, however far it detaches itself.
TOKEN = f"STUDIO_TEST_SESSION={uuid.uuid4().hex}"


def _settle() -> Path:
    """Give this process and its children a home of their own, before anything of the studio is imported."""
    home = Path(tempfile.mkdtemp(prefix="studio-test-home-"))
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        os.environ[name] = str(home)
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        os.environ[f"XDG_{name}_HOME"] = str(home / name.lower())
    os.environ["STUDIO_HOME"] = str(home / "studio")
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH")]))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    name, _, value = TOKEN.partition("=")
    os.environ[name] = value
    # Started in the background, a shell lets SIGINT be ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return home


HOME = _settle()
runpy.run_path(str(GUARD / "sitecustomize.py"))

collect_ignore = list(ENGINE_FOLDERS) if WITHOUT_ENGINE else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine or this run has no place for, and count it as deselected."""
    on_x = os.environ["QT_QPA_PLATFORM"] == "xcb"
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in ENGINE_FOLDERS:
            item.add_marker("engine")
    absent = {"x11"} if not on_x else set()
    absent |= {"engine", "gpu"} if WITHOUT_ENGINE else set()
    if any(item.get_closest_marker("gpu") for item in items) and not _has_cuda():
        absent |= {"gpu"}
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent) or _is_done(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_done(item: pytest.Item) -> bool:
    """Whether a test has been run in another part of the same check."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return folder in DONE and not any(
        item.get_closest_marker(name) for name in ("engine", "slow", "long", "x11", "gpu")
    )


def _has_cuda() -> bool:
    if WITHOUT_ENGINE or not (shutil.which("nvidia-smi") or Path("/dev/nvidiactl").exists()):
        return False
    import torch

    return torch.cuda.is_available()


class Overheard:
    """What Qt warned of, and which exceptions nobody caught, since the test began."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.listening_to_qt = False

    def listen_to_qt(self) -> None:
        """Take over Qt's messages; only where Qt is loaded already, so that other layers' tests stay without it."""
        if self.listening_to_qt or "PySide6.QtCore" not in sys.modules:
            return
        from PySide6.QtCore import QtMsgType, qInstallMessageHandler

        def heard(kind: QtMsgType, context: object, message: str | None) -> None:
            loud = kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
            if loud and not any(allowed in (message or "") for allowed in ALLOWED_FROM_QT):
                self.said.append(f"Qt warned: {message}")

        qInstallMessageHandler(heard)
        self.listening_to_qt = True

    def uncaught(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        """Stands as `sys.excepthook`: PySide6 gives it what a slot raised, and goes on."""
        self.said.append("".join(traceback.format_exception(kind, error, where)))


OVERHEARD = Overheard()


@pytest.fixture(autouse=True)
def nothing_goes_unheard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Overheard]:
    """A warning of Qt or an exception in a slot fails the test. A test that means it clears `said` itself."""
    OVERHEARD.listen_to_qt()
    OVERHEARD.said.clear()
    monkeypatch.setattr(sys, "excepthook", OVERHEARD.uncaught)
    threads = set(threading.enumerate())
    yield OVERHEARD
    OVERHEARD.listen_to_qt()
    said = list(OVERHEARD.said)
    assert not said, "\n".join(said)
    left = [thread.name for thread in _alive(threads)]
    assert not left, f"threads were left behind: {left}"


def _alive(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads that would keep the process from ending, after a moment's grace."""
    left = [each for each in threading.enumerate() if each not in before and not each.daemon]
    for thread in left:
        thread.join(GRACE_S / 5)
    return [thread for thread in left if thread.is_alive()]


@pytest.fixture(autouse=True, scope="module")
def no_process_is_left_behind() -> Iterator[None]:
    """A test file ends what it started; what it forgot is ended here, and its last test fails for it."""
    yield
    forgotten = _own_processes()
    _, alive = psutil.wait_procs(forgotten, GRACE_S)
    told = [" ".join(_command(process)) for process in alive]
    for process in alive:
        process.kill()
    assert not told, f"processes were left running: {told}"


def _own_processes() -> list[psutil.Process]:
    """Processes anywhere on this computer that descend from this one, detached or not."""
    name, _, value = TOKEN.partition("=")
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.pid != os.getpid() and process.environ().get(name) == value
        except (psutil.Error, OSError):
            continue
        if ours and process.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(_command(process)):
            found.append(process)
    return found


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return [f"process {process.pid}"]


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
