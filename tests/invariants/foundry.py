"""A process that has torch imported already and forks the workers of a run, several at once, for each line of JSON it
reads: {"folder": …, "processes": n}. Each worker is what torchrun would start: it finds its place in its environment.
Answers with the workers' exit statuses, by rank. Never trains itself, so that forks are sound.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Serve until the input ends."""
    import peft  # noqa: F401
    import torch
    import torch.distributed.fsdp
    import torch.distributed.tensor
    import transformers  # noqa: F401

    import studio.engine.train
    import studio.worker.__main__  # noqa: F401

    torch.set_num_threads(1)
    _say({"ready": True})
    for line in sys.stdin:
        _say(_serve(**json.loads(line)))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _serve(folder: str, processes: int) -> dict[str, Any]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(processes)}
    children = []
    for rank in range(processes):
        child = os.fork()
        if child == 0:
            _work(Path(folder), {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)} if processes > 1 else {})
        children.append(child)
    return {"status": [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]}


def _work(folder: Path, place: dict[str, str]) -> None:
    """In the fork: the worker itself."""
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ |= place
    from studio.worker.__main__ import main as work

    sys.argv = ["studio.worker", str(folder)]
    status = 70
    try:
        status = work()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
