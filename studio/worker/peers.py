"""The other processes of a run that trains on several at once, on this computer.

The worker that was started leads; it starts the others, which hear and tell nothing, and sees to it that none of them
outlives it. On several computers torchrun or a scheduler starts them all, with the same folder.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from studio.worker.run_folder import RunFolder

LAST_WORDS = 20.0


@contextmanager
def peers(run: RunFolder, processes: int) -> Iterator[None]:
    """So many processes for the time being, this one included; none more where torchrun has started them all."""
    if processes < 2 or "WORLD_SIZE" in os.environ:
        yield
        return
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": str(processes)}
    children = [_start(run, {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(1, processes)]
    mine = {**shared, "RANK": "0", "LOCAL_RANK": "0"}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)
        _end(children)


def leads() -> bool:
    """Whether this process is the one that tells and hears, as torchrun and `peers` number them."""
    return int(os.environ.get("RANK", "0")) == 0


def _start(run: RunFolder, place: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-s", "-m", "studio.worker", str(run.paths.folder)]
    with run.paths.log.open("ab") as log:
        return subprocess.Popen[bytes](
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=run.paths.folder, env={**os.environ, **place}
        )


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        try:
            child.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
