"""What a run begins with when it is not the model as it came: an earlier run, or a folder with an adapter.

Reads no weights and runs nothing: a folder that could run code, or whose weights are pickles, is refused with the
reason. Whether it suits a config is asked elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from studio.core.config import RunConfig
from studio.core.model_folder import PICKLES, Tensor
from studio.core.model_info import ModelInfo
from studio.core.paths import ProjectPaths
from studio.core.problem import StudioError

ADAPTER, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PLAIN_STARTS = (True, False, None, "gaussian")
"""How peft's additions may have begun without a change of the base model's own weights."""


class Beginning(BaseModel):
    """Where a run begins: the folder with the weights, and what is known of who made them. `config` is an earlier
    run's, None for a folder; `adapter` is what peft wrote beside its weights, empty where the model's own were
    trained."""

    model_config = ConfigDict(frozen=True)

    name: str
    folder: Path
    config: RunConfig | None = None
    adapter: Mapping[str, Any] = Field(default_factory=dict)


def is_run(begin: str) -> bool:
    """Whether `train.begin` names a run of the project; else it is a folder."""
    return bool(begin) and "/" not in begin and "\\" not in begin


def place_of(begin: str, project: Path) -> Path:
    """The folder with the weights that `train.begin` means."""
    return ProjectPaths(project).run(begin).final if is_run(begin) else project / begin


def find_beginning(begin: str, project: Path) -> Beginning:
    """What `train.begin` means. Raises StudioError when it is gone, unfinished, or not to be trusted."""
    folder = place_of(begin, project)
    if is_run(begin):
        return Beginning(name=begin, folder=folder, config=_config_of(begin, folder), adapter=adapter_in(folder))
    if not folder.is_dir():
        raise _unusable("begin-missing", f"The folder {folder} is not there any more.")
    _refuse_what_could_run(folder)
    adapter = adapter_in(folder)
    if not adapter:
        raise _unusable("not-an-adapter", f"The folder “{folder.name}” holds no additions: it has no {ADAPTER}.")
    _refuse_what_changes_the_base(folder.name, adapter)
    return Beginning(name=folder.name, folder=folder, adapter=adapter)


def _config_of(run: str, final: Path) -> RunConfig:
    if not (final.parent / "run.json").is_file():
        raise StudioError(
            "run-missing",
            f"There is no run called {run} in this project.",
            data="Nothing was changed.",
            remedy="Choose another run to begin with, or the model as it came.",
        )
    if not final.is_dir():
        raise StudioError(
            "run-unfinished",
            f"{run} has no finished weights yet, so nothing can go on from it.",
            data="What it has saved so far is safe.",
            remedy="Let it finish, or stop it to keep its best weights.",
        )
    return RunConfig.from_json((final.parent / "run.json").read_bytes())


def adapter_in(folder: Path) -> dict[str, Any]:
    """peft's description beside the weights; empty where there is none, or none that can be read."""
    try:
        found = json.loads((folder / ADAPTER).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse_what_could_run(folder: Path) -> None:
    if any(path.suffix == ".py" for path in folder.iterdir()):
        raise _unusable(
            "begin-refused", f"The folder “{folder.name}” brings its own program code, which this studio never runs."
        )
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
    if pickles and not (folder / ADAPTER_WEIGHTS).is_file():
        raise _unusable(
            "begin-refused", f"Its weights ({pickles[0]}) are in an old format that can run hidden code when opened."
        )
    if not (folder / ADAPTER_WEIGHTS).is_file() and (folder / ADAPTER).is_file():
        raise _unusable("begin-incomplete", f"The folder “{folder.name}” lacks its weights ({ADAPTER_WEIGHTS}).")


def _refuse_what_changes_the_base(name: str, adapter: Mapping[str, Any]) -> None:
    """Settings by which peft would load a module that the file names, or change the base model's own weights."""
    if adapter.get("megatron_config") or adapter.get("auto_map"):
        raise _unusable(
            "begin-refused", f"The settings of “{name}” ask for program code, which this studio never runs."
        )
    if adapter.get("init_lora_weights", True) not in PLAIN_STARTS:
        raise _unusable(
            "begin-changes-base",
            f"The additions in “{name}” belong to a model whose own weights were changed when they began.",
        )


def stands_on(tensors: Iterable[Tensor], model: ModelInfo) -> bool:
    """Whether every pair of additions among an adapter's tensors fits a table of the model, by name and by size."""
    tables: dict[str, set[tuple[int, ...]]] = {}
    for group in model.weights:
        tables.setdefault(_numberless(group.name.removesuffix(".weight")), set()).add(tuple(group.shape))
    sides: dict[str, dict[str, int]] = {}
    for tensor in tensors:
        found = re.fullmatch(r"(?:base_model\.model\.)?(.+)\.lora_(A|B)(?:\.\w+)?\.weight", tensor.name)
        if found and len(tensor.shape) == 2:
            sides.setdefault(found[1], {})[found[2]] = tensor.shape[1] if found[2] == "A" else tensor.shape[0]
    return all(_fits(_numberless(part), found, tables) for part, found in sides.items())


def _fits(part: str, sides: Mapping[str, int], tables: Mapping[str, set[tuple[int, ...]]]) -> bool:
    """A file may name a table with or without the parts around the stack."""
    wanted = {(sides.get("B", 0), sides.get("A", 0)), (sides.get("A", 0), sides.get("B", 0))}
    names = (name for name in tables if name == part or name.endswith(f".{part}") or part.endswith(f".{name}"))
    return any(wanted & tables[name] for name in names)


def _numberless(name: str) -> str:
    return re.sub(r"\.(\d+|\*)\.", ".*.", f".{name}", count=1)[1:]


def _unusable(id: str, happened: str) -> StudioError:
    return StudioError(
        id,
        happened,
        data="Nothing was opened and nothing was changed.",
        remedy="Choose another folder, with additions saved by this studio or by peft, or the model as it came.",
    )
