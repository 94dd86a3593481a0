"""Train a run, or go on with one. The run's folder holds run.json; arguments: {"project", "resume"}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.core.events import AnyCommand, AnyEvent, Progressed, Stop
from studio.worker.peers import peers
from studio.worker.run_folder import RunFolder
from studio.worker.work import Stopped, Work


def run(work: Work) -> dict[str, Any]:
    """Train to the end and return the result. A run that came to its end before returns it at once.

    A resumed run goes on from its newest whole save point and says what it does anew: the step of its Started
    event tells from where. Rows keyed by (step, name) are then replaced by the same values.
    """
    from studio.engine.belonging import refuse_strangers
    from studio.engine.checkpoints import Checkpoints
    from studio.engine.devices import old_driver
    from studio.engine.final import read_final
    from studio.engine.jobs import find_job
    from studio.engine.parts import put_together
    from studio.engine.train import train

    resume = bool(work.arguments.get("resume", True))
    ended = read_final(work.folder / "final") if resume else None
    if ended and ended["reason"] != "stopped":
        work.started(step=ended["step"], steps=ended["step"])
        return ended
    checkpoints = Checkpoints(work.folder / "checkpoints")
    step, damaged = checkpoints.newest() if resume else (0, checkpoints.steps())
    work.started(step=step)
    checkpoints.clear(damaged)
    config = work.config()
    job = find_job(Path(work.arguments["project"]), work.folder, config)
    live = Patient(work)
    with peers(work.run, config.train.processes):
        parts = put_together(job, checkpoints.progress(step).threads if step else 0, live.tell)
        parts.group.told([step])
        if step:
            parts.progress = checkpoints.restore(step, parts.training)
        # Said again, now that the number of steps is known.
        work.started(step=step, steps=parts.steps, device=parts.device.kind, **parts.facts())
        if parts.device.kind == "cpu" and config.train.device == "auto" and (sentence := old_driver()):
            work.warn("driver-too-old", sentence)
        if damaged and resume:
            work.warn("save-point-damaged", f"The newest save point was damaged; the run goes on from step {step:,}.")
        if not step:
            refuse_strangers(parts)
        return train(parts, live)


def take_part(run: RunFolder) -> None:
    """Train along with the worker that leads, from the same save point, hearing and telling nothing."""
    from studio.engine.checkpoints import Checkpoints
    from studio.engine.jobs import find_job
    from studio.engine.live import Silent
    from studio.engine.parts import put_together
    from studio.engine.train import train

    _, arguments = run.task()
    checkpoints = Checkpoints(run.paths.folder / "checkpoints")
    step = checkpoints.newest()[0] if arguments.get("resume", True) else 0
    job = find_job(Path(arguments["project"]), run.paths.folder, run.config())
    parts = put_together(job, checkpoints.progress(step).threads if step else 0)
    # On a shared disk this process may not see the newest save point yet.
    step = parts.group.told([step])[0]
    if step:
        parts.progress = checkpoints.restore(step, parts.training)
    train(parts, Silent())


class Patient:
    """The worker's voice and ear. What is asked for while the run is being put together waits for the loop; only
    Stop is heard at once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: list[AnyCommand] = []

    def tell(self, words: str, done: int, total: int) -> None:
        """Say how far the set-up is. Raises Stopped."""
        self._waiting += self._work.commands()
        if any(isinstance(command, Stop) for command in self._waiting):
            raise Stopped
        self._work.say(Progressed(done=done, total=total, words=words))

    def say(self, event: AnyEvent) -> None:
        self._work.say(event)

    def sync(self) -> None:
        self._work.sync()

    def commands(self) -> list[AnyCommand]:
        """What was asked for, in order."""
        waiting, self._waiting = self._waiting, []
        return waiting + self._work.commands()
