"""Learning to answer: questions with answers, or whole conversations; only what the model should say is taught."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from studio.api import Batch, Encoder, Example, Message, Objective, Problem, Role, Row, Scorer, Settings, setting
from studio.builtin.conversations import CALLS, MESSAGES, TOOLS, answered, asked, called

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
        Role(TOOLS, "Tools"),
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
    talk = asked(row, settings.system)
    if not row.get("answer"):
        return talk
    before, words, turn = answered(row["answer"])
    if row.get(TOOLS) and not turn.extra and (calls := called(words)):
        turn = Message("assistant", "", {CALLS: calls})
    return [*talk, *before, turn]
