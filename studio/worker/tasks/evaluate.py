"""Measure a run's base and tuned model on a split. Arguments: {"project", "run", "split"}."""

from __future__ import annotations

from typing import Any

from studio.worker.tasks.opening import job_of, teller
from studio.worker.work import Work


def run(work: Work) -> dict[str, Any]:
    """The comparison, in the shape of the command line's `evaluate`."""
    from studio.evaluation.before_after import compare_before_after

    work.started()
    found = compare_before_after(job_of(work), work.arguments.get("split", "test"), teller(work))
    return {"run": work.arguments["run"], **found}
