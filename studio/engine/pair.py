"""The base and the tuned model side by side. Where additions can be switched off, both are one model in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from studio.api import Message
from studio.engine.job import Job
from studio.engine.tuned import open_base, open_tuned
from studio.engine.voice import Voice


@dataclass(frozen=True)
class Pair:
    """Both models. `base` is None when the tuned one becomes the base by switching its additions off."""

    tuned: Any
    base: Any | None
    voice: Voice

    def answer(self, who: str, messages: Sequence[Message], most: int) -> Iterator[str]:
        """The answer of "base" or "tuned", longer each time. Another answer may be under way in between."""
        model = self.base if who == "base" and self.base is not None else self.tuned
        words = replace(self.voice, model=model).answer(messages, most=most)
        while True:
            with self._as(who):
                text = next(words, None)
            if text is None:
                return
            yield text

    def _as(self, who: str) -> AbstractContextManager[Any]:
        if who == "base" and self.base is None:
            return self.tuned.disable_adapter()
        return nullcontext()


def open_pair(job: Job) -> Pair:
    """Load both models of a run."""
    tuned = open_tuned(job)
    switchable = hasattr(tuned.model, "disable_adapter")
    base = None if switchable else open_base(job).model
    return Pair(tuned.model, base, job.voice(tuned.model, tuned.precision))
