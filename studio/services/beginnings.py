"""What a run may begin with besides the model as it came: an earlier run of the project, or saved additions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio import plugins
from studio.api import Method
from studio.core.beginning import ADAPTER_WEIGHTS, Beginning, find_beginning, is_run, stands_on
from studio.core.config import RunConfig, edit
from studio.core.model_folder import tensors_of
from studio.core.model_info import ModelInfo
from studio.core.problem import StudioError
from studio.services.facts import Begin
from studio.services.projects import Project

NEW = ""
"""`train.begin` of a run that begins with the model as it came."""


def title_of(begin: str) -> str:
    """What a beginning is called in a sentence: "Run 3", or the folder's name."""
    if not is_run(begin):
        return f"“{Path(begin).name}”"
    return f"Run {begin.removeprefix('run-')}" if begin.startswith("run-") else begin


def begin_of(project: Project, config: RunConfig, model: ModelInfo | None = None) -> Begin | None:
    """What the config's runs would begin with; None for the model as it came."""
    begin = config.train.begin
    if not begin:
        return None
    name = title_of(begin)
    try:
        found = find_beginning(begin, project.paths.folder)
        return _earlier(name, found) if found.config else _folder(name, found, model)
    except StudioError as error:
        return Begin(name=name, refusal=error.happened.replace(begin, name), remedy=error.remedy)
    except OSError as error:
        return Begin(name=name, refusal=f"{name} can't be read ({error.strerror}).", remedy="Choose something else.")


def _earlier(name: str, found: Beginning) -> Begin:
    config = found.config
    assert config is not None
    method = _method(config.method.id)
    return Begin(
        name=name,
        method=config.method.id,
        settings=_whole(method, config.method.settings),
        objective=config.objective.id,
        several=bool(config.objective.settings.get("several", False)),
        model=config.model,
        adapter=found.adapter,
    )


def _folder(name: str, found: Beginning, model: ModelInfo | None) -> Begin:
    for method in plugins.methods():
        settings = method.recognise(found.adapter)
        if settings is not None:
            fits = model is None or stands_on(tensors_of(found.folder / ADAPTER_WEIGHTS), model)
            return Begin(
                name=name, method=method.id, settings=_whole(method, settings), adapter=found.adapter, fits=fits
            )
    kind = str(found.adapter.get("peft_type", "no known kind"))
    return Begin(
        name=name,
        refusal=f"The additions in {name} are of a kind ({kind}) that can't be trained on here.",
        remedy="Choose small additions (LoRA), or begin with the model as it came.",
    )


def _method(id: str) -> Method[Any] | None:
    try:
        return plugins.methods()[id]
    except StudioError:
        return None


def _whole(method: Method[Any] | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a method, also those that were left at their defaults. What is out of bounds for a form stays as
    it is told, for it was made so."""
    if method is None:
        return dict(settings)
    try:
        return method.settings(settings).model_dump(mode="json")
    except ValidationError:
        return {**method.settings({}).model_dump(mode="json"), **settings}


def changes_for(found: Begin, begin: str, *, stacked: bool = False) -> dict[str, Any]:
    """The changes of a config by which its runs begin with it. One that goes on learns as the earlier one did."""
    changes: dict[str, Any] = {"train.begin": begin, "train.stacked": stacked}
    if found.model.path:
        changes |= {f"model.{name}": value for name, value in found.model.model_dump(mode="json").items()}
    if not stacked and found.method:
        changes |= {"method.id": found.method, **{f"method.{name}": value for name, value in found.settings.items()}}
    return changes


def adopted(project: Project, wished: Mapping[str, Any]) -> dict[str, Any]:
    """What was wished on a command line, with the method of what the run is to go on from, where no other was wished.
    A folder counts from where the person is."""
    begin = str(wished.get("train.begin", ""))
    if not begin:
        return dict(wished)
    if not is_run(begin) or (not project.paths.run(begin).folder.is_dir() and Path(begin).is_dir()):
        begin = str(Path(begin).expanduser().resolve())
    placed = {**wished, "train.begin": begin}
    if wished.get("train.stacked") or any(name.startswith("method.") for name in wished):
        return placed
    found = _found(project, begin)
    as_before = {} if found.refusal else changes_for(found, begin)
    kept = {name: value for name, value in as_before.items() if name.startswith(("method.", "model.template"))}
    return {**kept, **placed}


def choose(project: Project, begin: str, stacked: bool = False) -> dict[str, Any]:
    """The changes by which the project's next runs begin with a run or a folder. Raises StudioError where that
    can't be."""
    if not begin:
        return {"train.begin": NEW, "train.stacked": False}
    found = _found(project, begin)
    if found.refusal:
        raise StudioError("cannot-begin", found.refusal, data="Nothing was changed.", remedy=found.remedy)
    return changes_for(found, begin, stacked=stacked)


def _found(project: Project, begin: str) -> Begin:
    found = begin_of(project, edit(project.config(), {"train.begin": begin}))
    assert found is not None, "only nothing begins with nothing"
    return found


def beginners(project: Project, id: str) -> tuple[str, ...]:
    """The runs, deleted ones left out, that began with a run and still need its files: those that have not taken a copy
    of them along, nor ended; and those that only say so."""
    return tuple(row["id"] for row in project.store.runs() if RunConfig.from_json(row["config"]).train.begin == id)


def needs_files(project: Project, id: str) -> bool:
    """Whether a run that began with another would miss the other's files: it has not started yet."""
    run = project.paths.run(id)
    return not (run.folder / "begin").is_dir() and not run.final.is_dir()
