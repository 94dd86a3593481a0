"""A model that is spread over the processes of a run, so that none needs to hold all of it (FSDP2, `fully_shard`).

Each layer's weights are brought together when the layer is computed and let go again; what is outside the layers (the
embedding, the head, norms) is together for as long as something is done with the model, for losses look into the head.
Gradients are summed where they are kept, and an optimizer remembers only what belongs to its process's part.

Every process must do the same passes at the same time. What could differ among them is therefore not used here: states
and losses that were computed before and kept on disk, and smaller portions where memory is short.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
import torch.distributed as distributed

from studio.api import Method
from studio.core import modules
from studio.core.demands import remembered_bytes, unspreadable
from studio.core.device import Device
from studio.core.problem import StudioError
from studio.engine.group import Group, here
from studio.engine.job import Job
from studio.engine.memory import ROOM
from studio.engine.precision import Precision
from studio.engine.spreading import is_spread, local
from studio.plugins import methods

T = TypeVar("T")
LITTLE = 0.1
"""The share of the weights whose gradients any process has room for."""


class Whole(torch.nn.Module):
    """A model seen as one thing whose weights are together while work is done with it."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, work: Callable[[], T]) -> T:
        """Do the work, which uses the model."""
        return work()


class Shards:
    """A model that is spread over a group. It must be on the processor still, so that no device ever holds all of it;
    afterwards each part is on its device."""

    def __init__(self, model: Any, group: Group, device: str) -> None:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        refuse_unspreadable(model)
        self._model, self._group, self._device = model, group, device
        self._mesh = init_device_mesh(device, (group.size,))
        for weight in model.parameters():
            weight.data = weight.data.contiguous()
        parts: list[Any] = list(dict.fromkeys(modules.layers_in(model)))
        self._whole: Any = Whole(model)
        for part in [*parts, self._whole]:
            fully_shard(part, mesh=self._mesh)
            # A step's loss is divided by all of its units, so gradients are summed and not averaged.
            part.set_gradient_divide_factor(1.0)
            part.set_force_sum_reduction_for_comms(True)
        self._whole.set_reduce_scatter_unused_params(True)
        trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
        self._trains_little = trained < LITTLE * sum(weight.numel() for weight in model.parameters())

    def begin_portion(self, *, last: bool) -> None:
        """Where little trains, gradients are summed over the processes once, with the last portion of a step; else with
        each, for until then every process keeps all of its own."""
        if self._trains_little:
            self._whole.set_requires_gradient_sync(last)

    def run(self, work: Callable[[], T]) -> T:
        """Do something with the model, on all processes alike."""
        found = self._whole(work)
        if not getattr(found, "requires_grad", False):
            # Nothing is computed backwards from it, and weights may be others by the next time.
            self._whole.reshard()
        return found

    def spread_frozen(self, copy: Any) -> Any:
        """Spread the layers of a copy of the model that never learns, and bring the rest to the device."""
        from torch.distributed.fsdp import fully_shard

        for layer in dict.fromkeys(modules.layers_in(copy)):
            fully_shard(layer, mesh=self._mesh, reshard_after_forward=True)
        for part in copy.modules():
            for tensor in [*part.parameters(recurse=False), *part.buffers(recurse=False)]:
                if not is_spread(tensor):
                    tensor.data = tensor.data.to(self._device)
        return copy

    def clip(self, weights: Iterable[torch.nn.Parameter], most: float) -> float:
        """Limit the gradients' total norm over all parts; returns what it was."""
        gradients = [local(weight.grad) for weight in weights if weight.grad is not None]
        norms = [torch.linalg.vector_norm(gradient, dtype=torch.float32) for gradient in gradients]
        (square,) = self._group.sums(float(torch.stack(norms).double().square().sum()) if norms else 0.0)
        norm = square**0.5
        if norm > most:
            for gradient in gradients:
                gradient.mul_(most / (norm + 1e-6))
        return norm

    @torch.no_grad()
    def answer(self, answers: Iterator[str]) -> str:
        """The last of the answers that the model gives, longer each time; the same on all processes."""
        with self._in_step():
            return self.run(lambda: deque(answers, maxlen=1).pop())

    @contextmanager
    def _in_step(self) -> Iterator[None]:
        """All processes take the leader's word for what the model says next, so that they write the same answer."""

        def same(_: torch.nn.Module, __: tuple[Any, ...], out: Any) -> Any:
            logits = out.logits.contiguous()
            distributed.broadcast(logits, 0)
            out.logits = logits
            return out

        handle = self._model.register_forward_hook(same)
        try:
            yield
        finally:
            handle.remove()

    @torch.no_grad()
    def dissolve(self) -> None:
        """Put the model together again, on the leader's processor; the others let theirs go."""
        self._whole.reshard()
        made: dict[int, torch.nn.Parameter] = {}
        for part in self._model.modules():
            for name, weight in list(part._parameters.items()):
                if weight is None:
                    continue
                if id(weight) not in made:
                    full: Any = weight.full_tensor() if is_spread(weight) else weight  # type: ignore[operator]
                    kept = full.detach().cpu() if self._group.leads else torch.empty(0)
                    made[id(weight)] = torch.nn.Parameter(kept, weight.requires_grad)
                part._parameters[name] = made[id(weight)]
            for buffer in part.buffers(recurse=False):
                buffer.data = buffer.data.cpu()


