"""What a run is to do, with every place already found: the same for training, measuring, asking and taking away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.api import Objective, Settings
from studio.core.config import RunConfig
from studio.core.model_info import ModelInfo
from studio.engine.batches import Layout
from studio.engine.generate import Speaker
from studio.engine.models import Wanted
from studio.engine.precision import Precision
from studio.engine.voice import Voice
from studio.plugins import objectives

PADDING = ("pad_token", "eos_token", "bos_token")


@dataclass(frozen=True)
class Job:
    """What to train, with every place already found. `template` is the chat template conversations are written in;
    `begins` is the folder with the weights that the run begins with, None for the model as it came."""

    config: RunConfig
    model: ModelInfo
    prepared: Path
    folder: Path
    speaker: Speaker
    template: str = ""
    names: tuple[str, ...] = ()
    begins: Path | None = None

    @property
    def objective(self) -> Objective[Settings]:
        """What is learnt."""
        return objectives()[self.config.objective.id]

    @property
    def choices(self) -> Settings:
        """The objective's settings."""
        return self.objective.settings(self.config.objective.settings)

    @property
    def wanted(self) -> Wanted:
        """What the model must give for it."""
        padding = next((id for name in PADDING if (id := self.speaker.special_id(name)) is not None), 0)
        several = bool(getattr(self.choices, "several", False))
        return Wanted(self.objective.head, self.names, several, padding, self.config.train.seed)

    def voice(self, model: Any, precision: Precision) -> Voice:
        """A model of this job, base or tuned, that can be asked."""
        return Voice(model, self.speaker, precision, self.model.architecture, self.wanted)

    def layout(self, device: str, packing: bool) -> Layout:
        """How its examples are laid out for the model."""
        words = self.objective.head == "language"
        return Layout(
            device=device,
            ahead=words and self.model.architecture == "decoder",
            packing=packing,
            apart=words and self.model.architecture == "encoder-decoder",
            padding=self.wanted.padding,
            names=self.names,
        )
