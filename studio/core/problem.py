"""What can be wrong: a `Problem` is found before anything runs, a `StudioError` is told when the world is at fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["blocks", "warns", "advises"]


class Problem(BaseModel):
    """Something found before training, on one step of the wizard.

    `fix` is a partial RunConfig by dotted field name (`{"train.batch_size": 4}`) that one click applies.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    step: Literal["data", "model", "method", "settings", "train", "evaluate", "share"]
    sentence: str
    remedy: str = ""
    severity: Severity = "blocks"
    fix: Mapping[str, Any] | None = None
    field: str | None = None


class StudioError(Exception):
    """The world's fault, in the three parts a person needs: what happened, their data, what they can do.

    Shown as it is, in the window and on the command line. Anything else that is raised is a bug. `fix` is a partial
    RunConfig by dotted field name that does what the remedy says, where something can.
    """

    def __init__(self, id: str, happened: str, *, data: str, remedy: str, fix: Mapping[str, Any] | None = None) -> None:
        super().__init__(happened)
        self.id = id
        self.happened = happened
        self.data = data
        self.remedy = remedy
        self.fix = fix

    def as_dict(self) -> dict[str, Any]:
        """The error as the command line prints it."""
        words = {"id": self.id, "happened": self.happened, "data": self.data, "remedy": self.remedy}
        return {**words, "fix": dict(self.fix)} if self.fix else words

    def __str__(self) -> str:
        return " ".join(part for part in (self.happened, self.data, self.remedy) if part)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.id, self.happened, self.data, self.remedy, self.fix)


def _rebuild(id: str, happened: str, data: str, remedy: str, fix: Mapping[str, Any] | None) -> StudioError:
    return StudioError(id, happened, data=data, remedy=remedy, fix=fix)
