"""Where the commands of a checkout keep their things. Knows nothing of what is done with them."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "packaging" / "locks"

# What the commands write for themselves: logs, and the file that lets one set-up run at a time.
NOTES = ROOT / ".dev"
LOGS = NOTES / "logs"

WINDOWS = os.name == "nt"


class StepFailed(Exception):
    """A step could not be done, for a reason in the world. The text is what the person reads."""
