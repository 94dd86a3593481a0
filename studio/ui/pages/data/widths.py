"""How the table's columns share its width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.services.facts import Dataset
from studio.ui.pages.data.roles import roles_of

if TYPE_CHECKING:
    from studio.ui.session import State

LEAST_COLUMN = 112


def shared(free: int, weights: list[float], least: int = LEAST_COLUMN) -> list[int]:
    """Widths by weight, none below the least; the narrow ones take from the wide ones while there is room."""
    narrow = {place for place, weight in enumerate(weights) if free * weight / (sum(weights) or 1.0) < least}
    rest = free - least * len(narrow)
    whole = sum(weight for place, weight in enumerate(weights) if place not in narrow) or 1.0
    return [
        least if place in narrow else max(least, int(rest * weight / whole)) for place, weight in enumerate(weights)
    ]


def weights_of(dataset: Dataset, state: State) -> list[float]:
    """How the columns share the width: what is learnt gets most, what is only kept least."""
    learnt = {role.id for role in roles_of(state.config) if role.learnt}
    roles = state.config.data.roles
    return [3.2 if roles.get(c.name) in learnt else 2.6 if roles.get(c.name) else 1.0 for c in dataset.columns]
