"""The loop that trains a starter model, and the measures taken on held-out text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from resources.make.batches import IGNORED, Batch

Say = Callable[[str], None]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a model learns: warm-up, then the rate falls along a cosine to a twentieth."""

    steps: int
    rate: float
    warmup: int = 60
    weight_decay: float = 0.05

    def at(self, step: int) -> float:
        """The learning rate at a step."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True)
class Effort:
    """What a training took. Processor seconds count all cores and do not depend on what else the machine did."""

    steps: int
    tokens: int
    seconds: float
    processor_seconds: float

    def __add__(self, other: Effort) -> Effort:
        return Effort(
            self.steps + other.steps,
            self.tokens + other.tokens,
            self.seconds + other.seconds,
            self.processor_seconds + other.processor_seconds,
        )


@dataclass(frozen=True)
class Score:
    """Mean loss per predicted token and the share predicted rightly, over `tokens` held-out tokens."""

    loss: float
    accuracy: float
    tokens: int

    @property
    def perplexity(self) -> float:
        """e to the power of the loss."""
        return math.exp(self.loss)


def train(model: PreTrainedModel, batches: Iterator[Batch], schedule: Schedule, say: Say) -> Effort:
    """Trains in place for `schedule.steps` steps and says every fiftieth how it goes."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=schedule.rate, betas=(0.9, 0.95), weight_decay=schedule.weight_decay, fused=True
    )
    model.train()
    began, worked, tokens = time.monotonic(), time.process_time(), 0
    for step in range(schedule.steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.at(step)
        batch = next(batches)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += batch["input_ids"].numel()
        if step % 50 == 49 or step + 1 == schedule.steps:
            seconds = time.monotonic() - began
            say(f"step {step + 1}/{schedule.steps}  loss {loss.item():.3f}  {tokens / seconds:,.0f} tokens/s")
    return Effort(schedule.steps, tokens, time.monotonic() - began, time.process_time() - worked)


@torch.no_grad()
def score(model: PreTrainedModel, batches: Iterator[Batch], shift: bool, uncounted: Sequence[int] = ()) -> Score:
    """Loss and accuracy over all labels but the `uncounted`. `shift` is for models that predict the next token."""
    model.eval()
    loss, right, count = 0.0, 0, 0
    for batch in batches:
        logits = model(**batch).logits.float()
        labels = batch["labels"]
        if shift:
            logits, labels = logits[:, :-1], labels[:, 1:]
        labels = labels.masked_fill(torch.isin(labels, torch.tensor(uncounted, dtype=torch.long)), IGNORED)
        loss += cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum").item()
        known = labels != IGNORED
        right += int((logits.argmax(-1)[known] == labels[known]).sum())
        count += int(known.sum())
    return Score(loss / count, right / count, count)
