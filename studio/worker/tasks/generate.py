"""One answer. Arguments: {"project", "run" or "model", "prompt", "system", "max_tokens"} and, if wanted,
"temperature" and "seed"."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from studio.api import Message
from studio.core.events import Sampled
from studio.core.paths import model_path
from studio.worker.tasks.opening import job_of
from studio.worker.work import Work


def run(work: Work) -> dict[str, Any]:
    """The whole answer with its number of tokens and its time; Sampled events tell it as it grows."""
    from studio.engine.generate import Sampling
    from studio.engine.jobs import open_voice
    from studio.engine.tuned import open_tuned

    work.started()
    arguments = work.arguments
    prompt = str(arguments["prompt"])
    if arguments.get("run"):
        job = job_of(work)
        opened = open_tuned(job)
        voice = job.voice(opened.model, opened.precision)
    else:
        voice = open_voice(model_path(arguments["model"], Path(arguments["project"])))
    messages = [Message("system", arguments["system"])] if arguments.get("system") else []
    messages.append(Message("user", prompt))
    sampling = Sampling(temperature=float(arguments.get("temperature", 0.0)), seed=int(arguments.get("seed", 1)))
    began, tokens, text = time.perf_counter(), -1, ""
    most = int(arguments.get("max_tokens") or 128)
    for text in voice.answer(messages, most=most, sampling=sampling):
        work.check()
        tokens += 1
        work.say(Sampled(prompt=prompt, text=text, done=False))
    work.say(Sampled(prompt=prompt, text=text, done=True))
    return {"text": text, "tokens": tokens, "seconds": time.perf_counter() - began}
