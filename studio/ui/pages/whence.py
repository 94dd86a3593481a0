"""Where a run comes from, in a few words: what it goes on from, stands above, or is made of."""

from __future__ import annotations

from pathlib import Path

from studio.core.beginning import is_run
from studio.core.run import RunSummary
from studio.ui.widgets.number_steps import plain_number
from studio.ui.wording import run_name, tr


def begin_name(begin: str) -> str:
    """What a run begins with: Run 3, or the name of a folder with additions."""
    return run_name(begin) if is_run(begin) else Path(begin).name


def whence(run: RunSummary) -> str:
    """goes on from Run 2 · stands above Run 2 · Run 1 and Run 2 in one; empty for a run of the model as it came."""
    if run.parts:
        return tr("{runs} in one", runs=listed([run_name(part) for part in run.parts]))
    if not run.begin:
        return ""
    name = begin_name(run.begin)
    return tr("stands above {run}", run=name) if run.stacked else tr("goes on from {run}", run=name)


def titled(run: RunSummary) -> str:
    """The run's name with where it comes from."""
    said = whence(run)
    return f"{run_name(run.id)} · {said}" if said else run_name(run.id)


def shares(run: RunSummary) -> str:
    """How much of each run a joined one holds."""
    told = [tr("{share} of {run}", share=plain_number(share), run=run_name(part)) for part, share in run.parts.items()]
    return listed(told)


def listed(names: list[str]) -> str:
    """Run 1, Run 2 and Run 3."""
    if len(names) < 2:
        return "".join(names)
    return tr("{first} and {last}", first=", ".join(names[:-1]), last=names[-1])
