"""What keeps a training from learning by heart, and from forgetting: noise on what is read, other dropout, and a pull
back to where the weights began. How far the model has gone from what it was is measured in `distances`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from studio.api import Batch
from studio.core import modules
from studio.core.problem import StudioError
from studio.engine.spreading import local


@contextmanager
def noise_on_words(model: Any, batch: Batch, strength: float, key: tuple[int, int]) -> Iterator[None]:
    """Chance numbers are added to what each token is read as (NEFTune; Jain et al., 2023): evenly from ± strength /
    √(tokens of the text · width). They follow from `key` and the example's own number alone, so that portions of any
    size and packed rows read the same."""
    if not strength:
        yield
        return

    def add(part: torch.nn.Module, inputs: tuple[torch.Tensor, ...], found: torch.Tensor) -> torch.Tensor | None:
        # An encoder-decoder looks up what it writes in the same table; that stays as it is.
        if not part.training or inputs[0].data_ptr() != batch.ids.data_ptr():
            return None
        return found + _noise(batch, found.shape[-1], strength, key).to(found)

    handle = modules.plain(model).get_input_embeddings().register_forward_hook(add)
    try:
        yield
    finally:
        handle.remove()


def _noise(batch: Batch, width: int, strength: float, key: tuple[int, int]) -> torch.Tensor:
    """(rows, length, width), zero where there is no text."""
    noise = np.zeros((*batch.ids.shape, width), np.float32)
    segments = batch.segments.cpu().numpy()
    for text in range(batch.texts):
        places = segments == text
        number, second = batch.numbers[text % batch.examples], text // batch.examples
        chance = np.random.default_rng([*key, number, second])
        most = strength / (int(places.sum()) * width) ** 0.5
        noise[places] = chance.uniform(-most, most, (int(places.sum()), width))
    return torch.from_numpy(noise)


def set_dropout(model: Any, share: float) -> None:
    """Let the model forget so much of what goes through it while it learns, in every place that its makers provided.
    Raises StudioError where there is none."""
    found = False
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p, found = share, True
        for name, value in vars(part).items():
            if isinstance(value, float) and "dropout" in name:
                setattr(part, name, share)
                found = True
    if not found:
        raise StudioError(
            "no-dropout",
            "This model has no place for dropout.",
            data="Nothing was changed.",
            remedy="Set dropout to −1, so that the model stays as it is, and start again.",
        )


class Anchor:
    """Pulls the weights towards where they began (L2-SP; Li et al., 2018), as decay pulls them to zero: at each step by
    the share of `strength` that the step size tells. Parts that the objective put on anew began with chance numbers
    and are pulled to zero."""

    def __init__(self, model: Any, weights: Mapping[str, torch.nn.Parameter], strength: float = 0.0) -> None:
        if strength and hasattr(model, "disable_adapter"):
            raise no_own_weights()
        self._strength = strength
        new = tuple(f"{name}." for name in modules.new_head(model)) if strength else ()
        self._start = {
            id(weight): torch.zeros_like(weight) if name.startswith(new) else weight.detach().clone()
            for name, weight in (weights.items() if strength else ())
        }

    @torch.no_grad()
    def pull(self, optimizer: torch.optim.Optimizer) -> None:
        """Move each weight a little towards its start, before the step."""
        for group in optimizer.param_groups if self._start else ():
            for weight in group["params"]:
                local(weight).lerp_(local(self._start[id(weight)]), group["lr"] * self._strength)


def no_words() -> StudioError:
    """The error for holding on to what was said where nothing is said."""
    return StudioError(
        "kl-needs-words",
        "Holding on to what the model said before works where it chooses words; here it gives labels or numbers.",
        data="Nothing was changed.",
        remedy="Set it to 0.",
    )


def no_own_weights() -> StudioError:
    """The error for a pull to the start where only additions train: theirs is nothing at all."""
    return StudioError(
        "anchor-needs-own-weights",
        "The pull towards the start works where the model's own weights train; here only additions do.",
        data="Nothing was changed.",
        remedy="Set it to 0. Weight decay does for additions what it does for the model's own weights.",
    )
