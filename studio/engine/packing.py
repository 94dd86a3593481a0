"""Whether a model may have several examples in one row: found out on the model itself, not assumed.

A model whose memory runs along the row (some do), or that takes no positions, would let examples see each other.
"""

from __future__ import annotations

from typing import Any

import torch

from studio.engine.precision import Precision
from studio.engine.scorers import TOLERANCE, plain_model, puts_a_prompt_before


@torch.no_grad()
def packing_is_exact(model: Any, vocabulary: int, precision: Precision) -> bool:
    """Whether a second example in a row gets the same hidden states as alone in a row."""
    if puts_a_prompt_before(model):
        return False
    device = precision.device
    first = torch.arange(2, 12, device=device)[None] * 5 % vocabulary
    second = torch.arange(3, 19, device=device)[None] * 11 % vocabulary
    training = model.training
    model.eval()
    try:
        with precision.answering():
            alone = _hidden(plain_model(model), second, torch.arange(16, device=device)[None])
            places = torch.cat([torch.arange(10, device=device), torch.arange(16, device=device)])[None]
            together = _hidden(plain_model(model), torch.cat([first, second], dim=1), places)[:, 10:]
    except (TypeError, RuntimeError, AttributeError):
        return False
    finally:
        model.train(training)
    scale = float(alone.abs().max()) or 1.0
    return float((alone - together).abs().max()) / scale < TOLERANCE[precision.frozen]


def _hidden(model: Any, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    return model.base_model(input_ids=ids, position_ids=positions, use_cache=False).last_hidden_state.float()
