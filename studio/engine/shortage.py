"""What is done when memory is short in the midst of a step, so that the step is taken nevertheless and is the same."""

from __future__ import annotations

from studio.core.events import Warned
from studio.engine.failures import does_not_fit
from studio.engine.live import Live
from studio.engine.memory import free_unused, save_activations
from studio.engine.parts import Parts


def make_room(parts: Parts, largest: int, live: Live) -> None:
    """Halve what is computed at once (`largest` examples); the batch, and so the recipe, stays what it was. Where one
    example alone does not fit, compute twice instead of remembering. Raises StudioError when nothing is left to try."""
    parts.optimizer.zero_grad(set_to_none=True)
    free_unused(parts.device)
    halved = parts.portions.halved(largest)
    if halved is None:
        live.say(_save_activations(parts))
        return
    parts.progress.portion_examples = halved.examples
    live.say(
        Warned(
            id="smaller-portions",
            sentence=f"Memory was short, so {halved.examples} examples are now computed at once instead of "
            f"{largest}. Each step still learns from {parts.settings.batch_size}: the result is the same.",
        )
    )


def _save_activations(parts: Parts) -> Warned:
    """The last resort, if the person left it to the studio."""
    left = parts.settings.checkpointing == "auto" and not parts.progress.saves_activations
    if not left or not save_activations(parts.model):
        raise does_not_fit(parts.progress.step)
    parts.progress.saves_activations = True
    return Warned(
        id="saves-activations",
        sentence="Memory was short for one example alone, so parts of the model are now computed twice instead of "
        "being remembered. Steps take about a quarter longer: the result is the same.",
    )
