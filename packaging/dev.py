"""The two commands of a checkout, and a few more: `python packaging/dev.py app | test | pictures DIR | doctor | lock`.

It needs nothing but Python. This first file keeps to what every Python 3 can read, so that a Python outside
3.11-3.13 can be told from a broken checkout: it looks for one that fits and hands over to it.
"""

import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)
FITTING = ("3.12", "3.11", "3.13")
ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def candidates() -> list:
    """Commands that may start a fitting Python here, the likeliest first."""
    if os.name == "nt":
        return [["py", "-" + version] for version in FITTING]
    return [["python" + version] for version in FITTING] + [["/usr/bin/python" + version] for version in FITTING]


def fitting_python() -> list:
    """The first candidate that really starts and is of a fitting version; empty where there is none.

    A name on the path proves nothing: version switchers put names there that only print an error.
    """
    for command in candidates():
        if shutil.which(command[0]):
            answer = subprocess.run(command + ["-c", ASK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if answer.returncode == 0 and answer.stdout.decode().strip() in FITTING:
                return command
    return []


def fits() -> bool:
    return OLDEST <= sys.version_info[:2] <= NEWEST


def installed_python() -> list:
    """On Debian and Ubuntu, as root or with a sudo that asks nothing: fetch a fitting Python from the system."""
    if not shutil.which("apt-get"):
        return []
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and (not shutil.which("sudo") or subprocess.call(["sudo", "-n", "true"]) != 0):
        return []
    if not any("Packages" in name for name in os.listdir("/var/lib/apt/lists")):
        subprocess.call(rights + ["apt-get", "update"], stdout=subprocess.DEVNULL)
    for version in FITTING:
        packages = ["python" + version, "python" + version + "-venv"]
        known = subprocess.run(["apt-cache", "show"] + packages, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if known.returncode == 0:
            print("Installing Python %s from this system's packages" % version, flush=True)
            subprocess.call(rights + ["apt-get", "install", "-y", "--no-install-recommends"] + packages)
            return fitting_python()
    return []


def hand_over() -> int:
    """Run this file again with a Python that fits, or say which one to install."""
    command = fitting_python() or installed_python()
    if not command:
        print("Fine-Tuning Studio needs Python 3.11, 3.12 or 3.13; this is %d.%d." % sys.version_info[:2])
        print("Nothing was changed. Install one of them (3.12 is a good choice) and run this command with it:")
        start = "py -3.12" if os.name == "nt" else "python3.12"
        print("    %s %s %s" % (start, sys.argv[0], " ".join(sys.argv[1:])))
        return 1
    return subprocess.call(command + [os.path.abspath(__file__)] + sys.argv[1:])


if __name__ == "__main__":
    if not fits():
        sys.exit(hand_over())
    from steps.verbs import main

    sys.exit(main(sys.argv[1:]))
