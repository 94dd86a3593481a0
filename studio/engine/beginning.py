"""What a run begins with: the model as it came, an earlier run's weights to go on with, or these beneath new ones.

What an earlier run left is checked bit for bit and taken along into the new run's folder, so that the new one can be
resumed exactly whatever becomes of the other. Where the disk can, that costs no room: a file gets a second name.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from studio.api import Method, Settings
from studio.core.beginning import ADAPTER, ADAPTER_WEIGHTS, find_beginning, is_run
from studio.core.problem import StudioError
from studio.engine.final import RESULT
from studio.engine.job import Job
from studio.engine.memory import is_out_of_memory
from studio.engine.staging import MANIFEST, is_whole, remove, staged

COPY = "begin"


def begun(job: Job, method: Method[Settings], base: Any, chosen: Settings) -> Any:
    """The base model with what trains."""
    if job.begins is None:
        return method.attach(base, chosen)
    begin = method.stack if job.config.train.stacked else method.go_on
    try:
        return begin(base, beginning_of(job), chosen)
    except (RuntimeError, KeyError, ValueError, FileNotFoundError) as error:
        if is_out_of_memory(error):
            raise
        raise _unfit(job.config.train.begin) from error


def take_along(job: Job) -> None:
    """Copy what the run begins with into its folder, once. Raises StudioError when it is gone or was damaged."""
    copy = job.folder / COPY
    if job.begins is None or is_whole(copy):
        return
    # Prepared examples lie in the project's data folder.
    found = find_beginning(job.config.train.begin, job.prepared.parents[1])
    if is_run(job.config.train.begin) and not is_whole(found.folder):
        raise _damaged(job.config.train.begin)
    with staged(copy) as folder:
        for file in _files(found.folder):
            _second_name(file, folder / file.name)


def beginning_of(job: Job) -> Path:
    """The folder to begin with: the run's own copy, or else (beside a process that is about to copy it) the source."""
    assert job.begins is not None
    copy = job.folder / COPY
    return copy if is_whole(copy) else job.begins


def let_go(job: Job) -> None:
    """Give the copy up, once the run's own final weights hold all of it."""
    remove(job.folder / COPY)


def _files(folder: Path) -> list[Path]:
    """An adapter's two files, or all that a run kept of its own weights."""
    adapter = [folder / name for name in (ADAPTER, ADAPTER_WEIGHTS)]
    if all(file.is_file() for file in adapter):
        return adapter
    return [file for file in sorted(folder.iterdir()) if file.is_file() and file.name not in (MANIFEST, RESULT)]


def _second_name(file: Path, target: Path) -> None:
    """The same file under another name, or a copy on disks that have no such thing. Kept weights are never written
    into, only replaced, so that both stay what they are."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)


def _damaged(run: str) -> StudioError:
    return StudioError(
        "begin-damaged",
        f"The kept weights of {run} were changed or damaged, so nothing can go on from them.",
        data="Nothing was changed; your data and the other runs are safe.",
        remedy="Bring them back from a copy of the project, or begin with another run or with the model as it came.",
    )


def _unfit(begin: str) -> StudioError:
    name = begin if is_run(begin) else Path(begin).name
    return StudioError(
        "begin-does-not-fit",
        f"What was saved in {name} does not fit this model and method.",
        data="Nothing was changed.",
        remedy="Choose the model and the method that it was trained with, or begin with the model as it came.",
    )
