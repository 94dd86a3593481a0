"""The base model and the tuned one on the same held-back examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.api import Prediction
from studio.engine.batches import Portions
from studio.engine.examples import encode_rows, read_split
from studio.engine.losses import choose_scorer
from studio.engine.measure import measure
from studio.engine.memory import tokens_at_once
from studio.engine.packing import packing_is_exact
from studio.engine.parts import Job
from studio.engine.tuned import Opened, open_base, with_training
from studio.evaluation.verdict import difference, verdict
from studio.plugins import metrics, objectives

Tell = Callable[[str, int, int], None]


def compare_before_after(job: Job, split: str, tell: Tell = lambda *_: None) -> dict[str, Any]:
    """Measure the base model, put the training onto it, and measure again. Reads only the one split of the
    prepared examples; the test split is read nowhere else. Raises StudioError when the run has no final weights.

    Returns the shape of the command line's `evaluate`.
    """
    objective = objectives()[job.config.objective.id]
    chosen = objective.settings(job.config.objective.settings)
    examples = encode_rows(read_split(job.prepared, split), objective, job.speaker, chosen).teaching()
    opened = open_base(job)

    def measured(opened: Opened, words: str) -> list[Prediction]:
        portions = Portions(tokens_at_once(job.model, opened.device, checkpointing=True), 0, packing)
        done = 0

        def count() -> None:
            nonlocal done
            tell(words, done, len(examples))
            done += 1

        scorer = choose_scorer(opened.model, job.model.vocabulary, opened.precision)
        return measure(opened.model, examples, scorer, portions, opened.precision, count)

    packing = packing_is_exact(opened.model, job.model.vocabulary, opened.precision)
    before = measured(opened, "Measuring the model as it was")
    after = measured(with_training(job, opened), "Measuring the tuned model")
    return {"split": split, **report(before, after)}


def report(before: list[Prediction], after: list[Prediction]) -> dict[str, Any]:
    """Both measurements with their difference and the verdict. What was not measured is None."""
    metric = metrics()["likelihood"]
    chosen = metric.settings({})
    empty = {"loss": None, "perplexity": None}
    old = metric.score(before, chosen) if before else empty
    new = metric.score(after, chosen) if after else empty
    found = difference(before, after)
    words = verdict(found, len(after), old["loss"], new["loss"])
    return {
        "examples": len(after),
        "before": old,
        "after": new,
        "difference": found._asdict() if found else {"loss": None, "low": None, "high": None, "level": 0.95},
        "verdict": words._asdict(),
    }
