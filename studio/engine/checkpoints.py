"""Save points: everything a run needs to go on as if it had never stopped.

A save point is a folder `checkpoints/step-00000120` with the trained weights, the optimizer's memory, what else must be
remembered (of the method, the average of the weights, the scale of gradients) and the run's progress, in safetensors
and JSON (no pickle is ever read). There are no random states to keep: the order of
examples and the dropout of a step follow from (seed, epoch) and (seed, step), and the step is in the progress.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from pydantic import BaseModel, Field
from safetensors.torch import load_file, save_file

from studio.engine.optimizers import optimizer_tensors, restore_optimizer
from studio.engine.spreading import fill, whole
from studio.engine.staging import is_whole, remove, staged

WEIGHTS, OPTIMIZER, PROGRESS = "weights.safetensors", "optimizer.safetensors", "progress.json"
METHOD, AVERAGE, SCALE = "method", "average", "scale"
RECENT = 20


class Progress(BaseModel):
    """Where a run is. `step` steps are taken; `gainless` checks in a row brought nothing; `recent` holds the last
    losses; `portion_tokens`, `portion_examples` and `saves_activations` say what was done since memory was last short.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best_step: int | None = None
    best_loss: float | None = None
    best_train_loss: float | None = None
    base_loss: float | None = None
    gainless: int = 0
    recent: list[float] = Field(default_factory=list)
    portion_tokens: int = 0
    portion_examples: int = 0
    saves_activations: bool = False
    threads: int = 0
    checked_step: int = -1
    seed: int = 1

    @property
    def train_loss(self) -> float | None:
        """The mean loss of the last steps."""
        return sum(self.recent) / len(self.recent) if self.recent else None

    def took(self, loss: float, tokens: int, seconds: float) -> None:
        """Note that one more step was taken."""
        self.step += 1
        self.tokens += tokens
        self.seconds += seconds
        self.recent = [*self.recent, loss][-RECENT:]

    def note(self, loss: float) -> bool:
        """Take note of a check's validation loss; whether it is the best so far. The untouched model is what to
        beat, but never what is kept."""
        if self.step == 0:
            self.base_loss = loss
            return False
        to_beat = min(known for known in (self.best_loss, self.base_loss, math.inf) if known is not None)
        self.gainless = 0 if loss < to_beat else self.gainless + 1
        if self.best_loss is not None and loss >= self.best_loss:
            return False
        self.best_loss, self.best_step, self.best_train_loss = loss, self.step, self.train_loss
        return True


class Memory(NamedTuple):
    """Something that is remembered from step to step: what `tell` gives at a save point, `recall` takes later."""

    tell: Callable[[], Mapping[str, torch.Tensor]]
    recall: Callable[[Mapping[str, torch.Tensor]], None]


class Training(NamedTuple):
    """What a save point is made of: the weights that train, by name, their optimizer, the progress, and what else is
    remembered, by the name of its file."""

    weights: dict[str, torch.nn.Parameter]
    optimizer: torch.optim.Optimizer
    progress: Progress
    memories: Mapping[str, Memory] = {}

    def files(self) -> Iterator[tuple[str, Mapping[str, torch.Tensor]]]:
        """All tensors by the file they are kept in."""
        yield WEIGHTS, self.weights
        yield OPTIMIZER, optimizer_tensors(self.optimizer, self.weights)
        for name, memory in self.memories.items():
            if told := dict(memory.tell()):
                yield f"{name}.safetensors", told


class Checkpoints:
    """The save points of one run, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, step: int) -> Path:
        """Where the save point of a step lies."""
        return self.folder / f"step-{step:08d}"

    def steps(self) -> list[int]:
        """The steps that have a folder, newest first; whether it is whole is another question."""
        return sorted((int(path.name[5:]) for path in self.folder.glob("step-????????")), reverse=True)

    def save(self, training: Training, sync: Callable[[], None], *, writes: bool = True) -> Path:
        """Write a save point; `sync` makes the events up to here durable before it counts. Where a model is spread over
        processes, all of them call this alike and give their parts, and one of them `writes`."""
        target = self.path(training.progress.step)
        if not writes:
            for _, tensors in training.files():
                whole(tensors, keep=False)
            return target
        with staged(target, before_rename=sync) as folder:
            for name, tensors in training.files():
                write_tensors(whole(tensors), folder / name)
            (folder / PROGRESS).write_text(training.progress.model_dump_json(indent=1), encoding="utf-8")
        return target

    def newest(self) -> tuple[int, list[int]]:
        """(step of the newest whole save point or 0, the damaged newer ones)."""
        damaged = []
        for step in self.steps():
            if is_whole(self.path(step)):
                return step, damaged
            damaged.append(step)
        return 0, damaged

    def progress(self, step: int) -> Progress:
        """The progress as it was at a save point."""
        return Progress.model_validate_json((self.path(step) / PROGRESS).read_bytes())

    def restore(self, step: int, training: Training) -> Progress:
        """Put weights, optimizer and all else back as they were; returns the progress then."""
        folder = self.path(step)
        restore_weights(training.weights, load_file(folder / WEIGHTS))
        restore_optimizer(training.optimizer, training.weights, load_file(folder / OPTIMIZER))
        for name, memory in training.memories.items():
            if told := self.told(step, name):
                memory.recall(told)
        return self.progress(step)

    def restore_weights(self, step: int, weights: dict[str, torch.nn.Parameter]) -> None:
        """Put only the weights back, as they were at a save point."""
        restore_weights(weights, load_file(self.path(step) / WEIGHTS))

    def told(self, step: int, name: str) -> dict[str, torch.Tensor]:
        """What something remembered at a save point; nothing where it had nothing to remember."""
        file = self.path(step) / f"{name}.safetensors"
        return load_file(file) if file.is_file() else {}

    def thin_out(self, keep: int, best: int | None) -> None:
        """Remove all but the newest `keep` save points and the best one."""
        for step in self.steps()[keep:]:
            if step != best:
                remove(self.path(step))

    def clear(self, damaged: list[int]) -> None:
        """Put damaged save points and half-written ones out of the way, for nothing can be read from them."""
        for folder in [*map(self.path, damaged), *self.folder.glob(".step-*")]:
            remove(folder)


def write_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write named tensors."""
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)


@torch.no_grad()
def restore_weights(weights: dict[str, torch.nn.Parameter], saved: dict[str, torch.Tensor]) -> None:
    """Copy saved values into the model's own tensors."""
    for name, weight in weights.items():
        fill(weight, saved[name])
