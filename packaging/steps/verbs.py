"""The commands of a checkout and their arguments."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from pathlib import Path

from steps import checks, locks, opening
from steps.environment import ENGINE, PROGRAM, everything, without_engine
from steps.places import ROOT, StepFailed
from steps.stages import say


def main(arguments: list[str]) -> int:
    """Do what the arguments say; the exit code is zero only when all of it succeeded."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, _as_interrupt)
    chosen = _parser().parse_args(arguments)
    try:
        return chosen.verb(chosen)
    except StepFailed as told:
        say(str(told))
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The same command can be given again.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py", description="Set up, open and check Fine-Tuning Studio.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    app = verbs.add_parser("app", help="open the window; without a screen, run the sample project")
    app.set_defaults(verb=lambda chosen: opening.app(chosen.rest))
    app.add_argument("rest", nargs="*", help="handed to the program")

    test = verbs.add_parser("test", help="check format, lint, types and layers, and run all tests")
    test.set_defaults(verb=_test)
    test.add_argument("--slow", action="store_true", help="run the tests that take more than ten seconds too")
    test.add_argument("--all", action="store_true", help="run those that take minutes too")
    test.add_argument("--only", action="append", choices=list(checks.PARTS), help="this part alone; may be repeated")
    test.add_argument("--without-engine", action="store_true", help="in an environment that has no torch at all")
    test.add_argument("rest", nargs="*", help="after --, handed to pytest")

    pictures = verbs.add_parser("pictures", help="draw every page in its states")
    pictures.add_argument("folder", type=Path)
    pictures.set_defaults(verb=lambda chosen: opening.pictures(chosen.folder))

    doctor = verbs.add_parser("doctor", help="say what is here and what is lacking; changes nothing")
    doctor.set_defaults(verb=lambda chosen: opening.doctor())

    setup = verbs.add_parser("setup", help="only make the environment")
    setup.add_argument("--without-engine", action="store_true", help="one that has no torch")
    setup.set_defaults(verb=_setup)

    lock = verbs.add_parser("lock", help="write packaging/locks anew from pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions that go together")
    lock.set_defaults(verb=lambda chosen: locks.lock(upgrade=chosen.upgrade))
    return parser


def _test(chosen: argparse.Namespace) -> int:
    wish = checks.Wish(
        slow=chosen.slow or chosen.all, long=chosen.all, engine=not chosen.without_engine, pytest=tuple(chosen.rest)
    )
    return checks.test(chosen.only or list(checks.PARTS), wish)


def _setup(chosen: argparse.Namespace) -> int:
    environment = without_engine() if chosen.without_engine else everything()
    environment.provide(*(() if chosen.without_engine else ENGINE), *PROGRAM, "dev")
    say(f"Ready: {environment.python.relative_to(ROOT)}")
    return subprocess.call([environment.python, "-m", "pip", "check"], cwd=ROOT)


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
