"""The decoder's answers to forty questions whose frame it never saw with their topic, and a reader's judgement."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from resources.make.composition import Composer
from resources.make.frames import load_frames
from resources.make.topics import load_topics

COUNT = 40
NEEDED = 34
JUDGEMENTS = Path(__file__).parent / "judgements.json"


@dataclass(frozen=True)
class Answer:
    """A question, what the model answered, and whether a reader found it grammatical and on topic.

    `ok` is None where nobody has read this very answer yet.
    """

    topic: str
    question: str
    text: str
    ok: bool | None


def unseen_questions(count: int = COUNT) -> list[tuple[str, str]]:
    """Topic and question, each topic at most once and the intents in turn; the same on every run."""
    composer = Composer("unseen questions", held_out=True)
    intents = cycle(load_frames("dialogue"))
    topics = list(load_topics())
    questions: list[tuple[str, str]] = []
    # A stride that shares no factor with the number of topics spreads the questions over all files.
    order = [topics[(place * 7) % len(topics)] for place in range(len(topics))]
    for topic in order:
        while len(questions) < count:
            asked = composer.question(next(intents), topic)
            if asked is not None:
                questions.append((topic.id, asked["content"]))
                break
    return questions


@torch.no_grad()
def answer(model: LlamaForCausalLM, vocabulary: PreTrainedTokenizerFast, question: str) -> str:
    """The most likely answer, word by word."""
    text = vocabulary.apply_chat_template(
        [{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True
    )
    ids = torch.tensor([vocabulary(str(text), add_special_tokens=False)["input_ids"]])
    # Pyright does not see that the model's own device fits the protocol of `generate`.
    generate: Callable[..., torch.Tensor] = model.generate  # pyright: ignore[reportAttributeAccessIssue]
    out = generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=120, do_sample=False)
    return str(vocabulary.decode(out[0, ids.shape[1] :], skip_special_tokens=True)).strip()


def answers(model: LlamaForCausalLM, vocabulary: PreTrainedTokenizerFast) -> Iterator[Answer]:
    """Each unseen question with the model's answer and the judgement on record for it."""
    judged = judgements()
    for topic, question in unseen_questions():
        text = answer(model, vocabulary, question)
        yield Answer(topic, question, text, judged.get((question, text)))


def judgements(path: Path = JUDGEMENTS) -> dict[tuple[str, str], bool]:
    """What a person noted after reading: (question, answer) → grammatical and on topic."""
    if not path.exists():
        return {}
    return {(entry["question"], entry["answer"]): entry["ok"] for entry in json.loads(path.read_text("utf-8"))}


def tally(read: Iterable[Answer]) -> tuple[int, int]:
    """How many answers are good, and how many nobody has read."""
    marks = [entry.ok for entry in read]
    return marks.count(True), marks.count(None)
