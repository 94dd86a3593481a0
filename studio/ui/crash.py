"""Our bugs: what is raised and is no StudioError is written to the log and shown with a report, once each."""

from __future__ import annotations

import faulthandler
import logging
import sys
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO

from studio.core.paths import user_folder
from studio.core.problem import StudioError

LOG = logging.getLogger("studio.window")


def log_path() -> Path:
    """The window's one log file."""
    return user_folder() / "logs" / "window.log"


def start_log() -> IO[str] | None:
    """Begin logging, and let a crash of Python itself leave its trace there too. None where no log can be written."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
        traces = path.with_suffix(".crash").open("a", encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    faulthandler.enable(traces)
    return traces


def report_of(error: BaseException, versions: str) -> str:
    """The report: versions and the trace. File names of the program only; no data, no settings, no names of files."""
    trace = "".join(traceback.format_exception(error))
    home = str(Path.home())
    return f"{versions}\n\n{trace}".replace(home, "~")


def install(show: Callable[[BaseException], None], tell: Callable[[StudioError], None]) -> None:
    """Send whatever nobody caught to the log and to `show`; the same fault is shown once, not once per repaint.

    A StudioError is the world's fault wherever it is raised: it is told by `tell`, and no report is made.
    """
    seen: set[str] = set()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        elif isinstance(error, StudioError):
            tell(error)
        else:
            LOG.error("uncaught", exc_info=(kind, error, trace))
            where = "".join(traceback.format_tb(trace)[-1:]) + kind.__name__
            if where not in seen:
                seen.add(where)
                show(error)

    sys.excepthook = hook
