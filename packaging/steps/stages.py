"""One line per stage, with its time; the full output of what ran stands in a log file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from steps.places import LOGS, ROOT, WINDOWS

LAST_LINES = 20


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    seconds: float
    log: Path


def say(line: str) -> None:
    """One line to the person, at once."""
    print(line, flush=True)


def run_stage(
    title: str,
    command: Sequence[str | Path],
    log: str,
    environment: Mapping[str, str] | None = None,
    turn: int | None = None,
) -> Outcome:
    """Run a command behind one line that shows how long it has been going; its output goes to the log.

    `turn` is the descriptor of a lock that the command shall hold as long as it runs.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.txt"
    began = time.monotonic()
    with path.open("w", encoding="utf-8", errors="replace") as file:
        file.write(f"$ {' '.join(map(str, command))}\n\n")
        file.flush()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=not WINDOWS,
            pass_fds=() if WINDOWS or turn is None else (turn,),
        )
        try:
            code = _wait(title, process, began)
        except BaseException:
            end_with_children(process)
            raise
    seconds = time.monotonic() - began
    _line(title, f"{seconds:.0f} s" if code == 0 else f"did not succeed ({seconds:.0f} s)", last=True)
    return Outcome(code, seconds, path)


def told_by(log: Path) -> str:
    """The last lines of a log and where the rest of it is."""
    lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-LAST_LINES:]
    return "\n".join(f"    {line}" for line in lines) + f"\nAll of it is in {log}"


def end_with_children(process: subprocess.Popen[bytes]) -> None:
    """Stop a command that was started by us in a session of its own, and what it started in turn."""
    if process.poll() is not None:
        return
    if WINDOWS:
        subprocess.call(["taskkill", "/T", "/F", "/PID", str(process.pid)], stdout=subprocess.DEVNULL)
    else:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(title: str, process: subprocess.Popen[bytes], began: float) -> int:
    """Wait for the end. On a terminal the line counts the seconds; in a log the title stands from the start."""
    if not sys.stdout.isatty():
        print(f"{title} …", end=" ", flush=True)
        return process.wait()
    while True:
        _line(title, f"{time.monotonic() - began:.0f} s", last=False)
        try:
            return process.wait(0.5)
        except subprocess.TimeoutExpired:
            continue


def _line(title: str, ending: str, *, last: bool) -> None:
    if sys.stdout.isatty():
        print(f"\r{title} … {ending}\x1b[K", end="\n" if last else "", flush=True)
    elif last:
        print(ending, flush=True)
