"""From a project and a RunConfig to a job with every place found and checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from studio.core.beginning import place_of
from studio.core.config import RunConfig
from studio.core.files import write_whole
from studio.core.model_folder import read_model
from studio.core.paths import ProjectPaths, RunPaths, model_path
from studio.core.problem import StudioError
from studio.data.templates import ModelEncoder, load_encoder
from studio.engine.devices import find_device
from studio.engine.examples import names_in
from studio.engine.job import Job
from studio.engine.models import load_base
from studio.engine.precision import choose_precision
from studio.engine.voice import Voice
from studio.plugins import objectives

NAMES = "names.json"
TEMPLATE = "chat_template.jinja"


def find_job(project: Path, folder: Path, config: RunConfig) -> Job:
    """The run's job. Raises StudioError when the model is gone or is no longer the one the run was made for."""
    model = read_model(model_path(config.model.path, project))
    if config.model.fingerprint and config.model.fingerprint != model.fingerprint:
        raise StudioError(
            "another-model",
            f"The model in the folder “{model.name}” is no longer the one this run was made for.",
            data="The run and its save points are unchanged.",
            remedy="Put the original model back, or start a new run with this one.",
        )
    length = min(config.train.max_length, model.context)
    speaker = load_encoder(model.path, length, moment_of(folder), _template(folder, config))
    _note_template(folder, speaker.template.source)
    prepared = ProjectPaths(project).dataset(config.data.prepared)
    begins = place_of(config.train.begin, project) if config.train.begin else None
    return Job(
        config=config,
        model=model,
        prepared=prepared,
        folder=folder,
        speaker=speaker,
        template=speaker.template.source if _is_written_with(speaker, config) else "",
        names=_names(folder, prepared, config, begins),
        begins=begins,
    )


def _template(folder: Path, config: RunConfig) -> str:
    """The chat template that the run began with, noted in its folder; else the chosen one."""
    note = folder / TEMPLATE
    return note.read_text("utf-8") if note.is_file() else config.model.template


def _note_template(folder: Path, source: str) -> None:
    """Keep the template with the run, so that it stays the one it was trained with, whatever becomes of the model's
    folder or of those that ship."""
    note = folder / TEMPLATE
    if folder.is_dir() and not note.is_file():
        write_whole(note, source.encode())


def _is_written_with(speaker: ModelEncoder, config: RunConfig) -> bool:
    """Whether the template is the model's own, or what it is taught stands in conversations."""
    return speaker.talks or objectives()[config.objective.id].converses


def _names(folder: Path, prepared: Path, config: RunConfig, begins: Path | None) -> tuple[str, ...]:
    """The labels or tags the run's head chooses among: noted in its folder, so that their order stays. A run that goes
    on from another has that one's."""
    objective = objectives()[config.objective.id]
    if objective.head not in ("labels", "tags"):
        return ()
    note = folder / NAMES
    if note.is_file():
        return tuple(json.loads(note.read_bytes()))
    names = names_in(prepared, objective, objective.settings(config.objective.settings))
    if begins is not None and (before := names_before(begins)):
        _refuse_new_names(names, before)
        names = before
    if folder.is_dir():
        write_whole(note, json.dumps(names, ensure_ascii=False).encode())
    return names


def names_before(final: Path) -> tuple[str, ...]:
    """The labels or tags of the run whose final weights lie here."""
    note = final.parent / NAMES
    return tuple(json.loads(note.read_bytes())) if note.is_file() else ()


def _refuse_new_names(names: Sequence[str], before: Sequence[str]) -> None:
    new = [name for name in names if name not in before]
    if new:
        raise StudioError(
            "new-names",
            f"The examples have the class “{new[0]}”, which the earlier run did not know.",
            data="Nothing was changed.",
            remedy="Leave such examples out, or begin with the model as it came.",
        )


def moment_of(folder: Path) -> datetime:
    """The time that a template which writes the date sees: when the run was set up, so that a resumed run reads the
    same examples."""
    config = RunPaths(folder).config
    return datetime.fromtimestamp(config.stat().st_mtime if config.exists() else 0)


def open_voice(folder: Path) -> Voice:
    """Any model, without a run, ready to be asked."""
    info = read_model(folder)
    device = find_device()
    precision = choose_precision("auto", device, info.hidden)
    model = load_base(info, dtype=precision.frozen, device=device)
    speaker = load_encoder(folder, info.context)
    return Voice(model, speaker, precision, info.architecture)
