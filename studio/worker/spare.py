"""A worker in reserve: it has imported what a model needs, so that work begins at once when it is given a folder.

It waits for that folder on its standard input, and becomes the folder's worker like any other: its words go to the
folder's log, and it no longer depends on who started it. When the pipe closes before, it ends. Each does one task only,
so that no work finds anything that another left behind.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from studio.worker import __main__ as worker
from studio.worker.run_folder import RunFolder

IMPORTED = (
    "studio.engine.train",
    "studio.worker.tasks.train",
    "peft",
    "transformers.models.llama.modeling_llama",
    "transformers.models.gpt2.modeling_gpt2",
    "transformers.models.bert.modeling_bert",
    "transformers.models.t5.modeling_t5",
)
"""What takes most of the time before the first step; other kinds of model are imported when they are met."""


def main() -> int:
    """Import, wait for a folder, do its task."""
    worker.lower_priority()
    for name in IMPORTED:
        importlib.import_module(name)
    told = sys.stdin.readline()
    if not told:
        return 0
    folder = Path(json.loads(told))
    _become_worker_of(folder)
    return worker.work_in(folder)


def _become_worker_of(folder: Path) -> None:
    """Let go of the pipe, and write to the folder's log."""
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(RunFolder(folder).paths.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for mine, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(mine, place)
    os.close(nothing)
    os.close(log)


if __name__ == "__main__":
    sys.exit(main())
