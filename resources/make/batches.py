"""Turns composed documents into batches of tokens for the three ways of learning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import torch
from transformers import PreTrainedTokenizerFast

from resources.make.composition import Document
from resources.make.vocabularies import id_of

Batch = dict[str, torch.Tensor]
T = TypeVar("T")
IGNORED = -100
_TOGETHER = 512  # documents tokenized in one call


def written_out(document: Document, vocabulary: PreTrainedTokenizerFast) -> str:
    """The document as the decoder reads it: a dialogue through the chat template, prose between begin and end."""
    if document.messages:
        return str(vocabulary.apply_chat_template(list(document.messages), tokenize=False))
    return f"{vocabulary.bos_token}{document.text}{vocabulary.eos_token}"


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def tokenized(texts: Iterable[str], vocabulary: PreTrainedTokenizerFast) -> Iterator[list[int]]:
    """Token ids of each text, without special tokens of the vocabulary's own."""
    for chunk in in_chunks(texts, _TOGETHER):
        yield from vocabulary(chunk, add_special_tokens=False)["input_ids"]


def packed(ids: Iterable[list[int]], length: int) -> Iterator[list[int]]:
    """Rows of exactly `length` tokens. A row begins where a document begins; what does not fit is cut off."""
    row: list[int] = []
    for document in ids:
        row += document
        if len(row) >= length:
            yield row[:length]
            row = []


def causal(rows: Iterable[list[int]], size: int) -> Iterator[Batch]:
    """Batches in which each token is predicted from those before it."""
    for chunk in in_chunks(rows, size):
        ids = torch.tensor(chunk)
        yield {"input_ids": ids, "labels": ids}


def masked(
    rows: Iterable[list[int]], size: int, vocabulary: PreTrainedTokenizerFast, chance: torch.Generator, share: float
) -> Iterator[Batch]:
    """Batches in which a share of the tokens is to be guessed; of these 80 % are hidden and 10 % swapped (BERT)."""
    mask, separator = id_of(vocabulary, "[MASK]"), id_of(vocabulary, "[SEP]")
    for chunk in in_chunks(rows, size):
        ids = torch.tensor(chunk)
        guessed = (torch.rand(ids.shape, generator=chance) < share) & (ids != separator)
        labels = torch.where(guessed, ids, IGNORED)
        way = torch.rand(ids.shape, generator=chance)
        swapped = torch.randint(5, len(vocabulary), ids.shape, generator=chance)
        shown = torch.where(guessed & (way < 0.8), mask, ids)
        shown = torch.where(guessed & (way > 0.9), swapped, shown)
        yield {"input_ids": shown, "labels": labels}


@dataclass(frozen=True)
class Gaps:
    """What is cut out of a row: a share of its tokens, in spans of about `span` tokens."""

    share: float
    span: int


def denoised(
    rows: Iterable[list[int]], size: int, vocabulary: PreTrainedTokenizerFast, chance: torch.Generator, gaps: Gaps
) -> Iterator[Batch]:
    """Batches in which spans are cut out and have to be written (T5)."""
    for chunk in in_chunks(rows, size):
        pairs = [_with_gaps(row, vocabulary, chance, gaps) for row in chunk]
        yield {
            "input_ids": torch.tensor([shown for shown, _ in pairs]),
            "labels": torch.tensor([missing for _, missing in pairs]),
        }


def _with_gaps(
    row: list[int], vocabulary: PreTrainedTokenizerFast, chance: torch.Generator, gaps: Gaps
) -> tuple[list[int], list[int]]:
    """The row with sentinels in place of spans, and the spans after their sentinels. All rows give equal lengths."""
    missing = round(len(row) * gaps.share)
    spans = max(1, round(missing / gaps.span))
    first = id_of(vocabulary, "<extra_id_0>")
    shown: list[int] = []
    wanted: list[int] = []
    place = 0
    lengths = zip(_parts(len(row) - missing, spans, chance), _parts(missing, spans, chance), strict=True)
    for number, (kept, cut) in enumerate(lengths):
        shown += [*row[place : place + kept], first + number]
        wanted += [first + number, *row[place + kept : place + kept + cut]]
        place += kept + cut
    end = id_of(vocabulary, "</s>")
    return [*shown, end], [*wanted, end]


def _parts(total: int, count: int, chance: torch.Generator) -> list[int]:
    """`total` split at random into `count` parts of at least one."""
    cuts = sorted((torch.randperm(total - 1, generator=chance)[: count - 1] + 1).tolist())
    return [right - left for left, right in zip([0, *cuts], [*cuts, total], strict=True)]
