"""What the system itself must have, and getting it: shared libraries for Qt, an X screen for tests, `venv`."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from steps.places import StepFailed
from steps.stages import run_stage, say, told_by

# Each library as the loader knows it, and the Debian package that brings it.
DRAWING = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}
WINDOW = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
}
X_TOOLS = {"Xvfb": "xvfb", "xdotool": "xdotool", "openbox": "openbox"}
FONTS = {"DejaVuSans": "fonts-dejavu-core", "DroidSansFallback": "fonts-droid-fallback"}
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


def lacking_for_window() -> list[str]:
    """Debian packages that a window needs and this Linux system lacks. Elsewhere PySide6 brings all itself."""
    if sys.platform != "linux":
        return []
    lacking = [package for library, package in (DRAWING | WINDOW).items() if not _loads(library)]
    return lacking + [package for font, package in FONTS.items() if not _has_font(font)]


def lacking_for_tests() -> list[str]:
    """As for a window, with a virtual X screen and something that presses its keys."""
    if sys.platform != "linux":
        return []
    return lacking_for_window() + [package for tool, package in X_TOOLS.items() if not shutil.which(tool)]


def provide(packages: Iterable[str], why: str) -> bool:
    """Install what is lacking, or print the command that does. True when nothing is lacking afterwards."""
    wanted = list(packages)
    if not wanted:
        return True
    rights = _rights()
    command = ["apt-get", "install", "-y", "--no-install-recommends", *wanted]
    if rights is None:
        prefix = "sudo " if shutil.which("apt-get") else ""
        say(f"This system lacks what {why} needs. Please run, and then start again:\n    {prefix}{' '.join(command)}")
        if not prefix:
            say("These are the names on Debian and Ubuntu; other systems have the same libraries by other names.")
        return False
    if not any(Path("/var/lib/apt/lists").glob("*Packages*")):
        _apt(rights, ["apt-get", "update"], "Reading the system's list of packages")
    title = f"Installing {len(wanted)} system packages for {why}"
    if _apt(rights, command, title):
        return True
    _apt(rights, ["apt-get", "update"], "Reading the system's list of packages again")
    return _apt(rights, command, title) or _told_to_do_it(command)


def provide_venv() -> None:
    """Debian takes `ensurepip` out of Python and puts it into a package of its own."""
    if importlib.util.find_spec("ensurepip"):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not provide([package], "an environment of its own"):
        raise StepFailed("This Python cannot make an environment (its `ensurepip` is missing). Nothing was changed.")
    importlib.invalidate_caches()


def has_nvidia_card() -> bool:
    """Whether a driver for NVIDIA's cards is there; asks nothing of the card itself."""
    return bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia/version").exists()


def _rights() -> list[str] | None:
    """What to put before `apt-get`: nothing for root, sudo where it asks no password, None where we may not."""
    if not shutil.which("apt-get"):
        return None
    if sys.platform != "win32" and os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return ["sudo", "-n"]
    return None


def _apt(rights: list[str], command: list[str], title: str) -> bool:
    quiet = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", *command, "-o", "DPkg::Lock::Timeout=300"]
    outcome = run_stage(title, quiet, f"system-{command[1]}")
    if outcome.code != 0:
        say(told_by(outcome.log))
    return outcome.code == 0


def _told_to_do_it(command: list[str]) -> bool:
    say(f"This can be tried again by hand:\n    sudo apt-get update && sudo {' '.join(command)}")
    return False


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_font(name: str) -> bool:
    return any(next(folder.rglob(f"{name}*"), None) for folder in FONT_FOLDERS)
