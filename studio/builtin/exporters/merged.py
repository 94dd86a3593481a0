"""The whole tuned model, as a plain transformers folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from studio.api import Exporter, Settings, Trained, setting
from studio.builtin.exporters.belongings import copy_belongings


class MergedSettings(Settings):
    """How the weights are written."""

    dtype: Literal["auto", "float32", "bfloat16", "float16"] = setting(
        "auto",
        "Number format of the weights",
        term="dtype",
        help="“Like the base model” keeps the size of the model you started from; if rounding would change an "
        "answer, float32 is used instead and the certificate says so.",
        choices=(
            ("auto", "Like the base model"),
            ("float32", "float32 (exact, twice the size)"),
            ("bfloat16", "bfloat16"),
            ("float16", "float16"),
        ),
    )


class Merged(Exporter[MergedSettings]):
    """What was learnt, folded into the model: needs nothing else."""

    id = "merged"
    title = "Whole model"
    term = "merged model"
    summary = "One folder with everything. Opens in any program that reads transformers models."
    explanation = (
        "What was learnt is folded into the weights of the model you started from, and everything needed to use it "
        "is in the folder: weights, tokenizer, chat template, model card. As large as the base model."
    )
    order = 10
    Settings = MergedSettings

    def size(self, trained: Trained, settings: MergedSettings) -> int | None:
        widths = {"float32": 4, "bfloat16": 2, "float16": 2}
        stored = widths.get(trained.base.dtype, 4)
        return trained.base.bytes * widths.get(settings.dtype, stored) // stored

    def export(self, trained: Trained, merged: Any, folder: Path, settings: MergedSettings) -> None:
        import torch

        model = merged()
        dtype = trained.base.dtype if settings.dtype == "auto" else settings.dtype
        model.to(getattr(torch, dtype)).save_pretrained(str(folder))
        copy_belongings(trained, folder)

    def reload(self, trained: Trained, folder: Path) -> Any:
        """In float32, so that the comparison sees the rounding of the weights and nothing else."""
        import torch
        import transformers

        (kind,) = json.loads((folder / "config.json").read_bytes())["architectures"]
        return (
            getattr(transformers, kind)
            .from_pretrained(
                str(folder),
                dtype=torch.float32,
                trust_remote_code=False,
                use_safetensors=True,
                local_files_only=True,
            )
            .eval()
        )
