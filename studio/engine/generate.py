"""Answering: one token after the other, with the attention of earlier tokens kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from studio.api import Encoder, Message
from studio.core.problem import StudioError
from studio.engine.precision import Precision


class Speaker(Encoder, Protocol):
    """An encoder that can also pose a question to the model and read its answer."""

    def generation_prompt(self, messages: Sequence[Message]) -> Sequence[int]:
        """The conversation as tokens, up to where the model is to answer."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens as text, without special tokens."""
        ...

    def beginning(self, text: str, most: int) -> Sequence[int]:
        """The first tokens of a plain text, to go on from."""
        ...

    def special(self, name: str) -> str | None:
        """A special token as it is written, by its name in the tokenizer's config."""
        ...

    def special_id(self, name: str) -> int | None:
        """The same as an id."""
        ...

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        ...

    def end_ids(self) -> frozenset[int]:
        """Tokens that end an answer."""
        ...


@dataclass(frozen=True)
class Sampling:
    """How a token is chosen: the likeliest (temperature 0), or by chance among the likeliest that together hold
    the share `top_p` (Holtzman et al., 2020), with a seed of its own."""

    temperature: float = 0.0
    top_p: float = 0.95
    seed: int = 1


GREEDY = Sampling()
EXACT = Precision("fp32", "cpu")


def can_ask(speaker: Speaker, messages: Sequence[Message]) -> bool:
    """Whether the model's chat template takes this conversation as a question (some refuse unusual ones)."""
    try:
        return bool(messages) and bool(speaker.generation_prompt(messages))
    except StudioError:
        return False


def stop_tokens(model: Any, speaker: Speaker) -> frozenset[int]:
    """What ends an answer: the model's own end tokens, and the one that ends an answer in its chat template."""
    stops = set(speaker.end_ids())
    for settings in (model.generation_config, model.config):
        ids = getattr(settings, "eos_token_id", None)
        stops.update(ids if isinstance(ids, list) else [] if ids is None else [ids])
    return frozenset(stops)


def stream_tokens(
    model: Any,
    prompt: Sequence[int],
    stops: frozenset[int],
    *,
    most: int,
    sampling: Sampling = GREEDY,
    precision: Precision = EXACT,
) -> Iterator[int]:
    """The answer's tokens as they come, at most `most`, without the one that ends it.

    A prompt that leaves no room in the model's window loses its beginning. Leaves the model as it was, and the
    global random state untouched.
    """
    window = getattr(model.config, "max_position_embeddings", None) or len(prompt) + most
    most = min(most, max(1, window // 2))
    ids = torch.tensor([list(prompt)[-(window - most) :]], device=model.device)
    chance = torch.Generator(device=model.device).manual_seed(sampling.seed)
    cache = None
    for _ in range(most):
        with precision.answering():
            logits, cache = _forward(model, ids, cache)
        token = choose(logits, sampling, chance)
        if token in stops:
            return
        yield token
        ids = ids.new_tensor([[token]])


def answer(
    model: Any,
    speaker: Speaker,
    messages: Sequence[Message],
    *,
    most: int,
    sampling: Sampling = GREEDY,
    precision: Precision = EXACT,
) -> Iterator[str]:
    """The answer as text, longer each time; the last one is whole. Yields at least once."""
    prompt = speaker.generation_prompt(messages)
    ids: list[int] = []
    text = ""
    stops = stop_tokens(model, speaker)
    for token in stream_tokens(model, prompt, stops, most=most, sampling=sampling, precision=precision):
        ids.append(token)
        text = speaker.decode(ids)
        yield text.removesuffix("\ufffd")
    yield text


@torch.no_grad()
def _forward(model: Any, ids: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
    """Logits of the next token (vocabulary,) and the grown cache."""
    training = model.training
    model.eval()
    try:
        out = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
    finally:
        model.train(training)
    return out.logits[0, -1].float(), out.past_key_values


def choose(logits: torch.Tensor, sampling: Sampling, chance: torch.Generator) -> int:
    """The next token from its logits."""
    if sampling.temperature <= 0:
        return int(logits.argmax())
    shares, order = torch.softmax(logits / sampling.temperature, -1).sort(descending=True)
    shares[shares.cumsum(-1) - shares > sampling.top_p] = 0.0
    return int(order[torch.multinomial(shares, 1, generator=chance)])
