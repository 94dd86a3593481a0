"""`dev.py test`: every check and the tests, short parts first; a failing part does not stop the others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from steps.environment import ENGINE, PROGRAM, Environment, everything, without_engine
from steps.places import ROOT, StepFailed
from steps.screen import virtual_screen
from steps.stages import run_stage, say, told_by
from steps.system import lacking_for_tests, provide

# Tests of the program layer, which are run with the engine made unimportable.
PROGRAM_TESTS = ("core", "builtin", "data", "store", "plugins", "services", "worker", "cli", "contracts")
WORKERS = 4
NONE_CHOSEN = 5


class Wish(NamedTuple):
    """How the tests shall be run; `program`: those of the program layer have a part of their own this time."""

    slow: bool
    engine: bool
    pytest: tuple[str, ...]
    long: bool = False
    program: bool = False


class Result(NamedTuple):
    """How a part ended: None for a part that has no place on this system."""

    part: str
    passed: bool | None
    seconds: float


def test(parts: list[str], wish: Wish) -> int:
    """Set up, run the parts, tell how each ended. Zero only when none failed."""
    provide(lacking_for_tests(), "the tests")
    environment = everything() if wish.engine else without_engine()
    environment.provide(*(ENGINE if wish.engine else ()), *PROGRAM, "dev")
    wish = wish._replace(program="program" in parts and wish.engine)
    results = [_timed(part, environment, wish) for part in PARTS if part in parts]
    say("")
    for result in results:
        outcome = {True: "passed", False: "FAILED", None: "has no place here"}[result.passed]
        say(f"{result.part:<10}{outcome:<20}{result.seconds:6.0f} s")
    return 0 if all(result.passed is not False for result in results) else 1


def _timed(part: str, environment: Environment, wish: Wish) -> Result:
    began = time.monotonic()
    try:
        passed = PARTS[part](environment, wish)
    except StepFailed as told:
        say(str(told))
        passed = False
    return Result(part, passed, time.monotonic() - began)


def _format(environment: Environment, wish: Wish) -> bool:
    return _checked("Format", "format", [environment.scripts / "ruff", "format", "--check", "--diff", "."])


def _lint(environment: Environment, wish: Wish) -> bool:
    return _checked("Lint", "lint", [environment.scripts / "ruff", "check", "."])


def _types(environment: Environment, wish: Wish) -> bool:
    pyright = [environment.scripts / "pyright", "--pythonpath", environment.python]
    return _checked("Types", "types", pyright)


def _layers(environment: Environment, wish: Wish) -> bool:
    return _checked("Layers", "layers", [environment.scripts / "lint-imports", "--no-cache"])


def _program(environment: Environment, wish: Wish) -> bool | None:
    """The program layer's tests, with nothing of the engine to be found."""
    if not wish.engine:
        return None
    folders = [f"tests/{name}" for name in PROGRAM_TESTS if (ROOT / "tests" / name).is_dir()]
    say("\nThe program layer without the engine")
    chosen = ["-m", "not slow and not long", *_side_by_side(), *folders]
    return _pytest(environment, chosen, os.environ | {"STUDIO_TEST_NO_ENGINE": "1"}, wish)


def _screen(environment: Environment, wish: Wish) -> bool | None:
    """The tests that drive a real window, on an X screen of their own."""
    if sys.platform != "linux":
        return None
    say("\nThe window on a virtual X screen")
    with virtual_screen() as variables:
        return _pytest(environment, ["-m", "x11" if wish.slow else "x11 and not slow"], variables, wish)


def _tests(environment: Environment, wish: Wish) -> bool:
    """The tests but those that the program layer's part has run, and the slow and long ones unless they are wanted."""
    say("\nAll tests")
    left_out = [name for name, wanted in (("slow", wish.slow), ("long", wish.long)) if not wanted]
    chosen = ["-m", " and ".join(f"not {name}" for name in left_out)] if left_out else []
    variables = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    if not wish.engine:
        variables |= {"STUDIO_TEST_NO_ENGINE": "1"}
    if wish.program:
        variables |= {"STUDIO_TEST_DONE": ",".join(PROGRAM_TESTS)}
    return _pytest(environment, [*chosen, *_side_by_side(), "--durations=25"], variables, wish)


PARTS: dict[str, Callable[[Environment, Wish], bool | None]] = {
    "format": _format,
    "lint": _lint,
    "types": _types,
    "layers": _layers,
    "program": _program,
    "screen": _screen,
    "tests": _tests,
}


def _checked(title: str, log: str, command: list) -> bool:
    outcome = run_stage(title, command, log)
    if outcome.code != 0:
        say(told_by(outcome.log))
    return outcome.code == 0


def _side_by_side() -> list[str]:
    """Test files on two to four processes; each keeps the libraries' own threads to one."""
    workers = min(WORKERS, os.cpu_count() or 1)
    return ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []


def _pytest(environment: Environment, chosen: list[str], variables: Mapping[str, str], wish: Wish) -> bool:
    """A choice of the person's own may well leave nothing for one of the parts; otherwise that is a failure."""
    command = [environment.python, "-m", "pytest", *chosen, *wish.pytest]
    code = subprocess.call(command, cwd=ROOT, env=dict(variables), stdin=subprocess.DEVNULL)
    return code == 0 or (code == NONE_CHOSEN and bool(wish.pytest))
