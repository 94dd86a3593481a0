"""Taking it away: Exporter."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.api.plugin import Plugin, S
from studio.core.model_info import ModelInfo
from studio.core.problem import Problem


@dataclass(frozen=True)
class Trained:
    """A finished run as an exporter sees it. `card` is the model card to put beside the weights, `template` the
    chat template the model was trained with, `untouched` loads the model it was made from,
    in float32 (None where no model can be loaded, as in the window)."""

    run: str
    base: ModelInfo
    method: str
    final: Path
    card: str
    template: str = ""
    untouched: Callable[[], Any] | None = None


class Exporter(Plugin[S]):
    """Takes the tuned model away in some form."""

    def check(self, trained: Trained, settings: S) -> Iterable[Problem]:
        """What speaks against this export."""
        return ()

    def size(self, trained: Trained, settings: S) -> int | None:
        """About how many bytes the export will take; None where that can't be said beforehand."""
        return None

    @abstractmethod
    def export(self, trained: Trained, merged: Any, folder: Path, settings: S) -> None:
        """Write the export into an empty folder. `merged` loads the merged model when called."""

    @abstractmethod
    def reload(self, trained: Trained, folder: Path) -> Any:
        """Load the export back as a plain model, for comparison with the trained one."""
