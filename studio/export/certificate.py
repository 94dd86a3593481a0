"""Proof that an export is the trained model: the same answers to the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from studio.engine.voice import Voice

PROMPTS = 12
ANSWER_TOKENS = 24
LARGEST_DIFFERENCE = {"float32": 1e-3, "bfloat16": 2.0, "float16": 0.5}
"""Largest logit difference that is still rounding, by the format the weights are written in."""


class Answered(NamedTuple):
    """What the trained model said to a prompt: its greedy tokens, and its logits before each."""

    prompt: list[int]
    tokens: list[int]
    logits: torch.Tensor


class Check(NamedTuple):
    """How an export compares: of `prompts` questions, `agree` have the same greedy answer token by token."""

    ok: bool
    prompts: int
    agree: int
    max_logit_difference: float


def answers(voice: Voice, prompts: Sequence[list[int]]) -> list[Answered]:
    """The model's greedy answers, with its logits along them; of a model that does not write, its logits alone."""
    answered = []
    for prompt in prompts:
        tokens = list(voice.tokens(prompt, most=ANSWER_TOKENS))
        answered.append(Answered(prompt, tokens, voice.logits(prompt, tokens)))
    return answered


def compare(reloaded: Voice, trained: Sequence[Answered], dtype: str) -> Check:
    """Hold an export against the trained model. A different choice of token anywhere is a disagreement."""
    agree, largest = 0, 0.0
    for answer in trained:
        logits = reloaded.logits(answer.prompt, answer.tokens)
        largest = max(largest, float((logits - answer.logits).abs().max()))
        agree += bool(torch.equal(logits.argmax(-1), answer.logits.argmax(-1)))
    ok = agree == len(trained) and largest <= LARGEST_DIFFERENCE.get(dtype, 1e-3)
    return Check(ok, len(trained), agree, largest)
