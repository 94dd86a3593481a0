"""`python -m studio.worker FOLDER`: do the folder's task, tell it in events, end in exactly one Finished or Failed."""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from pathlib import Path

from studio import plugins
from studio.core.events import Failed, Finished
from studio.core.problem import StudioError
from studio.worker import peers
from studio.worker.failures import worded
from studio.worker.lock import FolderLock
from studio.worker.pulse import Pulse
from studio.worker.run_folder import LineWriter, RunFolder
from studio.worker.work import Stopped, Task, Work

TASKS = "studio.worker.tasks"


def main() -> int:
    """Run the task of the folder named on the command line."""
    lower_priority()
    return work_in(Path(sys.argv[1]))


def work_in(folder: Path) -> int:
    """Run the task of a folder, as its only worker or as one of several; the process's exit status."""
    run = RunFolder(folder)
    plugins.use_real()
    if not peers.leads():
        return _take_part(run)
    with FolderLock(run.paths.folder / "worker.lock") as lock:
        if not lock.held:
            sys.stderr.write("another worker holds this folder; nothing was done\n")
            return 3
        return _work(run)


def _work(run: RunFolder) -> int:
    task, arguments = run.task()
    peers.hear_the_end()
    with Pulse(run), LineWriter(run.paths.events) as writer:
        work = Work(run, task, arguments, writer)
        try:
            end: Finished | Failed = _finished(find(task)(work))
        except Stopped:
            end = Finished(reason="stopped")
        except Exception as error:  # noqa: BLE001 - the worker's edge: every failure is told in words
            traceback.print_exc()
            end = worded(error, run)
        work.say(end)
        work.sync()
    return 1 if isinstance(end, Failed) else 0


def _take_part(run: RunFolder) -> int:
    """Train along with the worker that leads, which alone tells what happens. What goes wrong here shows there."""
    try:
        from studio.worker.tasks.train import take_part

        take_part(run)
    except Exception as error:  # noqa: BLE001 - the leader tells it in words
        traceback.print_exc()
        peers.leave_word(run, worded(error, run))
        return 1
    return 0


def _finished(result: dict[str, object]) -> Finished:
    """A task's result as its last event; a training tells reason and step among it."""
    reason = result.pop("reason", "completed")
    step = result.pop("step", 0)
    return Finished.model_validate({"reason": reason, "step": step, "result": result})


def find(task: str) -> Task:
    """The task's function: `run` in the module of its name. Raises StudioError when there is none."""
    name = task.replace("-", "_")
    if not name.isidentifier() or importlib.util.find_spec(f"{TASKS}.{name}") is None:
        raise StudioError(
            "unknown-task",
            f"This program does not know the work called {task}.",
            data="Nothing was changed.",
            remedy="Open the project with the version of the program that made it.",
        )
    return importlib.import_module(f"{TASKS}.{name}").run


def lower_priority() -> None:
    """Let the person's own programs go first (on Windows the client starts the child that way)."""
    if os.name == "posix":
        os.nice(max(0, 10 - os.nice(0)))


if __name__ == "__main__":
    sys.exit(main())
