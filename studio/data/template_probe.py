"""Trying a model's chat template in a child with limits: 2 seconds of the processor, 512 MB.

Jinja's sandbox keeps a template from touching the computer, but not from running forever or filling the memory.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import lru_cache

from studio.api import Message
from studio.core.paths import program_root
from studio.core.problem import StudioError
from studio.data.chat_template import ChatTemplate, TemplateRefused, write

SECONDS = 2.0
MEMORY = 512 << 20
_PATIENCE = 30.0
_POLL = 0.02


class Incomplete(Exception):
    """What a template leaves out, in words that end a sentence."""


_TALK = (
    Message("system", "Be brief."),
    Message("user", "Good morning"),
    Message("assistant", "Good morning to you"),
    Message("user", "How are you?"),
    Message("assistant", "Well, thank you"),
)


def check_template(source: str, tokens: Mapping[str, str], model: str, *, own: bool = False) -> None:
    """Raise StudioError when a template can't be used: that of `model`, or one that the person wrote (`own`), of which
    more is asked: it must write down everything that is said."""
    why = _trial(source, tuple(sorted(tokens.items())), own)
    if why and own:
        raise StudioError(
            "bad-own-template",
            f"Your chat template can't be used: {why}.",
            data="Your examples and runs are unchanged.",
            remedy="Change it, or choose another template on the Model page.",
            fix={"model.template": ""},
        )
    if why:
        raise StudioError(
            "bad-chat-template",
            f"The chat template of {model[:60]} can't be used: {why}.",
            data="The model's folder and your data are unchanged.",
            remedy="Choose another template on the Model page, or get the model again from where it came.",
        )


@lru_cache(maxsize=64)
def _trial(source: str, tokens: tuple[tuple[str, str], ...], own: bool) -> str:
    """Why the template failed its trial; empty when it passed."""
    wanted = {"source": source, "tokens": dict(tokens), "seconds": SECONDS, "own": own}
    request = json.dumps(wanted).encode()
    child = subprocess.Popen[bytes](
        [sys.executable, "-P", "-s", "-m", "studio.data.template_probe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(program_root())},
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(request)
        child.stdin.close()
        if why := _watched(child):
            return why
        answer = json.loads(child.stdout.read() or b"{}")
        return str(answer["why"]) if child.returncode == 0 and "why" in answer else "it needs too much memory or time"
    except OSError:
        return "it ended its trial at once"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def _watched(child: subprocess.Popen[bytes]) -> str:
    """Wait for the child and end it when it takes too much; why, or empty when it ended by itself.

    The limits that the system keeps are set in the child as well; this one also serves where there are none.
    """
    import psutil

    deadline = time.monotonic() + _PATIENCE
    while child.poll() is None:
        try:
            process = psutil.Process(child.pid)
            if process.memory_info().rss > MEMORY:
                return "it needs too much memory"
            if process.cpu_times().user > SECONDS + 1 or time.monotonic() > deadline:
                return "it does not come to an end"
        except psutil.NoSuchProcess:
            break
        time.sleep(_POLL)
    child.wait()
    return ""


def _limit(allowed: float) -> None:
    """Set the limits that the system keeps for this process, where it can: so many more seconds of the processor."""
    if os.name != "posix":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + allowed)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    """Render a small conversation with the template on standard input; say on standard output why it failed."""
    request = json.load(sys.stdin)
    _limit(request["seconds"])
    why = ""
    try:
        _render(ChatTemplate(request["source"], request["tokens"]), own=request["own"])
    except TemplateRefused as error:
        why = f"it says “{str(error).rstrip('.')[:90]}”"
    except Incomplete as error:
        why = str(error)
    except (MemoryError, RecursionError):
        why = "it needs too much memory"
    sys.stdout.write(json.dumps({"why": why}))


def _render(template: ChatTemplate, *, own: bool) -> None:
    """The trial: a conversation as it is, or in the form for strict templates; it must hold what was said. Also what
    the template makes of tools is tried, so that it comes to an end there too."""
    written = write(template, _TALK)
    said = [message.content for message in _TALK if message.role == "assistant"]
    if said[-1] not in written.text:
        raise Incomplete("the answer is missing in what it writes")
    if own and not all(words in written.text for words in said):
        raise Incomplete("an earlier answer of a conversation is missing in what it writes")
    if own and written.lost:
        raise Incomplete("a question or a standing instruction is missing in what it writes")
    _ = template.shows
    write(template, _TALK[:2], generation=True)


if __name__ == "__main__":
    main()
