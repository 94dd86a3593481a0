"""Starting a worker and finding it again: a detached child that outlives the window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studio.core.events import AnyEvent, Failed, Finished
from studio.worker.launching import launch
from studio.worker.pulse import PID_FILE, begun, is_alive, process_of, remember
from studio.worker.reserve import Reserve
from studio.worker.run_folder import RunFolder, follow

__all__ = [
    "PID_FILE",
    "begun",
    "died",
    "events_until_end",
    "is_alive",
    "process_of",
    "start",
    "wait",
]

NEEDS_MODEL = frozenset({"train", "evaluate", "generate", "playground", "export-run", "join"})
"""Tasks that a worker in reserve begins sooner; the others import nothing that takes long."""

RESERVE = Reserve()
"""The worker in reserve, where the program keeps one (the window does)."""


def start(run: RunFolder, environment: Mapping[str, str] | None = None) -> int:
    """Start a detached worker on a folder, or give it to the one in reserve; returns its pid at once."""
    in_reserve = RESERVE.pid is not None and not environment and run.task()[0] in NEEDS_MODEL
    pid = RESERVE.take(run.paths.folder) if in_reserve else None
    if pid is None:
        with run.paths.log.open("ab") as log:
            pid = launch(
                "studio.worker", str(run.paths.folder), cwd=run.paths.folder, output=log, extra=environment
            ).pid
    remember(run, pid)
    return pid


def events_until_end(run: RunFolder, poll: float = 0.1) -> Iterator[AnyEvent]:
    """Follow a worker from its first event to its last; a death without a word comes as Failed."""
    last: AnyEvent | None = None
    for event in follow(run, is_alive, poll):
        last = event
        yield event
    if not isinstance(last, Finished | Failed):
        yield died(run)


def died(run: RunFolder) -> Failed:
    """What a worker that ended without a word is told as, with the tail of its log."""
    return Failed(
        id="worker-died",
        happened="The work ended without saying why; the computer may have run out of memory.",
        data="Everything up to the last save point is safe.",
        remedy="Resume to go on from the last save point.",
        detail=run.log_tail(),
    )


def wait(run: RunFolder, poll: float = 0.1) -> Finished | Failed:
    """Wait until the worker has ended; how it ended."""
    for event in events_until_end(run, poll):
        if isinstance(event, Finished | Failed):
            end = event
    return end
