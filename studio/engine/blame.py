"""Which examples a step read that ended a training, and where they stand in the person's files. Looked for
only then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.engine.batches import examples_of_step
from studio.engine.examples import read_origins, read_split
from studio.engine.failures import blamed
from studio.engine.measure import measure

if TYPE_CHECKING:
    from studio.engine.job import Job
    from studio.engine.parts import Parts

MOST = 3


def blame(parts: Parts, step: int) -> str:
    """A sentence that tells in which examples of a step (counted from 0) the error is largest, with the weights as they
    are now."""
    indices = examples_of_step(step, len(parts.train), parts.settings)
    own = parts.drawn(indices, step).take(range(len(indices)))
    found = measure(parts.model, own, parts.measuring)
    losses = [each.loss / max(1, each.units) for each in found]
    lost = [place for place, loss in enumerate(losses) if not math.isfinite(loss)]
    worst = lost or sorted(range(len(losses)), key=lambda place: -losses[place])
    places = origins_of(parts.job, [int(indices[place]) for place in worst[:MOST]])
    return blamed(len(losses), places, all_of_them=len(lost) == len(losses))


def origins_of(job: Job, wanted: Sequence[int]) -> list[str]:
    """Where training examples stand in their files ("visitors.csv line 12"), by their numbers."""
    rows = job.objective.together(read_split(job.prepared, "train"), job.choices)
    found: dict[int, str] = {}
    number = 0
    for row, origin in zip(rows, read_origins(job.prepared, "train"), strict=False):
        for example in job.objective.examples(row, job.speaker, job.choices):
            if not example.learnt:
                continue
            if number in wanted:
                found[number] = origin
            number += 1
    return list(dict.fromkeys(found[number] for number in wanted if found.get(number)))
