"""Attention within each text of a packed row, and nowhere else.

The usual kernel is given a mask and computes what every place of a row thinks of every other; of a row with eight texts
seven eighths of that is thrown away. On the processor each text's attention is computed by itself instead. How long the
texts of each row are travels to the layers in the place of the mask, so that a layer that is computed twice finds it.
"""

from __future__ import annotations

from typing import Any

import torch

from studio.api import Batch
from studio.engine.precision import Precision

APART = "texts_apart"
SHORT = 32
"""Tokens of a text on average below which many small products take longer than one large one with a mask."""


def keep_apart(model: Any, precision: Precision) -> bool:
    """Let a decoder compute its attention text by text, where it is the plain kind and gives the same; whether it
    does."""
    from studio.engine.scorers import TOLERANCE

    config = model.config.get_text_config()
    if precision.device != "cpu" or config._attn_implementation != "sdpa" or not _looks_everywhere(config):
        return False
    _register()
    batch = _probe(config.vocab_size)
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), precision.answering():
            usual = _said(model, batch, {})
            config._attn_implementation = APART
            ours = _said(model, batch, sees(model, batch))
        same = float((ours - usual).abs().max()) <= TOLERANCE[precision.frozen] * max(1.0, float(usual.abs().max()))
    except (TypeError, RuntimeError, AttributeError, ValueError):
        same = False
    finally:
        model.train(training)
    if not same:
        config._attn_implementation = "sdpa"
    return same


def sees(model: Any, batch: Batch) -> dict[str, torch.Tensor]:
    """What tells a model who sees whom: a mask, the lengths of the texts, or nothing where positions say it."""
    if batch.mask is not None:
        return {"attention_mask": batch.mask}
    apart = model.config.get_text_config()._attn_implementation == APART
    return {"attention_mask": _lengths(batch)} if apart and batch.tokens >= SHORT * batch.examples else {}


def _lengths(batch: Batch) -> torch.Tensor:
    """How many places each text of each row takes, (rows, 1, 1, texts); empty ones at its end are one more text."""
    counted = [torch.unique_consecutive(row, return_counts=True)[1] for row in batch.segments]
    return torch.nn.utils.rnn.pad_sequence(counted, batch_first=True)[:, None, None]


def _looks_everywhere(config: Any) -> bool:
    """Whether every layer sees the whole text before a place."""
    kinds = getattr(config, "layer_types", None)
    if kinds:
        return set(kinds) == {"full_attention"}
    return not getattr(config, "sliding_window", None) and not getattr(config, "attention_chunk_size", None)


def _register() -> None:
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(APART, _attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(APART, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **named: Any,
) -> tuple[torch.Tensor, None]:
    """transformers' own, for the whole row, or for each text where their lengths are given. From three arrays of
    (rows, heads, length, width), (rows, length, heads, width). Each text's is computed in float32: the processor's
    kernel for short texts is three times as slow in bf16."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if attention_mask is None or attention_mask.dtype != torch.int64:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **named)
    named["is_causal"] = True
    rows = []
    with torch.autocast(query.device.type, enabled=False):
        whole = [each.float().split(1) for each in (query, key, value)]
        for *row, told in zip(*whole, attention_mask[:, 0, 0].tolist(), strict=True):
            lengths = [length for length in told if length]
            texts = zip(*(each.split(lengths, dim=2) for each in row), strict=True)
            said = [sdpa_attention_forward(module, q, k, v, None, **named)[0] for q, k, v in texts]
            rows.append(torch.cat(said, dim=1))
    return torch.cat(rows), None


def _said(model: Any, batch: Batch, who: dict[str, torch.Tensor]) -> torch.Tensor:
    """Hidden states of the texts of a probe."""
    out = model.base_model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **who)
    return out.last_hidden_state[batch.segments >= 0].float()


def _probe(vocabulary: int) -> Batch:
    """Two rows: a long text and a short one; one text and empty places."""
    lengths = [(40, 23), (50,)]
    ids = torch.arange(2, 128).view(2, 63) * 7 % vocabulary
    segments, positions = torch.full((2, 63), -1), torch.zeros(2, 63, dtype=torch.long)
    number = 0
    for row, wanted in enumerate(lengths):
        start = 0
        for length in wanted:
            segments[row, start : start + length] = number
            positions[row, start : start + length] = torch.arange(length)
            start, number = start + length, number + 1
    return Batch(ids, positions, segments, torch.full_like(ids, -100), units=0, tokens=113, examples=3)
