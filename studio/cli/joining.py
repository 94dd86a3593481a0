"""The verb that makes one run of several."""

from __future__ import annotations

from argparse import Namespace
from typing import get_args

from studio.api import Joining
from studio.cli import training
from studio.cli.console import Answer, Console
from studio.cli.faults import UsageError
from studio.cli.opening import take_news, writing
from studio.services import joining, runs

WAYS = get_args(Joining)


def join(args: Namespace, console: Console) -> Answer:
    """Make the new run and wait for it."""
    parts = {}
    for word in args.runs:
        run, _, share = word.partition("=")
        parts[run] = _share(share) if share else 1.0
    with writing(args.project) as project:
        run = runs.folder(project, joining.join(project, parts, args.way))
    answer = training.waited(run, console)
    take_news(run.paths.folder.parents[1])
    if answer.error:
        return answer
    fields = {**answer.fields, "parts": parts, "way": args.way}
    return Answer(fields, (f"{run.paths.folder.name} is {', '.join(parts)} in one. Evaluate it like any run.",))


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text} is no share.", "Write a run and its share like this: run-1=0.5") from None
