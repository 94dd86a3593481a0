"""A process that has torch imported already and forks a worker for each line of JSON it reads.

{"folder": …, "kill_at": k, "kill_after": seconds, "file_limit": bytes}: do the folder's task in a fork, which kills
itself at its k-th change of a save point or of the final weights (or after so many seconds, or can't write files
beyond a size). Answers {"status": …, "changes": how many there were}. Never trains itself, so that forks are sound.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}
PLACES = ("/checkpoints", "/final", "/.final")


def main() -> None:
    """Serve until the input ends."""
    import peft  # noqa: F401
    import torch
    import transformers  # noqa: F401

    import studio.engine.train
    import studio.worker.__main__  # noqa: F401

    torch.set_num_threads(1)
    _say({"ready": True})
    for line in sys.stdin:
        _say(_serve(json.loads(line)))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _serve(wish: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(wish, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        changes = len(pipe.read())
    _, status = os.waitpid(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), "changes": changes}


def _work(wish: dict[str, Any], counter: int) -> None:
    """In the fork: the worker itself, with the accident prepared."""
    folder = Path(wish["folder"])
    log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    _prepare_accident(wish, counter)
    from studio.worker.__main__ import main as work

    sys.argv = ["studio.worker", str(folder)]
    status = 70
    try:
        status = work()
    finally:
        os._exit(status)


def _prepare_accident(wish: dict[str, Any], counter: int) -> None:
    if limit := wish.get("file_limit"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if seconds := wish.get("kill_after"):
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, seconds)
    kill_at = wish.get("kill_at", 0)
    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if not _changes(event, arguments):
            return
        seen += 1
        os.write(counter, b".")
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _changes(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether this is about to change a save point or the final weights."""
    if event == "open":
        path, mode, flags = arguments
        writes = bool(mode and set(mode) & set("wax+")) or bool(flags & (os.O_WRONLY | os.O_RDWR))
        return isinstance(path, str) and any(place in path for place in PLACES) and (writes or "part" in path)
    return event in CHANGES and any(place in str(arguments[0]) for place in PLACES)


if __name__ == "__main__":
    main()
