"""A virtual X screen with a window manager, for as long as it is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from steps.places import StepFailed
from steps.stages import end_with_children

SIZE = "1600x1200x24"
TOOLS = ("Xvfb", "openbox", "xdotool")


@contextmanager
def virtual_screen() -> Iterator[dict[str, str]]:
    """The environment variables under which a program opens its windows there.

    Xvfb picks a free display number by itself, so that two runs at once never meet.
    """
    if lacking := [tool for tool in TOOLS if not shutil.which(tool)]:
        raise StepFailed(f"There is no virtual screen: {', '.join(lacking)} is missing on this system.")
    reading, writing = os.pipe()
    server = _quiet(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"], keep=writing
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise StepFailed("The virtual screen did not start: Xvfb ended at once.")
        environment = os.environ | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        environment.pop("WAYLAND_DISPLAY", None)
        windows = _quiet(["openbox", "--sm-disable"], environment)
        try:
            yield environment
        finally:
            end_with_children(windows)
    finally:
        end_with_children(server)


def _quiet(
    command: list[str], environment: dict[str, str] | None = None, keep: int | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=() if keep is None else (keep,),
    )
