"""What every plugin has: a name, words that explain it, and settings."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from studio.core.settings import SettingField, Settings, fields_of


class NoSettings(Settings):
    """For a plugin that has nothing to choose."""


S = TypeVar("S", bound=Settings)


class Plugin(ABC, Generic[S]):
    """What every plugin has. `summary` is one line for a card, `explanation` a paragraph for Explain."""

    id: ClassVar[str]
    title: ClassVar[str]
    term: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    explanation: ClassVar[str] = ""
    order: ClassVar[int] = 100
    Settings: ClassVar[type[Settings]] = NoSettings

    def settings(self, values: Mapping[str, Any]) -> S:
        """The plugin's settings from a RunConfig's choice; raises pydantic.ValidationError."""
        return self.Settings.model_validate(dict(values))  # type: ignore[return-value]

    @classmethod
    def form(cls) -> tuple[SettingField, ...]:
        """The rows of this plugin's form."""
        return fields_of(cls.Settings.model_json_schema())
