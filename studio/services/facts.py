"""What is known of an open project at one moment, as plain values that pages, problems and the command line read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from studio.api import Column, Picture, SettingField
from studio.core.config import ModelSection, RunConfig
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.problem import Problem
from studio.core.run import Metrics, RunSummary


class Fact(BaseModel):
    """A frozen value."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


class Dataset(Fact):
    """An imported file. rows_read = rows_kept + rows_aside."""

    hash: str
    file: str
    format: str
    encoding: str
    delimiter: str = ""
    rows_read: int
    rows_kept: int
    rows_aside: int
    aside: tuple[dict[str, Any], ...] = ()
    columns: tuple[Column, ...]
    path: Path
    bytes: int = 0


class StepCount(Fact):
    """What one step of the recipe did."""

    id: str
    on: bool = True
    rows_in: int
    rows_out: int
    changed: int


class TemplateNote(Fact):
    """How the chat template writes the prepared examples; see `data/reports.py`."""

    chosen: str = ""
    kind: str = "model"
    id: str = ""
    in_words: int = 0
    lost: int = 0
    missing: tuple[str, ...] = ()
    ends: bool = True


class PrepareReport(Fact):
    """What preparing made of the imports. Token figures are None until a model is chosen; `classes` counts the training
    examples of each class, and is None where there are no classes."""

    hash: str
    path: Path
    steps: tuple[StepCount, ...]
    train: int
    validation: int
    test: int
    leaks: int
    rows: int
    classes: Mapping[str, int] | None = None
    teach_nothing: int | None = None
    tokens_total: int | None = None
    tokens_learnt: int | None = None
    tokens_cut: int | None = None
    longest: int | None = None
    max_length: int | None = None
    model: str | None = None
    template: TemplateNote = TemplateNote()

    def counted_for(self, model: ModelInfo, config: RunConfig) -> bool:
        """Whether the token figures are those of this model, length and chat template."""
        wanted = (model.fingerprint, config.train.max_length, config.model.template)
        return (self.model, self.max_length, self.template.chosen) == wanted


class Estimate(Fact):
    """What a run will need. Bytes and seconds; `share` is the part of the weights that trains, 0 to 1."""

    memory_bytes: int
    seconds: float
    disk_bytes: int
    fits: bool
    trainable: int
    share: float
    file_bytes: int
    parts: Mapping[str, int] = Field(default_factory=dict)


class Fix(Fact):
    """A change that makes a run smaller, and what it would then need."""

    changes: Mapping[str, Any]
    memory_bytes: int
    sentence: str


class MethodCard(Fact):
    """A method as the page shows it, for the chosen model on this computer. One that is not `usual` is only shown when
    more ways are asked for."""

    id: str
    title: str
    term: str
    summary: str
    explanation: str
    picture: Picture
    estimate: Estimate
    usual: bool = True
    recommended: bool = False
    reason: str = ""
    problems: tuple[Problem, ...] = ()
    fixes: tuple[Fix, ...] = ()

    @property
    def trainable(self) -> int:
        return self.estimate.trainable

    @property
    def share(self) -> float:
        return self.estimate.share


class Preset(Fact):
    """A named partial config laid over the recommended one."""

    id: str
    title: str
    summary: str
    icon: str
    changes: Mapping[str, Any]
    seconds: float | None = None


class Evaluation(Fact):
    """Before and after on a split, with the paired bootstrap interval of the difference (after minus before).

    `scores` are all the objective's numbers, before and after. `measure` is the one that decides, with its intervals
    (empty where an older version measured); `mistakes` tells where the tuned model goes wrong.
    """

    run: str
    split: str
    examples: int
    before: Metrics
    after: Metrics
    difference: Mapping[str, float | None]
    verdict_id: str
    sentence: str
    time: float = 0.0
    scores: tuple[Mapping[str, float | None], Mapping[str, float | None]] = ({}, {})
    measure: Mapping[str, Any] = Field(default_factory=dict)
    mistakes: Mapping[str, Any] = Field(default_factory=dict)


class Export(Fact):
    """A finished export and the check that was made of it."""

    run: str
    to: str
    folder: Path
    files: tuple[dict[str, Any], ...]
    check: Mapping[str, Any]
    time: float = 0.0


class Begin(Fact):
    """What `train.begin` means, as far as it is known without opening any weights. `method` and `settings` are those
    it was made with (`method` is empty where none here knows it), `fits` whether it stands on the chosen model.
    `refusal` and `remedy` say why it can't be used at all."""

    name: str
    method: str = ""
    settings: Mapping[str, Any] = Field(default_factory=dict)
    objective: str = ""
    several: bool = False
    model: ModelSection = ModelSection()
    adapter: Mapping[str, Any] = Field(default_factory=dict)
    fits: bool = True
    refusal: str = ""
    remedy: str = ""


class Facts(Fact):
    """Everything known beside the RunConfig itself."""

    datasets: tuple[Dataset, ...] = ()
    guessed: Mapping[str, str] = Field(default_factory=dict)
    report: PrepareReport | None = None
    model: ModelInfo | None = None
    model_problem: Problem | None = None
    model_notes: tuple[Problem, ...] = ()
    devices: tuple[Device, ...] = ()
    device: Device | None = None
    estimate: Estimate | None = None
    cards: tuple[MethodCard, ...] = ()
    presets: tuple[Preset, ...] = ()
    recommended: Mapping[str, tuple[Any, str]] = Field(default_factory=dict)
    begin: Begin | None = None
    forms: Mapping[str, tuple[SettingField, ...]] = Field(default_factory=dict)
    runs: tuple[RunSummary, ...] = ()
    run: RunSummary | None = None
    evaluations: tuple[Evaluation, ...] = ()
    exports: tuple[Export, ...] = ()
    disk_free: int = 0
