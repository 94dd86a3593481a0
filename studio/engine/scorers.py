"""How models of all kinds are run for a loss: words in chunks where that is exact, other heads as they are.

A model whose output head does more than one product of matrices is scored in the plain way; `choose_scorer` finds out
by comparing the two on the model itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F

from studio.api import Batch
from studio.core.model_info import Architecture
from studio.engine.attention import sees
from studio.engine.distances import Said, distance, distance_of_logits
from studio.engine.losses import head_losses
from studio.engine.precision import Precision
from studio.engine.prefix import Prefix
from studio.engine.references import References

TOLERANCE = {torch.float32: 2e-3, torch.bfloat16: 0.1, torch.float16: 0.02}
"""Differences of a loss that are rounding, by the format of the weights."""


@dataclass(frozen=True)
class PlainScorer:
    """Runs the whole model and picks the taught places from its full logits. `untrained` is a copy of the model as it
    was, where what was added to it can't be switched off; `prefix` keeps what its frozen layers make of each text, and
    `references` what it said of each before training."""

    architecture: Architecture = "decoder"
    untrained: Any = None
    prefix: Prefix | None = None
    references: References | None = None

    def losses(self, model: Any, batch: Batch) -> torch.Tensor:
        """Negative log-likelihood of each taught token, row by row, in float32."""
        targets = _targets(batch)
        logits = _run(model, self.architecture, batch, self.prefix).logits[:, -targets.shape[1] :]
        taught = targets != -100
        return F.cross_entropy(
            logits[taught].float(), targets[taught], reduction="none", label_smoothing=batch.smoothing
        )

    def outputs(self, model: Any, batch: Batch) -> torch.Tensor:
        """(texts, names) of a head over whole texts, or (taught tokens, names) of one over tokens, in float32."""
        kind = "encoder" if self.architecture == "decoder" else self.architecture
        logits = _run(model, kind, replace(batch, other=None)).logits.float()
        if logits.ndim == 2:
            return logits
        return logits[:, -batch.targets.shape[1] :][batch.targets != -100]

    @torch.no_grad()
    def before(self, model: Any, batch: Batch) -> torch.Tensor:
        """`losses` of the model as it was before training."""

        def computed() -> torch.Tensor:
            with untrained(model, self.untrained) as was:
                return self.losses(was, batch)

        return self.references.of(batch, computed) if self.references and batch.numbers else computed()

    def distance(self, model: Any, batch: Batch) -> torch.Tensor:
        """Nats by which the model misses what it said before training, summed over the taught tokens."""
        with torch.no_grad(), untrained(model, self.untrained) as was:
            said = self._logits(was, batch)
        return distance_of_logits(self._logits(model, batch), said)

    def _logits(self, model: Any, batch: Batch) -> torch.Tensor:
        targets = _targets(batch)
        logits = _run(model, self.architecture, batch).logits[:, -targets.shape[1] :]
        return logits[targets != -100]


class ChunkedScorer(PlainScorer):
    """Runs the model without its output head and scores the taught places in chunks."""

    def losses(self, model: Any, batch: Batch) -> torch.Tensor:
        """Negative log-likelihood of each taught token, row by row, in float32."""
        targets = _targets(batch)
        says = self._says(model, batch, self.prefix)
        return head_losses(says.head, says.hidden, targets[targets != -100], batch.smoothing)

    def distance(self, model: Any, batch: Batch) -> torch.Tensor:
        """Nats by which the model misses what it said before training, summed over the taught tokens."""
        with torch.no_grad(), untrained(model, self.untrained) as was:
            said = self._says(was, batch)
        return distance(self._says(model, batch, self.prefix), said)

    def _says(self, model: Any, batch: Batch, prefix: Prefix | None = None) -> Said:
        """What the model is about to say at the taught places."""
        targets = _targets(batch)
        head = plain_model(model).get_output_embeddings()
        with _caught(head) as found:
            _run(model, self.architecture, batch, prefix)
        return Said(found[0][:, -targets.shape[1] :][targets != -100], head)


@contextmanager
def untrained(model: Any, copy: Any = None) -> Iterator[Any]:
    """The model as it was before training, answering rather than learning: what was added is switched off, or else the
    copy is used."""
    if copy is not None:
        yield copy.eval()
        return
    training, learns = model.training, [weight.requires_grad for weight in model.parameters()]
    try:
        with model.disable_adapter():
            yield model.eval()
    finally:
        model.train(training)
        # Switching additions on again makes all of them learn, also those that a method keeps as they are.
        for weight, learnt in zip(model.parameters(), learns, strict=True):
            weight.requires_grad_(learnt)


def plain_model(model: Any) -> Any:
    """The transformers model itself; an adapter's layers stay inside it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def puts_a_prompt_before(model: Any) -> bool:
    """Whether trained tokens or states stand before each row (prompt and prefix tuning)."""
    return any(config.is_prompt_learning for config in getattr(model, "peft_config", {}).values())


@contextmanager
def _caught(head: torch.nn.Module) -> Iterator[list[torch.Tensor]]:
    """What reaches the head, which itself gets a single place to work on."""
    found: list[torch.Tensor] = []

    def catch(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor]:
        found.append(inputs[0])
        return (inputs[0][:1, :1],)

    handle = head.register_forward_pre_hook(catch)
    try:
        yield found
    finally:
        handle.remove()


def _targets(batch: Batch) -> torch.Tensor:
    return (batch.other or batch).targets


def _run(model: Any, architecture: Architecture, batch: Batch, prefix: Prefix | None = None) -> Any:
    """One pass. A decoder tells its texts apart by their positions; the others get their padding masked."""
    prompted = puts_a_prompt_before(model)
    whole = model if prompted else plain_model(model)
    if prefix is not None and batch.numbers:
        return prefix.run(whole, batch)
    if architecture == "decoder" and not prompted:
        return whole(input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **sees(whole, batch))
    mask = (batch.segments >= 0).long()
    if batch.other is not None:
        return whole(input_ids=batch.ids, attention_mask=mask, decoder_input_ids=batch.other.ids, use_cache=False)
    return whole(input_ids=batch.ids, attention_mask=mask)


def choose_scorer(model: Any, architecture: Architecture, precision: Precision, copy: Any = None) -> PlainScorer:
    """The memory-saving scorer where it gives this model's own losses, else the plain one."""
    plain, chunked = PlainScorer(architecture, copy), ChunkedScorer(architecture, copy)
    training = model.training
    model.eval()
    try:
        probe = _probe(plain_model(model).config.get_text_config().vocab_size, architecture, precision.device)
        with torch.no_grad(), precision.answering():
            ours, theirs = chunked.losses(model, probe), plain.losses(model, probe)
        same = torch.allclose(ours, theirs, rtol=1e-2, atol=TOLERANCE[precision.frozen])
    except (AttributeError, TypeError, RuntimeError, IndexError, ValueError):
        same = False
    finally:
        model.train(training)
    return chunked if same else plain


def _probe(vocabulary: int, architecture: Architecture, device: str) -> Batch:
    ids = torch.arange(1, 13, device=device)[None] * 7 % vocabulary
    targets = torch.full_like(ids, -100)
    targets[:, 3:-1] = ids[:, 4:]
    positions = torch.arange(12, device=device)[None]
    probe = Batch(ids, positions, torch.zeros_like(ids), targets, units=8, tokens=12, examples=1)
    return replace(probe, other=probe) if architecture == "encoder-decoder" else probe
