"""The other processes of a run that trains on several at once.

On one computer the worker that was started leads; it starts the others, which hear and tell nothing, and sees to it
that none of them outlives it. On several computers torchrun or a scheduler starts them all, with the same folder. Why
one of the others failed it leaves in the folder, for the leader to tell.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from studio.core.events import Failed
from studio.core.files import write_whole
from studio.core.problem import StudioError
from studio.worker.run_folder import RunFolder

LAST_WORDS = 20.0
LOST, ENDED = "process-lost", "ended-from-outside"
"""What one process knows of another's failure, or of torchrun's after it: little. Its own words say more."""


@contextmanager
def peers(run: RunFolder, processes: int) -> Iterator[None]:
    """So many processes for the time being, this one included; none more where torchrun has started them all."""
    for word in _words(run):
        word.unlink(missing_ok=True)
    try:
        if processes < 2 or "WORLD_SIZE" in os.environ:
            yield
        else:
            with _started(run, processes):
                yield
    except StudioError as error:
        if error.id in (LOST, ENDED) and (said := _said_by_others(run)):
            raise said from error
        raise


def leads() -> bool:
    """Whether this process is the one that tells and hears, as torchrun and `peers` number them."""
    return int(os.environ.get("RANK", "0")) == 0


def leave_word(run: RunFolder, failed: Failed) -> None:
    """Say why this process failed, for the leader to tell."""
    if failed.id != LOST:
        write_whole(run.paths.folder / f"peer-{os.environ.get('RANK', '0')}.json", failed.model_dump_json().encode())


def hear_the_end() -> None:
    """Under torchrun or a scheduler: take the signal by which they end a process as an error that can be told."""
    if "WORLD_SIZE" in os.environ:
        signal.signal(signal.SIGTERM, _ended)


def _ended(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise StudioError(
        ENDED,
        "The run was ended from outside: by the scheduler, or because another of its processes ended.",
        data="Everything up to the last save point is safe.",
        remedy="Start it again in the same way; it goes on from there.",
    )


def _words(run: RunFolder) -> list[Path]:
    return sorted(run.paths.folder.glob("peer-*.json"))


def _said_by_others(run: RunFolder) -> Exception | None:
    """What the first of the others gave as its reason."""
    for word in _words(run):
        try:
            said = Failed.model_validate_json(word.read_bytes())
        except (OSError, ValidationError):
            continue
        if said.bug:
            return RuntimeError(said.detail)
        return StudioError(said.id, said.happened, data=said.data, remedy=said.remedy, fix=said.fix)
    return None


@contextmanager
def _started(run: RunFolder, processes: int) -> Iterator[None]:
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
    }
    children = [_start(run, {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(1, processes)]
    mine = {**shared, "RANK": "0", "LOCAL_RANK": "0"}
    os.environ.update(mine)
    patience = 0.0
    try:
        yield
        patience = LAST_WORDS
    finally:
        for name in mine:
            os.environ.pop(name, None)
        _end(children, patience)


def _start(run: RunFolder, place: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-s", "-m", "studio.worker", str(run.paths.folder)]
    with run.paths.log.open("ab") as log:
        return subprocess.Popen[bytes](
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=run.paths.folder, env={**os.environ, **place}
        )


def _end(children: list[subprocess.Popen[bytes]], patience: float) -> None:
    for child in children:
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
