"""Take a tuned model away. Arguments: {"project", "run", "to", "out"} and, if wanted, "settings" and "tested"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.worker.tasks.opening import job_of, teller
from studio.worker.work import Work


def run(work: Work) -> dict[str, Any]:
    """The export, in the shape of the command line's `export`."""
    from studio.export.take_away import Wish, take_away

    work.started()
    arguments = work.arguments
    wish = Wish(
        exporter=arguments["to"],
        out=Path(arguments["out"]).resolve(),
        settings=arguments.get("settings") or {},
        tested=arguments.get("tested"),
    )
    return take_away(job_of(work), wish, teller(work))
