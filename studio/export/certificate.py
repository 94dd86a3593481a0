"""Proof that an export is the trained model: the same answers to the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from studio.engine.generate import stream_tokens

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


def answers(model: Any, prompts: Sequence[list[int]], stops: frozenset[int]) -> list[Answered]:
    """The model's greedy answers, with its logits along them."""
    answered = []
    for prompt in prompts:
        tokens = list(stream_tokens(model, prompt, stops, most=ANSWER_TOKENS))
        answered.append(Answered(prompt, tokens, along(model, prompt, tokens)))
    return answered


@torch.no_grad()
def along(model: Any, prompt: list[int], tokens: list[int]) -> torch.Tensor:
    """Logits (tokens + 1, vocabulary) before each token of an answer and after its last."""
    ids = torch.tensor([[*prompt, *tokens]], device=model.device)
    return model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 :].float().cpu()


def compare(reloaded: Any, trained: Sequence[Answered], dtype: str) -> Check:
    """Hold an export against the trained model. A different choice of token anywhere is a disagreement."""
    agree, largest = 0, 0.0
    for answer in trained:
        logits = along(reloaded, answer.prompt, answer.tokens)
        largest = max(largest, float((logits - answer.logits).abs().max()))
        agree += bool(torch.equal(logits.argmax(-1), answer.logits.argmax(-1)))
    ok = agree == len(trained) and largest <= LARGEST_DIFFERENCE.get(dtype, 1e-3)
    return Check(ok, len(trained), agree, largest)
