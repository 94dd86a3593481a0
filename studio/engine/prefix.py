"""What frozen layers make of a text is computed once and kept on disk, where only later layers train.

From the second time through the data on, training begins at the first layer that learns. Exact: the kept states are the
ones that were computed in the first epoch; each is kept with a checksum, so that a run that was torn off either finds
them whole or computes them again.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from studio.api import Batch
from studio.core import modules
from studio.engine.attention import sees
from studio.engine.examples import Examples

TOLERANCE = 1e-5
GIGABYTE = 1_000_000_000
MOST_OF_DISK = 0.5
"""The cache never takes more than this share of what is free on the disk."""


class Prefix:
    """The states before layer `depth`, one row of `width` numbers for each token of each example."""

    def __init__(self, folder: Path, lengths: np.ndarray, depth: int, like: torch.Tensor) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.depth = depth
        self._folder = folder
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        self._width = like.shape[-1]
        size = int(self._starts[-1]) * self._width
        self._states = torch.from_file(str(folder / "states.bin"), True, size, dtype=like.dtype).view(-1, self._width)
        self._sums = torch.from_file(str(folder / "sums.bin"), True, len(lengths), dtype=torch.int64)
        self._trusted = np.zeros(len(lengths), bool)

    @property
    def bytes(self) -> int:
        """What it takes on the disk when it is full."""
        return self._states.numel() * self._states.element_size()

    def run(self, model: Any, batch: Batch) -> Any:
        """One pass of a decoder: from the first layer that learns where all states are known, else whole, keeping
        them."""
        if all(self._known(number) for number in batch.numbers):
            with _beginning_at(model, self.depth):
                states = self._laid_out(batch)
                return model(inputs_embeds=states, position_ids=batch.positions, use_cache=False, **sees(model, batch))
        with _before_layer(model, self.depth) as found:
            out = model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **sees(model, batch))
        self._keep(batch, found[0].detach())
        return out

    def remove(self) -> None:
        """Give the disk back."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _part(self, number: int) -> slice:
        return slice(int(self._starts[number]), int(self._starts[number + 1]))

    def _known(self, number: int) -> bool:
        """Whether an example's states are there and whole; each is looked at once in a process."""
        if not self._trusted[number]:
            self._trusted[number] = int(self._sums[number]) == self._sum(number)
        return bool(self._trusted[number])

    def _sum(self, number: int) -> int:
        """A checksum that is never 0, which stands for states that were not written."""
        return zlib.crc32(self._states[self._part(number)].view(torch.uint8).numpy().data) + 1

    def _keep(self, batch: Batch, states: torch.Tensor) -> None:
        for place, number in enumerate(batch.numbers):
            if not self._trusted[number]:
                self._states[self._part(number)] = states[batch.segments == place].to(self._states)
                self._sums[number] = self._sum(number)
                self._trusted[number] = True

    def _laid_out(self, batch: Batch) -> torch.Tensor:
        """The kept states in the places of their tokens, (rows, length, width)."""
        states = self._states.new_zeros((*batch.ids.shape, self._width), device=batch.ids.device)
        for place, number in enumerate(batch.numbers):
            states[batch.segments == place] = self._states[self._part(number)].to(batch.ids.device)
        return states


def choose_prefix(model: Any, examples: tuple[Examples, Examples], folder: Path, gigabytes: float) -> Prefix | None:
    """A cache for these training and validation examples; None where nothing is gained, it would not fit, or the model
    gives other states when it begins later."""
    depth = _frozen_layers(model)
    if not depth or any(each.other is not None for each in examples):
        return None
    like = _states_if_exact(model, depth)
    if like is None:
        return None
    lengths = np.concatenate([each.lengths for each in examples])
    needed = int(lengths.sum()) * like.shape[-1] * like.element_size()
    folder.parent.mkdir(parents=True, exist_ok=True)
    room = min(gigabytes * GIGABYTE, shutil.disk_usage(folder.parent).free * MOST_OF_DISK)
    return Prefix(folder, lengths, depth, like) if needed <= room else None


def _frozen_layers(model: Any) -> int:
    """How many layers from the input on have nothing that trains, the embedding included."""
    if any(weight.requires_grad for weight in model.get_input_embeddings().parameters()):
        return 0
    stacks = modules.stacks_in(model)
    if len(stacks) != 1:
        return 0
    later = [*stacks[0].layers, *stacks[0].closing, model.get_output_embeddings()]
    allowed = {id(weight) for part in later if part is not None for weight in part.parameters()}
    if any(weight.requires_grad and id(weight) not in allowed for weight in model.parameters()):
        return 0
    trains = [any(weight.requires_grad for weight in layer.parameters()) for layer in stacks[0].layers]
    return trains.index(True) if True in trains else len(trains) - 1


@torch.no_grad()
def _states_if_exact(model: Any, depth: int) -> torch.Tensor | None:
    """States before a layer, where beginning there gives what the whole model gives, also while it learns."""
    device = next(model.parameters()).device
    ids = torch.arange(3, 19, device=device)[None]
    places = torch.cat([torch.arange(6), torch.arange(10)]).to(device)[None]
    training = model.training
    model.train()
    try:
        with _before_layer(model, depth) as found:
            whole = model(input_ids=ids, position_ids=places, use_cache=False).logits
            model(input_ids=ids, position_ids=places, use_cache=False)
        with _beginning_at(model, depth):
            later = model(inputs_embeds=found[0], position_ids=places, use_cache=False).logits
    except (AttributeError, TypeError, RuntimeError, IndexError, ValueError):
        return None
    finally:
        model.train(training)
    scale = max(1.0, float(whole.abs().max()))
    steady = torch.equal(found[0], found[1])
    return found[0] if steady and float((whole - later).abs().max()) <= TOLERANCE * scale else None


@contextmanager
def _before_layer(model: Any, depth: int) -> Iterator[list[torch.Tensor]]:
    """What reaches a layer, each time the model runs."""
    found: list[torch.Tensor] = []

    def catch(_: nn.Module, inputs: tuple[torch.Tensor, ...], named: dict[str, Any]) -> None:
        found.append(inputs[0] if inputs else named["hidden_states"])

    handle = modules.stacks_in(model)[0].layers[depth].register_forward_pre_hook(catch, with_kwargs=True)
    try:
        yield found
    finally:
        handle.remove()


@contextmanager
def _beginning_at(model: Any, depth: int) -> Iterator[None]:
    """The model without its first layers."""
    name = modules.stacks_in(model)[0].name
    holder, last = model.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2]
    layers, config = getattr(holder, last), holder.config
    count = config.num_hidden_layers
    setattr(holder, last, layers[depth:])
    config.num_hidden_layers = count - depth
    try:
        yield
    finally:
        setattr(holder, last, layers)
        config.num_hidden_layers = count
