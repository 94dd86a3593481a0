"""What each process of a run computes of a step or of a check, portion by portion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from studio.engine.batches import Portions
from studio.engine.group import Group


class Turn(NamedTuple):
    """One pass: the places of its examples, and whether what it gives counts."""

    places: list[int]
    counts: bool = True


def turns(portions: Portions, group: Group, costs: np.ndarray, *, even: bool = False) -> list[Turn]:
    """The passes of this process. With `even`, all processes make the same number: one that has fewer repeats its last
    portion, which then does not count."""
    shares = group.dealt(costs)
    mine = [Turn(places) for places in portions.split(shares[group.rank], costs)]
    if even and len(costs):
        most = max(sum(1 for _ in portions.split(share, costs)) for share in shares)
        repeated = mine[-1].places if mine else shares[0][-1:]
        mine += [Turn(repeated, counts=False)] * (most - len(mine))
    return mine
