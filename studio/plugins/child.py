"""The describing child: `python -m studio.plugins.child [STAMP…]`.

It loads every source but those whose stamps are named, says what their plugins are, and answers questions, one line
of JSON each, until nothing was asked for a while. A line `{"loading": stamp}` comes before each source, so that whoever
asks knows which one is at fault when the child dies or hangs.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any

from studio.api import Method, ModelInfo, Objective, Plugin
from studio.plugins.sources import found, kind_of
from studio.plugins.telling import answers, description, load_all, missing_roles

IDLE_SECONDS = 2.0


def main() -> int:
    """Load every source but those named on the command line, describe their plugins, then answer."""
    voice = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(told: dict[str, Any]) -> None:
        voice.write(json.dumps(told) + "\n")
        voice.flush()

    sources = [source for source in found()[0] if source.stamp not in sys.argv[1:]]
    plugins, broken = load_all(sources, lambda source: say({"loading": source.stamp}))
    say(
        {
            "plugins": [description(plugin) for plugin in plugins],
            "broken": [{"name": each.name, "sentence": each.sentence} for each in broken],
        }
    )
    by_id = {(kind_of(plugin), plugin.id): plugin for plugin in plugins}
    asked = _questions()
    while (line := _next(asked)) is not None:
        question = json.loads(line)
        try:
            say(_answer(by_id[question["kind"], question["id"]], question))
        except Exception as error:  # noqa: BLE001 - a plugin's edge: whatever its code raises is told
            say({"failed": f"{type(error).__name__}: {error}"[:300]})
    return 0


def _answer(plugin: Plugin[Any], question: dict[str, Any]) -> dict[str, Any]:
    if isinstance(plugin, Objective):
        return missing_roles(plugin, question["roles"])
    assert isinstance(plugin, Method)
    return answers(plugin, ModelInfo.model_validate(question["model"]), question["settings"])


def _questions() -> queue.Queue[str]:
    """Lines of standard input as they come; an empty one at its end."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    return lines


def _next(lines: queue.Queue[str]) -> str | None:
    try:
        return lines.get(timeout=IDLE_SECONDS) or None
    except queue.Empty:
        return None


if __name__ == "__main__":
    # A thread still waits on standard input, which would hold up an orderly exit.
    code = main()
    sys.stderr.flush()
    os._exit(code)
