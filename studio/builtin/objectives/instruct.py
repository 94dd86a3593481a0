"""Learning to answer: questions with answers, or whole conversations; only what the model should say is taught."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from studio.api import Batch, Encoder, Example, Message, Objective, Problem, Role, Row, Scorer, Settings, setting
from studio.builtin.conversations import MESSAGES, conversation

if TYPE_CHECKING:
    import torch


class InstructSettings(Settings):
    """What of an example is taught."""

    learn: Literal["answers", "last", "all"] = setting(
        "answers",
        "What it learns from",
        term="loss on",
        help="Usually only the answers: the model should learn to answer, not to ask.",
        choices=(
            ("answers", "Every answer"),
            ("last", "The last answer of a conversation"),
            ("all", "Questions and answers alike"),
        ),
        level="basic",
    )
    system: str = setting(
        "",
        "Standing instruction",
        term="system prompt",
        help="A sentence put before every example that has none of its own, such as “You are a museum's help desk.”",
        level="basic",
    )


class Instruct(Objective[InstructSettings]):
    """Instruction and chat tuning of a decoder."""

    id = "instruct"
    title = "Answer in my style"
    term = "instruction tuning"
    summary = "It learns to answer as your examples do."
    explanation = (
        "Each example is a question with a good answer, or a whole conversation. The model reads the question and "
        "learns the answer, word by word, with the sign that ends it. A few hundred consistent examples change its "
        "tone; facts need many more."
    )
    order = 10
    Settings = InstructSettings
    architectures = frozenset({"decoder"})
    roles = (
        Role("prompt", "Question", required=True),
        Role("answer", "Answer", required=True, learnt=True),
        Role("context", "Background"),
        Role("system", "Standing instruction"),
        Role(MESSAGES, "Conversation", learnt=True),
    )

    def check(self, roles: Mapping[str, str]) -> Iterable[Problem]:
        return () if MESSAGES in roles.values() else super().check(roles)

    def encode(self, row: Row, encoder: Encoder, settings: InstructSettings) -> Example:
        return encoder.conversation(_messages(row, settings), settings.learn)

    def loss(self, model: Any, batch: Batch, scorer: Scorer, settings: InstructSettings) -> torch.Tensor:
        return scorer.losses(model, batch).sum()

    def prompt(self, row: Row, settings: InstructSettings) -> list[Message]:
        messages = _messages(row, settings)
        answers = [place for place, message in enumerate(messages) if message.role == "assistant"]
        if not answers:
            return messages
        place = answers[-1] if settings.learn == "last" else answers[0]
        return messages[:place]


def _messages(row: Row, settings: InstructSettings) -> list[Message]:
    """The conversation a row stands for, beginning with the standing instruction if there is one."""
    talk = conversation(row.get(MESSAGES, ""))
    answer = row.get("answer", "")
    if talk is None:
        asked = "\n\n".join(part for part in (row.get("prompt", ""), row.get("context", "")) if part)
        talk = [Message("user", asked)]
    if answer:
        talk = [*talk, Message("assistant", _one_turn(answer))]
    system = row.get("system", "") or settings.system
    if system and not (talk and talk[0].role == "system"):
        talk = [Message("system", system), *talk]
    return talk


def _one_turn(answer: str) -> str:
    """An answer, also where it stands as a single turn in JSON (as in preference data)."""
    if answer.startswith("{") and ('"value"' in answer or '"content"' in answer):
        try:
            turns = conversation(json.dumps([json.loads(answer)]))
        except ValueError:
            return answer
        return turns[0].content if turns else answer
    return answer
