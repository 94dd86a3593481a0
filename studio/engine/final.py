"""The end of a training: the best weights, kept as the method keeps them, and what is known of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.engine.averages import Average
from studio.engine.checkpoints import AVERAGE, Checkpoints
from studio.engine.measure import perplexity
from studio.engine.models import trainable
from studio.engine.spreading import whole
from studio.engine.staging import is_whole, sha256, staged

if TYPE_CHECKING:
    from studio.engine.parts import Parts

RESULT = "result.json"


def put_together_again(parts: Parts) -> Parts:
    """A training whose model was spread over processes, with the whole of it on the leader's processor. All processes
    call this alike."""
    if parts.shards is None:
        return parts
    averaged = whole(parts.average.tell(), keep=parts.group.leads)
    parts.shards.dissolve()
    weights = trainable(parts.model)
    average = Average(weights, parts.settings.average)
    if averaged:
        average.recall(averaged)
    return replace(parts, weights=weights, average=average, shards=None)


def write_final(parts: Parts, checkpoints: Checkpoints, reason: str) -> dict[str, Any]:
    """Put the best weights back, write them to `final/`, and tell what they are.

    Without any check (no validation examples, or stopped before the first) the last weights are kept.
    """
    progress = parts.progress
    best = progress.best_step
    if best is not None and best != progress.step:
        checkpoints.restore_weights(best, parts.weights)
        if averaged := checkpoints.told(best, AVERAGE):
            parts.average.recall(averaged)
    folder = parts.job.folder / "final"
    train_loss = progress.best_train_loss if best is not None else progress.train_loss
    with staged(folder) as staging, parts.average.shown():
        parts.method.save(parts.model, staging)
        result = {
            "reason": reason,
            "step": progress.step,
            "best_step": best if best is not None else progress.step,
            "train": _metrics(train_loss, parts),
            "validation": _metrics(progress.best_loss, parts),
            "base_validation": _metrics(progress.base_loss, parts),
            "weights": _largest(staging),
            "seconds": progress.seconds,
            "tokens": progress.tokens,
        }
        (staging / RESULT).write_text(json.dumps(result, indent=1), encoding="utf-8")
    return placed(result, folder)


def read_final(folder: Path) -> dict[str, Any] | None:
    """What a training that came to its end told last; None when there is none, or its files are damaged."""
    if not is_whole(folder):
        return None
    return placed(json.loads((folder / RESULT).read_bytes()), folder)


def placed(result: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The result with whole paths, for where the folder lies now."""
    weights = {**result["weights"], "path": str(folder / result["weights"]["path"])}
    return {**result, "final": str(folder), "weights": weights}


def _largest(folder: Path) -> dict[str, str]:
    """The file that holds the weights, with its hash."""
    file = max(folder.glob("*.safetensors"), key=lambda path: path.stat().st_size)
    return {"path": file.name, "sha256": sha256(file)}


def _metrics(loss: float | None, parts: Parts) -> dict[str, float | None]:
    return {"loss": loss, "perplexity": perplexity(loss) if parts.gives_words else None}
