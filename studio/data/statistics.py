"""What a model makes of prepared examples: tokens in all, taught and cut, for each example, kept for reuse."""

from __future__ import annotations

import hashlib
from array import array
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from studio.api import Encoder, Example, Objective, Settings
from studio.data.reports import PreparedReport, TokenReport
from studio.data.staging import Progress, StagedFile, row_groups, silent

Numbers = npt.NDArray[np.int32]
_VERSION = 2


class Counts(NamedTuple):
    """Tokens of each prepared row, in order: within the length, taught of these, cut off; and how many the longest
    text that it becomes would have, uncut."""

    total: Numbers
    learnt: Numbers
    cut: Numbers
    lengths: Numbers

    @property
    def teach_nothing(self) -> int:
        """How many examples teach nothing at all."""
        return int((self.learnt == 0).sum())

    def report(self) -> TokenReport:
        """The sums. `total` counts the tokens that are read or taught; those cut off come on top."""
        return TokenReport(total=int(self.total.sum()), learnt=int(self.learnt.sum()), cut=int(self.cut.sum()))

    @property
    def longest(self) -> int:
        """Tokens of the longest text, what is cut off included."""
        return int(self.lengths.max(initial=0))


def taught(example: Example) -> int:
    """How much of an example is taught, in tokens where tokens are; 0 when it teaches nothing."""
    return max(example.learnt, sum(example.learn[1:])) if example.learnt else 0


def counts_of(
    prepared: Path,
    how: tuple[Objective[Any], Settings, Encoder],
    cache: Path,
    model: str,
    progress: Progress = silent,
) -> Counts:
    """The counts of prepared examples for a model (by its fingerprint) and the encoder's length.

    They are kept in the cache folder, which may be deleted at any time.
    """
    objective, settings, encoder = how
    choices = [_VERSION, prepared.stem, model, encoder.max_length, objective.id, settings.model_dump()]
    key = hashlib.sha256(orjson.dumps(choices)).hexdigest()[:24]
    kept = cache / f"tokens-{key}.npy"
    found = _load(kept)
    if found is None:
        found = _count(prepared, how, progress)
        _keep(kept, found)
    return Counts(*found)


def _load(path: Path) -> npt.NDArray[np.int32] | None:
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.ndim == 2 and len(found) == 4 else None


def _keep(path: Path, counts: npt.NDArray[np.int32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with StagedFile(path) as staged:
        np.save(staged.file, counts, allow_pickle=False)
        staged.keep()


def _count(prepared: Path, how: tuple[Objective[Any], Settings, Encoder], progress: Progress) -> npt.NDArray[np.int32]:
    import pyarrow.parquet as pq

    objective, settings, encoder = how
    rows = pq.read_metadata(prepared).num_rows
    total, learnt, cut, longest = array("i"), array("i"), array("i"), array("i")
    for group in row_groups(prepared):
        for row in group.to_pylist():
            examples = objective.examples(row, encoder, settings)
            texts = [text for each in examples for text in (each, each.other) if text is not None]
            total.append(sum(len(text.ids) for text in texts))
            learnt.append(sum(taught(example) for example in examples))
            cut.append(sum(len(text.cut) for text in texts))
            longest.append(max((len(text.ids) + len(text.cut) for text in texts), default=0))
            if len(total) % 100 == 0:
                progress(len(total), rows, f"Counting tokens: {len(total):,} of {rows:,} examples")
    return np.array([total, learnt, cut, longest], np.int32)


def with_counts(report: PreparedReport, counts: Counts, model: str, max_length: int) -> PreparedReport:
    """The report with what a model makes of the examples."""
    return report.model_copy(
        update={
            "tokens": counts.report(),
            "teach_nothing": counts.teach_nothing,
            "longest": counts.longest,
            "model": model,
            "max_length": max_length,
        }
    )
