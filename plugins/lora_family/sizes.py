"""How many weights each method of the family trains, from a model's facts. Contract tests hold them to the truth."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from studio.api import ModelInfo, anatomy

_SEEN = re.compile(r"(^|[._])(k|v|key|value)(_proj|_lin)?$|(^|\.)(c_attn|query_key_value|qkv_proj|in_proj)$")
"""What other words see of a word: its key and its value."""
_NORM = re.compile(r"(norm|\bln_)", re.IGNORECASE)


def chosen(model: ModelInfo, settings: Any) -> list[anatomy.Linear]:
    """The products with matrices that the settings choose."""
    everywhere = getattr(settings, "target", "all") == "all"
    return [line for line in anatomy.linears_of(model) if everywhere or line.attention]


def per_linear(each: Callable[[anatomy.Linear, Any], int]) -> Callable[[ModelInfo, Any], int]:
    """So many weights for each chosen product."""
    return lambda model, settings: sum(line.count * each(line, settings) for line in chosen(model, settings))


def kronecker(line: anatomy.Linear, settings: Any) -> int:
    """W changes by the Kronecker product of a small block and a larger one; the larger one is kept as two thin ones
    where that is smaller."""
    rows, columns = _near_root(line.outputs), _near_root(line.inputs)
    small = rows[0] * columns[0]
    thin = settings.rank < max(rows[1], columns[1]) / 2
    return small + (settings.rank * (rows[1] + columns[1]) if thin else rows[1] * columns[1])


def _near_root(number: int) -> tuple[int, int]:
    """The two factors of a number that are nearest to each other, the smaller one first."""
    low = next(low for low in range(math.isqrt(number), 0, -1) if number % low == 0)
    return low, number // low


def rotation(line: anatomy.Linear, settings: Any) -> int:
    """One skew matrix for each block of the inputs."""
    return line.inputs // settings.block * (settings.block * (settings.block - 1) // 2)


def butterfly(line: anatomy.Linear, settings: Any) -> int:
    """One matrix for each block of the inputs, and one length per output."""
    return line.inputs * settings.block + line.outputs


def is_seen(name: str) -> bool:
    """Whether a product makes what other words see of a word."""
    return anatomy.in_attention(name) and bool(_SEEN.search(name))


def closes(line_name: str, inputs: int, outputs: int) -> bool:
    """Whether a product closes a feed-forward part: it leads from its wide middle back."""
    return not anatomy.in_attention(line_name) and inputs > outputs


def scales(model: ModelInfo, settings: Any) -> int:
    """One factor per output of keys and values, and per input of what closes a feed-forward part."""
    lines = anatomy.linears_of(model)
    seen = sum(line.count * line.outputs for line in lines if is_seen(line.name))
    return seen + sum(line.count * line.inputs for line in lines if closes(line.name, line.inputs, line.outputs))


def is_norm(name: str) -> bool:
    """Whether a part is a norm, by its name."""
    return bool(_NORM.search(name.rpartition(".")[2]))


def norms(model: ModelInfo, settings: Any) -> int:
    """Every norm's weights."""
    return sum(g.each * g.count for g in anatomy.vectors_of(model) if is_norm(g.name.rpartition(".")[0]))


def numbers(text: str) -> list[int]:
    """The numbers in "0-3, 9", in order. Raises ValueError for anything else."""
    found: set[int] = set()
    for piece in filter(str.strip, text.split(",")):
        first, dash, last = piece.partition("-")
        found.update(range(int(first), int(last if dash else first) + 1))
    return sorted(found)


def words(model: ModelInfo, settings: Any) -> int:
    """A row of the embedding for each token."""
    try:
        return len([id for id in numbers(settings.tokens) if id < model.vocabulary]) * model.hidden
    except ValueError:
        return 0


def widths(model: ModelInfo, settings: Any) -> Iterable[int]:
    """The widths of what goes into the chosen products."""
    return sorted({line.inputs for line in chosen(model, settings)})
