"""Words hidden anew each time an example is read: which ones follows from seed, epoch and example alone.

So portions of any size hide the same words, and a resumed run hides what the interrupted one would have hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from studio.api import Vocabulary
from studio.engine.examples import Examples

if TYPE_CHECKING:
    from studio.engine.job import Job

FOR_MEASURING = (0, 0)


def hidden(examples: Examples, indices: Sequence[int] | np.ndarray, job: Job, key: tuple[int, int]) -> Examples:
    """These examples, with words hidden where the objective wants that. `key` is (seed, epoch); chance is drawn from it
    and the example's own number."""
    chosen = examples.take(indices)
    gap = job.speaker.special_id("mask_token")
    if not job.objective.hides or gap is None:
        return chosen
    vocabulary = Vocabulary(job.speaker.vocabulary, gap)
    ids, learn = chosen.ids.copy(), chosen.learn.copy()
    for place, index in enumerate(indices):
        chance = np.random.default_rng([*key, int(index)])
        part = chosen.part(place)
        ids[part], learn[part] = job.objective.hide(chosen.text(place), chance, vocabulary, job.choices)
    units = np.add.reduceat(learn, chosen.starts[:-1], dtype=np.int64) if len(chosen) else chosen.units
    return replace(chosen, ids=ids, learn=learn, hidden=chosen.ids, units=units)


def for_measuring(examples: Examples, job: Job) -> Examples:
    """The examples as a check measures them: what is hidden is the same at each check, and for every model."""
    return hidden(examples, range(len(examples)), job, FOR_MEASURING).teaching()
