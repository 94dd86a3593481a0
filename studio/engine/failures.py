"""What can end a training, in words."""

from __future__ import annotations

from studio.core.problem import StudioError


def diverged(step: int, saved: int) -> StudioError:
    """The loss or its gradient is no longer a number."""
    safe = f"Everything up to step {saved:,} is saved and checked." if saved else "Your data is unchanged."
    return StudioError(
        "diverged",
        f"At step {step:,} the training lost its balance: the error grew beyond all numbers.",
        data=f"{safe} The weights of that step were thrown away.",
        remedy="Choose a smaller step size (a third of this one is a good try) and start again.",
    )


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
