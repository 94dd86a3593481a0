"""`dev.py app`, `pictures` and `doctor`: set up what they need, then run the program itself."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from steps.environment import ENGINE, PROGRAM, Environment, answer_of, everything
from steps.places import ROOT
from steps.stages import say
from steps.system import lacking_for_tests, lacking_for_window, provide

PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication([]); print('a screen')"


def app(arguments: list[str]) -> int:
    """Open the window and wait until it is closed; without a screen, run the sample project from end to end."""
    provide(lacking_for_window(), "the window")
    environment = everything()
    environment.provide(*ENGINE, *PROGRAM)
    if has_screen(environment):
        return subprocess.call([environment.python, "-m", "studio.ui", *arguments], cwd=ROOT)
    folder = ROOT / "sample-run" / datetime.now().strftime("%Y-%m-%d-%H%M%S")
    say(f"There is no screen here, so the sample project runs without a window, in {folder}")
    return subprocess.call([environment.scripts / "studio", "demo", "--folder", folder], cwd=ROOT)


def has_screen(environment: Environment) -> bool:
    """Whether a window can really be opened: a display that is only named does not count."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    return answer_of(environment, PROBE) == "a screen"


def pictures(folder: Path) -> int:
    """Draw the contact sheets of all pages into a folder."""
    provide(lacking_for_window(), "the window")
    environment = everything()
    environment.provide(*ENGINE, *PROGRAM, "dev")
    drawing = [environment.python, "-m", "tests.ui.pictures", str(folder.resolve())]
    return subprocess.call(drawing, cwd=ROOT, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"})


def doctor() -> int:
    """What is here and what is lacking. Installs nothing."""
    environment = everything()
    say(f"Python        {sys.version.split()[0]} ({sys.executable})")
    say(f"Environment   {environment.state()}")
    say(f"Window        {_lacking(lacking_for_window())}")
    say(f"Tests         {_lacking(lacking_for_tests())}")
    script = environment.scripts / "studio"
    if not environment.ready(*ENGINE, *PROGRAM):
        say("The studio's own examination needs the environment; `dev.py app` makes it.")
        return 1
    return subprocess.call([script, "doctor"], cwd=ROOT)


def _lacking(packages: list[str]) -> str:
    return f"the system lacks {', '.join(packages)}" if packages else "the system has all it needs"
