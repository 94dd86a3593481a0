"""How long the window takes to paint, and the longest time it ever stands still.

`python -m tests.benchmarks.window [--megabytes 200]` prints JSON: seconds from starting Python to the first paint, cold
and warm (each a process of its own), and the longest gap of the event loop while the window makes itself ready after
that, while a file of that size is brought in and prepared, and while a model trains. The gap is measured by a timer
that should fire every 5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEAT_MS = 5
STARTS = 3
PAINT = """
import os, sys, time
began = float(sys.argv[1])
from studio.ui import application
app = application.make_application()
window = application.make_window()
window.show()
app.processEvents()
window.grab()
assert "torch" not in sys.modules
print(time.time() - began, flush=True)
window.close()
window.session.close()
"""


class Heart:
    """Beats in the window's event loop and remembers its longest pause, in milliseconds."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.longest = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, (now - self._last) * 1000 - BEAT_MS)
        self._last = now

    def longest_during(self, begin: Callable[[], Any], ended: Callable[[], Any], seconds: float) -> float:
        """Live in the event loop from `begin` until `ended()`; the longest pause in between."""
        from PySide6.QtWidgets import QApplication

        app = QApplication.instance()
        assert app is not None
        begin()
        self._last, self.longest = time.perf_counter(), 0.0
        end = time.monotonic() + seconds
        while not ended():
            if time.monotonic() > end:
                raise TimeoutError("the work did not end in time")
            app.processEvents()
            time.sleep(0.001)
        return self.longest


def write_table(path: Path, megabytes: int) -> int:
    """A CSV of question and answer rows of about that size; returns its rows."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("question,answer\n")
        while file.tell() < megabytes * 1_000_000:
            block = (
                f'"What should I know about matter {number}, and whom do I ask?","For matter {number}, ask at desk '
                f'{number % 17}; it is open until {number % 12 + 1} and glad to help with everything you bring."\n'
                for number in range(rows, rows + 5000)
            )
            file.writelines(block)
            rows += 5000
    return rows


def first_paint() -> list[float]:
    """Seconds from starting Python to the first paint, in fresh processes."""
    answers = [
        subprocess.run(
            [sys.executable, "-c", PAINT, repr(time.time())], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(STARTS)
    ]
    return [round(float(answer), 3) for answer in answers]


def gaps(folder: Path, megabytes: int) -> dict[str, Any]:
    """The longest pause while making ready, while importing, and while training the sample."""
    from studio.ui import application

    table = folder / "large.csv"
    rows = write_table(table, megabytes)
    application.make_application()
    window = application.make_window()
    window.resize(1280, 800)
    window.show()
    session, heart = window.session, Heart()

    def prepared() -> bool:
        state = session.state
        return bool(state and state.facts.report and state.facts.datasets)

    def trained() -> bool:
        state = session.state
        return bool(state and state.facts.run and state.facts.run.state in ("finished", "failed"))

    starting = heart.longest_during(window.make_ready, window.is_ready, 60)
    began = time.monotonic()
    importing = heart.longest_during(
        lambda: session.new_project(files=[table], folder=folder / "large"), prepared, 1200
    )
    seconds = time.monotonic() - began
    session.close_project()
    heart.longest_during(lambda: session.try_sample(folder / "sample"), prepared, 300)
    session.edit({"train.steps": 150, "train.evaluate_every": 25}, "A short run")
    window.show_step("train")
    training = heart.longest_during(session.run.start, trained, 600)
    window.close()
    session.close()
    return {
        "rows": rows,
        "import_and_prepare_seconds": round(seconds, 1),
        "longest_gap_ms": {
            "making_ready": round(starting, 1),
            "import": round(importing, 1),
            "training": round(training, 1),
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    megabytes = parser.parse_args().megabytes
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["STUDIO_HOME"] = str(Path(home) / "person")
        paints = first_paint()
        result = {"first_paint_seconds": {"cold": paints[0], "warm": min(paints[1:])}, **gaps(Path(home), megabytes)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
