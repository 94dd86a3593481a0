"""RunConfig: the one frozen value that says everything about a run. The window edits it, run.json keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.core.problem import StudioError
from studio.core.train_settings import TrainSettings

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
    """The base model: a folder, the fingerprint by which it is found again after it moved, and the chat template its
    conversations are written in: "" for the model's own, the id of one that ships, or a text of the person's own."""

    path: str = ""
    fingerprint: str = ""
    template: str = Field(default="", max_length=100_000)


class JoinSection(Section):
    """The runs that a joined run is made of, each with its share, and how. Empty for a run that is trained."""

    parts: dict[str, float] = Field(default_factory=dict)
    way: str = ""


class RunConfig(Section):
    """Everything about a run. One value; edits make a new one."""

    goal: Goal = "answer"
    data: DataSection = DataSection()
    model: ModelSection = ModelSection()
    objective: Choice = Choice(id="instruct")
    method: Choice = Choice(id="lora")
    preset: str = "balanced"
    train: TrainSettings = TrainSettings()
    join: JoinSection = JoinSection()

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
