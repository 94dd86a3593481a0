"""The base model and the tuned one on the same held-back examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from studio.api import Objective, Prediction, Row, Settings
from studio.engine.batches import Portions
from studio.engine.examples import encode_rows, read_split
from studio.engine.hiding import for_measuring
from studio.engine.job import Job
from studio.engine.measure import Measuring, measure, scores
from studio.engine.memory import tokens_at_once
from studio.engine.parts import can_pack, copy_of_before
from studio.engine.scorers import choose_scorer
from studio.engine.tuned import Opened, open_base, with_training
from studio.evaluation.mistakes import mistakes
from studio.evaluation.quantities import measure as quantity
from studio.evaluation.verdict import difference, judged

Tell = Callable[[str, int, int], None]


def compare_before_after(job: Job, split: str, tell: Tell = lambda *_: None) -> dict[str, Any]:
    """Measure the base model, put the training onto it, and measure again. Reads only the one split of the
    prepared examples; the test split is read nowhere else. Raises StudioError when the run has no final weights.

    Returns the shape of the command line's `evaluate`.
    """
    objective, chosen = job.objective, job.choices
    rows = read_split(job.prepared, split)
    examples = for_measuring(encode_rows(rows, objective, job.speaker, chosen, job.names).teaching(), job)
    opened = open_base(job)
    packing = can_pack(job, opened.model, opened.precision)

    def measured(opened: Opened, words: str, copy: Any = None) -> list[Prediction]:
        done = 0

        def count() -> None:
            nonlocal done
            tell(words, done, len(examples))
            done += 1

        how = Measuring(
            objective=objective,
            choices=chosen,
            scorer=choose_scorer(opened.model, job.model.architecture, opened.precision, copy),
            layout=job.layout(opened.device.kind, packing and can_pack(job, opened.model, opened.precision)),
            portions=Portions(tokens_at_once(job.model, opened.device, checkpointing=True), 0, packing),
            precision=opened.precision,
            longest=job.speaker.max_length,
        )
        return measure(opened.model, examples, how, count)

    before = measured(opened, "Measuring the model as it was", opened.model)
    tuned = with_training(job, opened)
    copy = copy_of_before(job, tuned.model, tuned.precision, tuned.device)
    after = measured(tuned, "Measuring the tuned model", copy)
    texts = _texts(job, rows, len(examples)) if "classes" in objective.metrics else []
    return {"split": split, **report(objective, before, after, texts)}


def _texts(job: Job, rows: Sequence[Row], examples: int) -> list[str]:
    """What was read in each measured example, where each comes from a row of its own."""
    read = [job.objective.prompt(row, job.choices) for row in rows if _teaches(job, row)]
    return [messages[-1].content if messages else "" for messages in read] if len(read) == examples else []


def _teaches(job: Job, row: Row) -> bool:
    return any(example.learnt for example in job.objective.examples(row, job.speaker, job.choices))


def report(
    objective: Objective[Settings], before: list[Prediction], after: list[Prediction], texts: Sequence[str] = ()
) -> dict[str, Any]:
    """Both measurements with their difference and the verdict, and where the tuned model goes wrong. What was not
    measured is None."""
    metric = objective.metrics[0] if objective.metrics else ""
    found, decides = difference(before, after), quantity(metric, before, after)
    return {
        "examples": len(after),
        "before": scores(objective, before),
        "after": scores(objective, after),
        "difference": found._asdict() if found else {"loss": None, "low": None, "high": None, "level": 0.95},
        "verdict": judged(decides, len(after))._asdict(),
        "measure": decides.told() if decides else None,
        "mistakes": mistakes(metric, after, texts),
    }
