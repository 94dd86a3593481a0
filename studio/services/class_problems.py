"""What speaks against classes as they are: only one, almost as many as examples, or some with hardly an example."""

from __future__ import annotations

from collections.abc import Iterator

from studio.core.problem import Problem
from studio.services.facts import PrepareReport

RARE = 5
NAMED = 3
MANY = 20


def class_problems(report: PrepareReport) -> Iterator[Problem]:
    """Of the training examples' classes; nothing where examples have none."""
    classes = report.classes
    if not classes:
        return
    if len(classes) == 1:
        yield Problem(
            id="one-class",
            step="data",
            sentence=f"All examples have the same class, “{next(iter(classes))[:40]}”; there is nothing to tell apart.",
            remedy="Bring in examples of other classes, or choose another column as the class.",
        )
    elif len(classes) > MANY and len(classes) > report.train / 2:
        yield Problem(
            id="many-classes",
            step="data",
            severity="warns",
            sentence=f"There are {len(classes):,} classes for {report.train:,} examples, so most occur only once.",
            remedy="Look whether the right column is marked as the class.",
        )
    elif rare := [name for name, number in classes.items() if number < RARE]:
        more = f" and {len(rare) - NAMED:,} more" if len(rare) > NAMED else ""
        named = ", ".join(f"“{name[:30]}”" for name in rare[:NAMED])
        yield Problem(
            id="rare-classes",
            step="data",
            severity="warns",
            sentence=f"Fewer than {RARE} examples for {named}{more}: such classes are learnt badly.",
            remedy="Bring in more of them, or join classes that are alike.",
        )