def must_spread(job: Job, group: Group, device: Device, precision: Precision) -> bool:
    """Whether the processes share the model: because that was asked for, or because no device can hold what each would
    have to. Raises StudioError where it was asked for and can't be done."""
    settings = job.config.train
    if group.size == 1 or settings.sharding == "none":
        return False
    method = methods()[job.config.method.id]
    chosen = method.settings(job.config.method.settings)
    why_not = next(unspreadable(settings), None)
    if method.compressed(job.model, chosen)[0]:
        why_not = "A model that is held compressed can't be shared among processes"
    elif type(method).after_step is not Method.after_step:
        why_not = f"{method.term or method.title} looks at whole weights after each step, so they can't be shared"
    if settings.sharding == "full":
        if why_not:
            raise cannot_spread(why_not)
        return True
    beside = here(group.size) if device.kind == "cpu" else 1
    (fits,) = group.least(held_by_each(job, precision) * beside < device.memory_bytes * ROOM)
    return not fits and not why_not


def held_by_each(job: Job, precision: Precision) -> float:
    """Bytes that a process holds all the time if it has all of the model: the weights, and what trains once more with
    its gradient and what is remembered of it."""
    method = methods()[job.config.method.id]
    trained = method.trainable(job.model, method.settings(job.config.method.settings))
    return job.model.parameters * precision.frozen.itemsize + trained * (8 + remembered_bytes(job.config.train))


def refuse_unspreadable(model: Any) -> None:
    """Raise StudioError where a model can't be spread: weights that are one number, and weights that several layers
    share."""
    layers = dict.fromkeys(modules.layers_in(model))
    owners = Counter(id(weight) for layer in layers for weight in {id(w): w for w in layer.parameters()}.values())
    inside = {id(weight) for layer in layers for weight in layer.parameters()}
    outside = {
        id(weight)
        for name, weight in model.named_parameters()
        if not any(name.startswith(f"{stack.name}.") for stack in modules.stacks_in(model))
    }
    shared = any(count > 1 for count in owners.values()) or inside & outside
    if shared or any(weight.ndim == 0 for weight in model.parameters()):
        raise cannot_spread(
            "Several layers of this model have weights in common, so it can't be shared among processes"
        )


def cannot_spread(what: str) -> StudioError:
    """The error for a training that can't be done on a model that is spread."""
    return StudioError(
        "cannot-spread",
        f"{what}.",
        data="Nothing was changed.",
        remedy="Let each process hold the whole model, or choose AdamW and LoRA.",
    )
