"""Whether a model recognises the words of its tokenizer: measured before the first step.

A tokenizer of the right size in another order fits every file check, and training would run, badly. The model itself
knows: of plain text, one with its own tokenizer prefers few tokens to the right one; with another's, half of them, and
sure as it is, it is wrong more dearly than by guessing. Weights that nothing was learnt with yet are never that sure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.engine.precision import Precision
from studio.engine.scorers import plain_model

if TYPE_CHECKING:
    from studio.engine.parts import Parts

TOKENS, TEXT = 320, 96
"""So many tokens are looked at, in pieces of so many."""
UNCERTAIN = 2.0
"""Nats above blind guessing. Measured with the tokenizer's words in another order: 2.9 to 12; of untrained weights:
less than 0.8; of models with their own tokenizer, on plain English: below -3.5."""
UNMOVED = 0.35
"""The share of the vocabulary that is preferred to the right token. Measured: 0.43 to 0.61 with the words in another
order, 0.5 of untrained weights, and below 0.03 of models with their own tokenizer, on plain English."""
HIDDEN_SHARE = 0.15


class Recognition(NamedTuple):
    """How a model takes a text: its loss, that of guessing blindly (both in nats per token), and the share of the
    vocabulary that it prefers to the right token, on average."""

    loss: float
    blind: float
    preferred: float

    @property
    def strange(self) -> bool:
        """Whether the model is sure of its words, and they are not those of the text."""
        return self.loss > self.blind + UNCERTAIN and self.preferred > UNMOVED


class Piece(NamedTuple):
    """What is read, what is written after it (encoder-decoders), and which token should stand at which place."""

    ids: torch.Tensor
    written: torch.Tensor | None
    places: torch.Tensor
    right: torch.Tensor


def refuse_strangers(parts: Parts) -> None:
    """Raise StudioError when the model recognises neither plain English nor the run's own examples in its tokenizer's
    words, or when examples hold tokens that it does not have. Changes nothing about the model."""
    _refuse_unknown_tokens(parts)
    if not parts.settings.check_tokenizer or parts.objective.head != "language" or parts.group.size > 1:
        return
    general = recognise(parts.model, _general(parts), parts.precision)
    if general is None or not general.strange:
        return
    own = recognise(parts.model, _own(parts), parts.precision)
    if own is None or own.strange:
        raise _stranger(parts.job.model.name, general)


@torch.no_grad()
def recognise(model: Any, pieces: Iterator[Piece], precision: Precision) -> Recognition | None:
    """How the model takes these pieces, up to `TOKENS` tokens of them; None where there is none."""
    whole = plain_model(model)
    losses: list[torch.Tensor] = []
    preferred: list[torch.Tensor] = []
    size = 0
    training = model.training
    model.eval()
    try:
        for piece in pieces:
            logits = _logits(whole, piece, precision)
            size = logits.shape[-1]
            right = logits.gather(-1, piece.right[:, None].to(logits.device))
            losses.append(torch.logsumexp(logits, -1) - right[:, 0])
            preferred.append((logits > right).float().mean(-1))
            if sum(map(len, losses)) >= TOKENS:
                break
    finally:
        model.train(training)
    if not losses:
        return None
    return Recognition(float(torch.cat(losses).mean()), math.log(size), float(torch.cat(preferred).mean()))


def _logits(model: Any, piece: Piece, precision: Precision) -> torch.Tensor:
    """(places, vocabulary) in float32."""
    device = model.device
    more = {} if piece.written is None else {"decoder_input_ids": piece.written[None].to(device)}
    with precision.answering():
        out = model(input_ids=piece.ids[None].to(device), **more)
    return out.logits[0, piece.places.to(device)].float()


# ------------------------------------------------------------------------------------------------ what is read


def _general(parts: Parts) -> Iterator[Piece]:
    """The plain English that ships with the studio."""
    speaker = parts.job.speaker
    with (resources() / "general" / "texts.jsonl").open(encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            if "text" in entry:
                example = speaker.reading(entry["text"])
                yield from _piece(parts, example.ids, example.ids)


def _own(parts: Parts) -> Iterator[Piece]:
    """The run's own examples."""
    for place in range(len(parts.train)):
        ids = parts.train.ids[parts.train.part(place)].tolist()
        other = parts.train.other
        yield from _piece(parts, ids, other.ids[other.part(place)].tolist()[1:] if other else ids)


def _piece(parts: Parts, ids: Sequence[int], target: Sequence[int]) -> Iterator[Piece]:
    """A text's beginning as this kind of model reads it; nothing where it is too short."""
    read, right = torch.tensor(list(ids[:TEXT])), torch.tensor(list(target[:TEXT]))
    if len(read) < 4 or len(right) < 2:
        return
    architecture = parts.job.model.architecture
    if architecture == "decoder":
        yield Piece(read, None, torch.arange(len(read) - 1), read[1:])
    elif architecture == "encoder-decoder":
        start = getattr(parts.model.config, "decoder_start_token_id", None) or 0
        yield Piece(read, torch.cat([torch.tensor([start]), right[:-1]]), torch.arange(len(right)), right)
    elif (gap := parts.job.speaker.special_id("mask_token")) is not None:
        hidden = torch.from_numpy(np.random.default_rng(len(read)).random(len(read)) < HIDDEN_SHARE)
        hidden[0] = hidden[-1] = False
        if bool(hidden.any()):
            yield Piece(read.masked_fill(hidden, gap), None, torch.nonzero(hidden)[:, 0], read[hidden])


# ------------------------------------------------------------------------------------------------- what is said


def _refuse_unknown_tokens(parts: Parts) -> None:
    """A token beyond the model's own would end the training in the middle."""
    table = plain_model(parts.model).get_input_embeddings()
    size = getattr(table, "num_embeddings", None) or parts.job.model.vocabulary
    for examples in (parts.train, parts.validation):
        for each in filter(None, (examples, examples.other)):
            if len(each.ids) and int(each.ids.max()) >= size:
                raise StudioError(
                    "tokens-unknown-to-model",
                    f"Some examples hold tokens that {parts.job.model.name} does not have: number "
                    f"{int(each.ids.max()):,} of {size:,}.",
                    data="Nothing was trained; your data and the model are unchanged.",
                    remedy="Put the tokenizer that came with this model into its folder, or choose another model.",
                )


def _stranger(name: str, found: Recognition) -> StudioError:
    return StudioError(
        "tokenizer-strange-to-model",
        f"{name} does not recognise the words of its tokenizer: in plain English and in your examples it expects "
        f"almost any word sooner than the right one. Its error is {found.loss:.1f} nats per token; guessing blindly "
        f"makes {found.blind:.1f}.",
        data="Nothing was trained; your data and the model are unchanged.",
        remedy="Put the tokenizer that came with this model into its folder. If it is meant to be so, switch "
        "“Check the tokenizer first” (train.check_tokenizer) off.",
    )
