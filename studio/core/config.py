"""RunConfig: the one frozen value that says everything about a run. The window edits it, run.json keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.core.problem import StudioError
from studio.core.settings import Settings, setting

Goal = Literal["answer", "sort", "mark", "translate", "read", "prefer"]


class Section(BaseModel):
    """A part of the RunConfig. Frozen; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(BaseModel):
    """A chosen plugin with its settings, written flat: `{"id": "lora", "rank": 16}`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str

    @property
    def settings(self) -> dict[str, Any]:
        """The plugin's settings without its id; what is left out takes the plugin's default."""
        return dict(self.model_extra or {})


class Step(Choice):
    """One step of the recipe: a cleaner with its settings, and whether it is switched on."""

    on: bool = True


class SplitSettings(Section):
    """How examples are divided. Shares are of the examples that survive the recipe; the test split is sealed."""

    validation: float = Field(default=0.1, ge=0.0, le=0.5)
    test: float = Field(default=0.1, ge=0.0, le=0.5)
    seed: int = Field(default=1, ge=0)


class DataSection(Section):
    """Which imports are used, what their columns are, how they are cleaned and split.

    `imports` are content hashes of imported datasets; `roles` maps column to role; `prepared` is the content
    hash of the prepared examples, empty until `prepare` has run for exactly this section and model.
    """

    imports: tuple[str, ...] = ()
    roles: dict[str, str] = Field(default_factory=dict)
    recipe: tuple[Step, ...] = (
        Step(id="repair"),
        Step(id="trim"),
        Step(id="drop-empty"),
        Step(id="drop-duplicates"),
        Step(id="limit-length"),
    )
    split: SplitSettings = SplitSettings()
    prepared: str = ""


class ModelSection(Section):
    """The base model: a folder, and the fingerprint by which it is found again after it moved."""

    path: str = ""
    fingerprint: str = ""


class TrainSettings(Settings):
    """How training goes, whatever the method."""

    epochs: float = setting(
        3.0,
        "Times through the data",
        term="epochs",
        help="How often the model reads each example.",
        too_low="It stops before it has your style.",
        too_high="It learns examples by heart instead of the idea behind them.",
        minimum=0.01,
        maximum=1000,
        level="basic",
        good=(1, 5),
    )
    learning_rate: float = setting(
        2e-4,
        "Step size",
        term="learning rate",
        help="How far each step moves what the model knows.",
        too_low="It learns slowly and may stop before it has your style.",
        too_high="It forgets good habits; the curve jumps and may not come back.",
        minimum=1e-8,
        maximum=1.0,
        level="basic",
        logarithmic=True,
    )
    batch_size: int = setting(
        8,
        "Examples at a time",
        term="batch size",
        help="How many examples one step learns from. More is steadier.",
        too_low="Steps become jumpy.",
        too_high="Fewer, larger steps; small data sets then learn too little.",
        minimum=1,
        maximum=4096,
        level="basic",
        good=(4, 32),
    )
    max_length: int = setting(
        512,
        "Longest example",
        term="sequence length",
        help="What is longer is cut off at the end.",
        too_low="Long answers are cut off and the model learns to stop too early.",
        too_high="Needs more memory than your examples use.",
        minimum=8,
        maximum=131072,
        unit="tokens",
        level="basic",
    )
    steps: int = setting(
        0,
        "Steps at most",
        term="max steps",
        help="Ends the run after so many steps; 0 goes by times through the data.",
        minimum=0,
        maximum=10_000_000,
    )
    micro_batch: int = setting(
        0,
        "Examples in memory at once",
        term="micro batch size",
        help="Splits a step into portions that fit the memory; the result is the same. 0 chooses by itself.",
        too_low="Slower.",
        too_high="May not fit the memory.",
        minimum=0,
        maximum=4096,
    )
    schedule: Literal["cosine", "linear", "constant"] = setting(
        "cosine",
        "Course of the step size",
        term="schedule",
        help="How the step size changes during the run.",
        choices=(("cosine", "Falls in a curve"), ("linear", "Falls in a line"), ("constant", "Stays")),
    )
    warmup: float = setting(
        0.05,
        "Gentle start",
        term="warm-up share",
        help="The share of the run during which the step size rises from zero.",
        too_low="The first steps may shake the model.",
        too_high="Little time is left to learn.",
        minimum=0.0,
        maximum=0.9,
        good=(0.02, 0.1),
    )
    weight_decay: float = setting(
        0.0,
        "Pull toward zero",
        term="weight decay",
        help="Keeps weights small. Rarely needed for short runs.",
        minimum=0.0,
        maximum=1.0,
    )
    clip: float = setting(
        1.0,
        "Largest jump allowed",
        term="gradient clipping",
        help="Limits how far one unusual example can pull the model. 0 switches it off.",
        minimum=0.0,
        maximum=1000.0,
    )
    precision: Literal["auto", "bf16", "fp32"] = setting(
        "auto",
        "Number format",
        term="precision",
        help="bf16 is faster and smaller where the computer has it; fp32 is exact.",
        choices=(("auto", "Choose for this computer"), ("bf16", "bf16"), ("fp32", "fp32")),
    )
    checkpointing: bool = setting(
        False,
        "Save memory, take longer",
        term="activation checkpointing",
        help="Computes parts twice instead of remembering them: about a third less memory, a quarter slower.",
    )
    packing: bool = setting(
        True,
        "Pack short examples together",
        term="packing",
        help="Fills each row of the batch with several examples that do not see each other. Faster, same result.",
    )
    evaluate_every: int = setting(
        0,
        "Steps between checks",
        term="evaluation interval",
        help="How often validation is measured. 0 makes about twenty checks in the run.",
        minimum=0,
        maximum=1_000_000,
    )
    patience: int = setting(
        4,
        "Checks without gain before stopping",
        term="early stopping patience",
        help="Stops when validation has not improved for so many checks, and keeps the best. 0 never stops early.",
        minimum=0,
        maximum=1000,
    )
    save_every: int = setting(
        0,
        "Steps between save points",
        term="checkpoint interval",
        help="How much work a power cut can cost. 0 saves at each check.",
        minimum=0,
        maximum=1_000_000,
    )
    keep: int = setting(
        2,
        "Save points kept",
        help="Older ones are removed; the best one always stays.",
        minimum=1,
        maximum=100,
    )
    samples: tuple[str, ...] = setting(
        (),
        "Questions asked during training",
        help="The model answers them at each check, so that you see it improve.",
    )
    seed: int = setting(
        1,
        "Seed of chance",
        term="random seed",
        help="The same number gives the same run.",
        minimum=0,
        maximum=2**31 - 1,
    )
    device: Literal["auto", "cpu", "cuda"] = setting(
        "auto",
        "Where it trains",
        term="device",
        help="The graphics card where there is one, else the processor.",
        choices=(("auto", "Choose"), ("cuda", "Graphics card"), ("cpu", "Processor")),
    )
    threads: int = setting(
        0,
        "Processor threads",
        help="0 uses as many as the computer has cores. Recorded and restored, so that a resumed run is the same.",
        minimum=0,
        maximum=1024,
    )


class RunConfig(Section):
    """Everything about a run. One value; edits make a new one."""

    goal: Goal = "answer"
    data: DataSection = DataSection()
    model: ModelSection = ModelSection()
    objective: Choice = Choice(id="instruct")
    method: Choice = Choice(id="lora")
    preset: str = "balanced"
    train: TrainSettings = TrainSettings()

    def to_json(self) -> str:
        """The config as run.json holds it."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> RunConfig:
        """Read run.json. Raises StudioError where it is not a RunConfig."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise settings_error(error) from error


def edit(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Lay dotted changes (`{"train.epochs": 2, "method.rank": 8}`) over a config.

    Setting `method.id` to another plugin clears the old one's settings. Raises StudioError for a name that
    does not exist or a value that is out of bounds.
    """
    whole = reduce(_put, changes.items(), config.model_dump(mode="json"))
    try:
        return RunConfig.model_validate(whole)
    except ValidationError as error:
        raise settings_error(error) from error


