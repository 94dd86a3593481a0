"""What can end a training, in words."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.problem import StudioError

EXPLODED = 1000.0
"""Nats per token that no model misses its words by before it has lost its balance; to guess evenly costs about ten."""


def diverged(step: int, saved: int, rate: float, blamed: str = "") -> StudioError:
    """The loss or its gradient is no longer a number, or beyond all sense. `rate` is the run's step size; `blamed` says
    in a sentence what the step read."""
    safe = f"Everything up to step {saved:,} is saved and checked." if saved else "Your data is unchanged."
    smaller = float(f"{rate / 3:.1g}")
    happened = f"At step {step:,} the training lost its balance: the error grew beyond all numbers."
    return StudioError(
        "diverged",
        f"{happened} {blamed}".strip(),
        data=f"{safe} The weights of that step were thrown away.",
        remedy=f"Choose a smaller step size, such as {smaller:g} instead of {rate:g}, and start again.",
        fix={"train.learning_rate": smaller},
    )


def blamed(examples: int, worst: Sequence[str], all_of_them: bool) -> str:
    """What a step read, in a sentence: where its worst examples stand."""
    places = ", ".join(worst)
    if not places:
        return f"The step read {examples:,} examples."
    if all_of_them:
        return f"It had happened before: none of the step's examples gives a number, among them {places}."
    return f"Of the {examples:,} examples of this step the error was largest in {places}."


def does_not_fit(step: int) -> StudioError:
    """A single example is too much for the memory."""
    return StudioError(
        "out-of-memory",
        "One example alone needs more memory than this computer has.",
        data=f"Everything up to the last save point before step {step + 1:,} is safe.",
        remedy="Choose a shorter longest example, let it “Save memory, take longer”, or choose a smaller model.",
    )


def nothing_to_learn() -> StudioError:
    """No training example teaches anything."""
    return StudioError(
        "nothing-to-learn",
        "None of the training examples teaches anything.",
        data="Your data is unchanged.",
        remedy="Check in the Data step that a column with answers is chosen and that examples are not cut off.",
    )
