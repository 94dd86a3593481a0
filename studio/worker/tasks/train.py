"""Train a run, or go on with one. The run's folder holds run.json; arguments: {"project", "resume"}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.worker.work import Work


def run(work: Work) -> dict[str, Any]:
    """Train to the end and return the result. A run that came to its end before returns it at once.

    A resumed run goes on from its newest whole save point and says what it does anew: the step of its Started
    event tells from where. Rows keyed by (step, name) are then replaced by the same values.
    """
    from studio.engine.checkpoints import Checkpoints
    from studio.engine.final import read_final
    from studio.engine.jobs import find_job
    from studio.engine.parts import put_together
    from studio.engine.train import train

    ended = read_final(work.folder / "final")
    if ended and ended["reason"] != "stopped":
        work.started(step=ended["step"], steps=ended["step"])
        return ended
    checkpoints = Checkpoints(work.folder / "checkpoints")
    step, damaged = checkpoints.newest() if work.arguments.get("resume", True) else (0, [])
    work.started(step=step)
    threads = checkpoints.progress(step).threads if step else 0
    job = find_job(Path(work.arguments["project"]), work.folder, work.config())

    def tell(words: str, done: int, total: int) -> None:
        work.progress(done, total, words)

    parts = put_together(job, threads, tell)
    if step:
        parts.progress = checkpoints.restore(step, parts.training)
    # Said again, now that the number of steps is known.
    work.started(step=step, steps=parts.steps, device=parts.device.kind, **parts.facts())
    if damaged:
        checkpoints.clear_damaged(damaged)
        work.warn("save-point-damaged", f"The newest save point was damaged, so the run goes on from step {step:,}.")
    return train(parts, work)
