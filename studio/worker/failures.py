"""Wording what ended a worker: the world's fault in its own sentence, anything else as our bug with a report."""

from __future__ import annotations

import errno
import traceback

from studio.core.events import CheckpointSaved, Failed, Stepped
from studio.core.problem import StudioError
from studio.worker.run_folder import RunFolder

LOST_CARD = (
    "CUDA error: unspecified launch failure",
    "CUDA error: unknown error",
    "CUDA error: no CUDA-capable device",
    "CUDA error: device not ready",
    "CUDA error: the launch timed out",
    "CUDA error: an illegal instruction",
    "CUDA error: uncorrectable ECC error",
    "CUDA error: hardware stack error",
    "CUDA error: all CUDA-capable devices are busy or unavailable",
    "GPU is lost",
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_EXECUTION_FAILED",
)
"""What the card's driver says when the card, not the program, is at fault."""


def worded(error: BaseException, run: RunFolder) -> Failed:
    """The Failed event for an exception. Says up to which step the work is safe."""
    step, saved = _progress_of(run)
    if isinstance(error, StudioError):
        return Failed.model_validate({**error.as_dict(), "detail": _trace(error), "step": step})
    safe = f"Everything up to step {saved:,} is saved and checked." if saved else "Your data is unchanged."
    if isinstance(error, OSError) and (words := system_words(error)):
        id, happened, remedy = words
        return Failed(id=id, happened=happened, data=safe, remedy=remedy, detail=_trace(error), step=step)
    if isinstance(error, RuntimeError) and any(sign in str(error) for sign in LOST_CARD):
        return Failed(
            id="card-lost",
            happened="The graphics card stopped answering.",
            data=safe,
            remedy="Restart the computer and resume; the run goes on from its last save point. If it happens again,"
            " let the card cool, update its driver, or train on the processor.",
            detail=_trace(error),
            step=step,
        )
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return Failed(
            id="out-of-memory",
            happened="The computer ran out of memory for this work.",
            data=safe,
            remedy="Choose fewer examples at a time or a shorter longest example, and start again.",
            detail=_trace(error),
            step=step,
        )
    return Failed(
        id="bug",
        happened="Something went wrong inside the program. This is our fault, not yours.",
        data=safe,
        remedy="Start it again. If it happens twice, save the report and send it to the makers.",
        detail=_trace(error),
        step=step,
        bug=True,
    )


def system_words(error: OSError) -> tuple[str, str, str] | None:
    """(id, what happened, what to do) for what the system refused; None for what we have no words for."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            "disk-full",
            "The disk is full.",
            "Free some space on this disk and start again; the work goes on from there.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            "not-writable",
            "A folder may not be written to.",
            "Move the project to a folder of your own and try again.",
        )
    if error.errno == errno.ENOENT:
        return (
            "file-gone",
            "A file that was here before is gone.",
            "Put it back where it was, or choose it again.",
        )
    if error.errno == errno.EIO:
        return (
            "disk-error",
            "The disk reported an error.",
            "Copy the project to another disk and go on there.",
        )
    return None


def _progress_of(run: RunFolder) -> tuple[int, int]:
    """(last step taken, last step saved), as far as the events tell."""
    step = saved = 0
    for event in run.events():
        if isinstance(event, Stepped):
            step = event.step
        elif isinstance(event, CheckpointSaved):
            saved = event.step
    return step, saved


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-8000:]
