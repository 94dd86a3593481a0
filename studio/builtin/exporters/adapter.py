"""The additions alone, as a folder that peft opens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.api import Exporter, NoSettings, Problem, Trained
from studio.builtin.exporters.belongings import copy_belongings

FILES = ("adapter_config.json", "adapter_model.safetensors")


class Adapter(Exporter[NoSettings]):
    """A few megabytes that turn the base model into the tuned one wherever peft is at hand."""

    id = "adapter"
    title = "Additions only"
    term = "adapter"
    summary = "A small folder. Whoever uses it needs the model you started from as well."
    explanation = (
        "Holds only what was learnt, a few megabytes. Programs that know peft lay it over the model you started "
        "from. Good for keeping many versions, and for sharing with people who have the same base model."
    )
    order = 20

    def check(self, trained: Trained, settings: NoSettings) -> Iterable[Problem]:
        if not (trained.final / FILES[0]).is_file():
            yield Problem(
                id="no-additions",
                step="share",
                sentence="This run changed the model's own weights, so there are no additions to take away.",
                remedy="Choose “Whole model” instead.",
            )

    def size(self, trained: Trained, settings: NoSettings) -> int | None:
        return sum((trained.final / name).stat().st_size for name in FILES if (trained.final / name).is_file())

    def export(self, trained: Trained, merged: Any, folder: Path, settings: NoSettings) -> None:
        for name in FILES:
            shutil.copyfile(trained.final / name, folder / name)
        copy_belongings(trained, folder)
        self._name_base(trained, folder / FILES[0])

    def _name_base(self, trained: Trained, config: Path) -> None:
        """Name the base model instead of where it lay on this computer."""
        values = json.loads(config.read_bytes())
        values["base_model_name_or_path"] = trained.base.name
        config.write_text(json.dumps(values, indent=2), encoding="utf-8")

    def reload(self, trained: Trained, folder: Path) -> Any:
        from peft import PeftModel

        assert trained.untouched is not None, "only where models can be loaded"
        return PeftModel.from_pretrained(
            trained.untouched(),
            str(folder),
            is_trainable=False,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
        ).eval()
