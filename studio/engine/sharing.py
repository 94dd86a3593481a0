"""Two answers to one question in one row: the question is read once, and each answer sees it, but not the other answer.

A row holds the tokens that both texts begin with, then the rest of the first, then the rest of the second, whose
positions begin again where the shared ones end. The last shared token stands in both rests, for each predicts its own
answer's beginning. Whether a model keeps answers apart under such a mask is found out on the model itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

from studio.engine.examples import NOT_TAUGHT, Text
from studio.engine.precision import Precision
from studio.engine.scorers import TOLERANCE, plain_model, puts_a_prompt_before

QUESTION, FIRST, SECOND = 0, 1, 2


class Pair(NamedTuple):
    """Two texts as one: ids, positions, whose each token is (0: the first text's, 1: the second's), what is taught at
    each place, and the part of the pair that it belongs to."""

    ids: np.ndarray
    positions: np.ndarray
    owners: np.ndarray
    targets: np.ndarray
    parts: np.ndarray


def joined(first: Text, second: Text) -> Pair:
    """The pair in which what both begin with stands once."""
    shared = _shared(first, second)
    rest, other = len(first.ids) - shared, len(second.ids) - shared
    return Pair(
        ids=np.concatenate([first.ids, second.ids[shared:]]),
        positions=np.concatenate([np.arange(len(first.ids)), np.arange(shared, len(second.ids))]),
        owners=np.repeat([0, 1], [len(first.ids), other]),
        targets=np.concatenate([_next(first), _next(second)[shared:]]),
        parts=np.repeat([QUESTION, FIRST, SECOND], [shared, rest, other]),
    )


def _shared(first: Text, second: Text) -> int:
    """How many tokens may stand once: what both begin with and neither teaches, but for the last of them."""
    most = min(int(text.learn.argmax()) if text.learn.any() else len(text.ids) for text in (first, second))
    differ = np.flatnonzero(first.ids[:most] != second.ids[:most])
    return max(0, (int(differ[0]) if len(differ) else most) - 1)


def _next(text: Text) -> np.ndarray:
    """What is taught at each place: the token after it, or nothing."""
    wanted = np.where(text.learn, text.ids, NOT_TAUGHT)
    return np.append(wanted[1:], NOT_TAUGHT)


def mask(pairs: torch.Tensor, parts: torch.Tensor) -> torch.Tensor:
    """(rows, 1, length, length): which places see which. `pairs` numbers the pair of each place (-1 = padding), `parts`
    its part of it. Padding sees itself, so that it stays a number."""
    length = pairs.shape[1]
    same = pairs[:, :, None] == pairs[:, None, :]
    hidden = (parts[:, :, None] == SECOND) & (parts[:, None, :] == FIRST)
    earlier = torch.ones(length, length, dtype=torch.bool, device=pairs.device).tril()
    return (same & ~hidden & earlier)[:, None]


@torch.no_grad()
def sharing_is_exact(model: Any, vocabulary: int, precision: Precision) -> bool:
    """Whether an answer gets the same states beside another answer as it gets alone."""
    config = plain_model(model).config.get_text_config()
    if puts_a_prompt_before(model) or getattr(config, "sliding_window", None):
        return False
    device, question = precision.device, np.arange(2, 12) * 5 % vocabulary
    texts = [np.concatenate([question, answer * 11 % vocabulary]) for answer in (np.arange(3, 9), np.arange(20, 31))]
    pair = joined(*(Text(ids, np.arange(len(ids)) >= len(question), ids) for ids in texts))
    ids, positions, owners, _, parts = (torch.from_numpy(each.astype(np.int64))[None].to(device) for each in pair)
    training = model.training
    model.eval()
    try:
        with precision.answering():
            sees = mask(torch.zeros_like(ids), parts)
            together = _hidden(model, ids, position_ids=positions, attention_mask=sees)
            differences, scale = [], 1e-9
            for number, text in enumerate(texts):
                alone = _hidden(model, torch.from_numpy(text)[None].to(device))
                part = together[owners == number]
                differences.append(float((part - alone[0, -len(part) :]).abs().max()))
                scale = max(scale, float(alone.abs().max()))
    except (TypeError, RuntimeError, AttributeError, ValueError, IndexError):
        return False
    finally:
        model.train(training)
    return max(differences) / scale < TOLERANCE[precision.frozen]


def _hidden(model: Any, ids: torch.Tensor, **how: Any) -> torch.Tensor:
    return plain_model(model).base_model(input_ids=ids, use_cache=False, **how).last_hidden_state.float()
