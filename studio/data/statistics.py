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
from studio.core.config import ModelSection
from studio.data.reports import PreparedReport, TemplateReport, TokenReport
from studio.data.staging import Progress, StagedFile, row_groups, silent
from studio.data.templates import IN_WORDS, LOST, ModelEncoder

Numbers = npt.NDArray[np.int32]
_VERSION = 3
NOTES = {IN_WORDS: 1, LOST: 2}


class Counts(NamedTuple):
    """Tokens of each prepared row, in order: within the length, taught of these, cut off; how many the longest text
    that it becomes would have, uncut; and what the chat template could not do (`NOTES` added up)."""

    total: Numbers
    learnt: Numbers
    cut: Numbers
    lengths: Numbers
    notes: Numbers

    @property
    def teach_nothing(self) -> int:
        """How many examples teach nothing at all."""
        return int((self.learnt == 0).sum())

    def noted(self, note: str) -> int:
        """How many examples tell of this."""
        return int((self.notes & NOTES[note] > 0).sum())

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
    how: tuple[Objective[Any], Settings, ModelEncoder],
    cache: Path,
    model: str,
    progress: Progress = silent,
) -> Counts:
    """The counts of prepared examples for a model (by its fingerprint), the encoder's length and chat template.

    They are kept in the cache folder, which may be deleted at any time.
    """
    objective, settings, encoder = how
    choices = [_VERSION, prepared.stem, model, encoder.max_length, encoder.mark, objective.id, settings.model_dump()]
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
    return found if found.ndim == 2 and len(found) == 5 else None


def _keep(path: Path, counts: npt.NDArray[np.int32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with StagedFile(path) as staged:
        np.save(staged.file, counts, allow_pickle=False)
        staged.keep()


def _count(prepared: Path, how: tuple[Objective[Any], Settings, Encoder], progress: Progress) -> npt.NDArray[np.int32]:
    import pyarrow.parquet as pq

    objective, settings, encoder = how
    rows = pq.read_metadata(prepared).num_rows
    total, learnt, cut, longest, notes = (array("i") for _ in range(5))
    for group in row_groups(prepared):
        for row in group.to_pylist():
            examples = objective.examples(row, encoder, settings)
            texts = [text for each in examples for text in (each, each.other) if text is not None]
            total.append(sum(len(text.ids) for text in texts))
            learnt.append(sum(taught(example) for example in examples))
            cut.append(sum(len(text.cut) for text in texts))
            longest.append(max((len(text.ids) + len(text.cut) for text in texts), default=0))
            notes.append(sum(number for name, number in NOTES.items() if any(text.extra.get(name) for text in texts)))
            if len(total) % 100 == 0:
                progress(len(total), rows, f"Counting tokens: {len(total):,} of {rows:,} examples")
    return np.array([total, learnt, cut, longest, notes], np.int32)


def with_counts(report: PreparedReport, counts: Counts, model: ModelSection, encoder: ModelEncoder) -> PreparedReport:
    """The report with what a model (by its fingerprint and the template chosen for it) makes of the examples."""
    written = TemplateReport(
        chosen=model.template,
        kind=encoder.chosen.kind,
        id=encoder.chosen.id,
        in_words=counts.noted(IN_WORDS),
        lost=counts.noted(LOST),
        missing=encoder.chosen.missing,
        ends=encoder.ends_answers,
    )
    return report.model_copy(
        update={
            "tokens": counts.report(),
            "teach_nothing": counts.teach_nothing,
            "longest": counts.longest,
            "model": model.fingerprint,
            "max_length": encoder.max_length,
            "template": written,
        }
    )