def _put(tree: dict[str, Any], change: tuple[str, Any]) -> dict[str, Any]:
    name, value = change
    *parents, leaf = name.split(".")
    place = tree
    for parent in parents:
        inner = place.get(parent)
        if not isinstance(inner, dict):
            raise unknown_setting(name)
        place = inner
    if leaf == "id" and parents and place.get("id") != value:
        place.clear()
    place[leaf] = value
    return tree


def unknown_setting(name: str) -> StudioError:
    """The error for a setting's name that nothing declares."""
    return StudioError(
        "unknown-setting",
        f"There is no setting called {name}.",
        data="Nothing was changed.",
        remedy="Check the spelling; names look like train.epochs or method.rank.",
    )


def settings_error(error: ValidationError, within: str = "") -> StudioError:
    """Word a pydantic error about settings for a person; `within` is the section they stand in."""
    first = error.errors(include_url=False)[0]
    name = ".".join([*filter(None, [within]), *(str(part) for part in first["loc"])]) or "the settings"
    if first["type"] == "extra_forbidden":
        return unknown_setting(name)
    message = str(first["msg"])
    return StudioError(
        "bad-setting",
        f"The value for {name} can't be used: {message[:1].lower()}{message[1:]}.",
        data="Nothing was changed.",
        remedy="Choose a value within the bounds and try again.",
    )
