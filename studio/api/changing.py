"""How the weights change: Method."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from studio.api.plugin import Plugin, S
from studio.core.model_info import ModelInfo
from studio.core.problem import Problem, StudioError

if TYPE_CHECKING:
    import torch


LayerState = Literal["frozen", "trained", "lora", "quantized", "adapter"]


Joining = Literal["linear", "ties", "dare"]
"""How several runs become one: their changes added up, or first thinned out so that they get less into each other's
way (TIES: Yadav et al., 2023; DARE: Yu et al., 2024)."""


class Picture(NamedTuple):
    """How a card draws the method, from input (first) to output (last) layer."""

    layers: tuple[LayerState, ...]
    head: bool = False
    embedding: bool = False
    prompt: bool = False


class Method(Plugin[S]):
    """How the weights change. What a model is made of tell `anatomy` (from its facts) and `modules` (once loaded);
    parts that the objective put on anew (`modules.new_head`) always train and are always saved.

    `goes_on`, `stacks` and `joins` say whether `go_on`, `stack` and `join` can do anything with what it saved.
    """

    goes_on: ClassVar[bool] = False
    stacks: ClassVar[bool] = False
    joins: ClassVar[bool] = False

    def check(self, model: ModelInfo, settings: S) -> Iterable[Problem]:
        """What speaks against this method on this model; found before training."""
        return ()

    def load_options(self, settings: S) -> dict[str, Any]:
        """Extra arguments for loading the base model, e.g. quantization."""
        return {}

    @abstractmethod
    def attach(self, model: Any, settings: S) -> Any:
        """Freeze what stays and add what trains; returns the model to train."""

    def rates(self, model: Any, settings: S) -> Mapping[str, float]:
        """Weights of the attached model, by name, whose step size is so many times the usual one."""
        return {}

    def after_step(self, model: Any, step: int, steps: int) -> None:
        """Called after step `step` (from 1) of `steps`, when the weights have moved and still have their gradients."""

    def memory(self, model: Any) -> Mapping[str, torch.Tensor]:
        """What the method itself must remember from step to step, kept with each save point."""
        return {}

    def recall(self, model: Any, memory: Mapping[str, torch.Tensor]) -> None:
        """Go on with what `memory` told at a save point, on a model attached anew."""

    @abstractmethod
    def trainable(self, model: ModelInfo, settings: S) -> int:
        """How many weights train, from the facts alone; with those that the objective puts on anew."""

    def compressed(self, model: ModelInfo, settings: S) -> tuple[int, float]:
        """How many of the base model's weights are held compressed while it trains, and in how many bytes each."""
        return 0, 0.0

    @abstractmethod
    def learning_rate(self, model: ModelInfo) -> float:
        """A step size that usually works with this method on a model of this size."""

    @abstractmethod
    def picture(self, model: ModelInfo, settings: S) -> Picture:
        """What trains and what stays, for the card."""

    @abstractmethod
    def save(self, model: Any, folder: Path) -> None:
        """Write what was trained (safetensors and JSON) so that `load` gives the same model."""

    @abstractmethod
    def load(self, model: Any, folder: Path) -> Any:
        """Put what `save` wrote onto a freshly loaded base model, for use without training."""

    @abstractmethod
    def merge(self, model: Any) -> Any:
        """A plain transformers model with the change folded in."""

    def go_on(self, model: Any, folder: Path, settings: S) -> Any:
        """As `attach`, but beginning with what an earlier run saved. Raises StudioError where that can't be."""
        raise _cannot(self, "go on from an earlier run", "Start a run from the base model.")

    def stack(self, model: Any, folder: Path, settings: S) -> Any:
        """As `attach`, but above what an earlier run saved, which stays as it is; `save` then writes both as one. A
        frozen weight that bears the attribute `exact` is left in its number format. Raises StudioError where that can't
        be."""
        raise _cannot(self, "stand above what an earlier run learnt", "Start a run from the base model.")

    def recognise(self, adapter: Mapping[str, Any]) -> dict[str, Any] | None:
        """The settings that saved additions were made with, from peft's description of them (adapter_config.json); None
        where they are not of this method."""
        return None

    def join(self, model: Any, parts: Mapping[Path, float], way: Joining, folder: Path) -> None:
        """Write what several runs saved, each with its share, as one, so that `load` gives it; `model` is a base model
        that may be used up. Raises StudioError where that can't be."""
        raise _cannot(self, "be joined with others of its kind", "Share the runs one by one.")


def _cannot(method: Method[Any], what: str, remedy: str) -> StudioError:
    return StudioError(
        "method-cannot",
        f"What was trained with {method.term or method.title} can't {what}.",
        data="The runs and their files are unchanged.",
        remedy=remedy,
    )
