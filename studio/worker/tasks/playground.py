"""Chat with the base and the tuned model side by side. Arguments: {"project", "run"}. Stays until stopped.

Each SampleNow (prompt, who, ask, history) is answered by Sampled events with the same who and ask, the last one
with done=True. Interrupt breaks off what is being written and what waits.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio.api import Message
from studio.core.events import Interrupt, Sampled, SampleNow, Stop
from studio.worker.tasks.opening import job_of
from studio.worker.work import Stopped, Work

if TYPE_CHECKING:
    from studio.engine.pair import Pair

POLL = 0.03
ANSWER_TOKENS = 256


def run(work: Work) -> dict[str, Any]:
    """Answer until told to stop."""
    from studio.engine.pair import open_pair

    work.started()
    job = job_of(work)
    pair = open_pair(job)
    work.progress(1, 1, "Ready")
    asked = job.objective.prompt({}, job.choices)[-1]
    chat = Chat(work, pair, asked)
    while True:
        chat.listen()
        if chat.waiting:
            chat.answer(chat.waiting.popleft())
        else:
            time.sleep(POLL)


class Chat:
    """Questions that wait, and whether the present answer is still wanted. `asked` is how the examples ask: as a
    turn of a talk or as plain text, and with what before it."""

    def __init__(self, work: Work, pair: Pair, asked: Message) -> None:
        self._work = work
        self._pair = pair
        self._asked = asked
        self.waiting: deque[SampleNow] = deque()
        self._interrupted = False

    def listen(self) -> None:
        """Take in what was asked. Raises Stopped."""
        for command in self._work.commands():
            if isinstance(command, Stop):
                raise Stopped
            if isinstance(command, SampleNow):
                self.waiting.append(command)
            elif isinstance(command, Interrupt):
                self._interrupted = True
                self._drop_waiting()

    def answer(self, question: SampleNow) -> None:
        """Write one answer, word by word."""
        self._interrupted = False
        text = ""
        for text in self._texts(question):
            self.listen()
            if self._interrupted:
                break
            self._say(question, text, done=False)
        self._say(question, text, done=True)

    def _texts(self, question: SampleNow) -> Iterator[str]:
        messages = [Message(turn["role"], turn["content"]) for turn in question.history]
        before = "" if question.prompt.startswith(self._asked.content) else self._asked.content
        last = Message(self._asked.role, before + question.prompt)
        return self._pair.answer(question.who or "tuned", [*messages, last], ANSWER_TOKENS)

    def _drop_waiting(self) -> None:
        """Close what will not be answered, so that nobody waits for it."""
        while self.waiting:
            self._say(self.waiting.popleft(), "", done=True)

    def _say(self, question: SampleNow, text: str, *, done: bool) -> None:
        self._work.say(Sampled(prompt=question.prompt, text=text, who=question.who, ask=question.ask, done=done))
