"""Base models on this computer: the starters that ship, folders the person chose, and finding a moved one again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from studio import plugins
from studio.core.anatomy import with_head
from studio.core.config import ModelSection, RunConfig
from studio.core.model_folder import read_model
from studio.core.model_info import ModelInfo
from studio.core.paths import model_path, resources
from studio.core.problem import Problem, StudioError
from studio.services import preferences
from studio.services.facts import Fact

STARTERS = ("decoder", "encoder", "encoder-decoder")
FEW_NAMES = 8
"""Names that a new head is taken to choose among before the data is looked at; their number matters little."""
_TITLES = {"decoder": "Starter", "encoder": "Starter reader", "encoder-decoder": "Starter rewriter"}


class KnownModel(Fact):
    """A model folder that is known here, or why it can't be used."""

    path: Path
    name: str
    info: ModelInfo | None = None
    problem: Problem | None = None
    starter: bool = False


def starter_path(name: str = "decoder") -> Path:
    """The folder of a starter model."""
    return resources() / "starters" / name


def known_models() -> list[KnownModel]:
    """The starters and every folder chosen before."""
    starters = [known(starter_path(name), starter=True) for name in STARTERS if starter_path(name).is_dir()]
    chosen = [known(Path(folder)) for folder in preferences.load().model_folders]
    return starters + chosen


def known(path: Path, *, starter: bool = False) -> KnownModel:
    """One folder's facts, or the reason why it can't be used."""
    name = _TITLES.get(path.name, path.name) if starter else path.name
    try:
        info = read_model(path).model_copy(update={"name": name, "starter": starter})
    except StudioError as error:
        return KnownModel(path=path, name=name, problem=as_problem(error), starter=starter)
    except OSError as error:
        return KnownModel(path=path, name=name, problem=as_problem(_unreadable(path, error)), starter=starter)
    return KnownModel(path=path, name=name, info=info, starter=starter)


def add_folder(path: Path) -> KnownModel:
    """Remember a model folder. Raises StudioError with the reason when it can't be used."""
    path = Path(path).expanduser().resolve()
    read_model(path)
    saved = preferences.load()
    if str(path) not in saved.model_folders:
        folders = (*saved.model_folders, str(path))
        preferences.save(saved.model_copy(update={"model_folders": folders}))
    return known(path)


def forget_folder(path: Path) -> None:
    """Take a folder off the list; it stays on the disk."""
    saved = preferences.load()
    folders = tuple(folder for folder in saved.model_folders if folder != str(path))
    preferences.save(saved.model_copy(update={"model_folders": folders}))


def section_of(path: Path, project: Path | None = None) -> ModelSection:
    """The config's model section for a folder; a starter is named by its name, so that projects can move."""
    path = Path(path).expanduser().resolve()
    return ModelSection(path=_portable(path, project), fingerprint=read_model(path).fingerprint)


def taken(config: RunConfig, section: ModelSection) -> dict[str, str]:
    """The changes by which a config takes a model. A chat template that was chosen stays only with its own model."""
    template = config.model.template if config.model.path == section.path else ""
    return {"model.path": section.path, "model.fingerprint": section.fingerprint, "model.template": template}


def _portable(path: Path, project: Path | None) -> str:
    if path.parent == (resources() / "starters").resolve():
        return f"starter:{path.name}"
    if project and path.is_relative_to(project):
        return f"project:{path.relative_to(project).as_posix()}"
    return str(path)


def located(section: ModelSection, project: Path, candidates: Iterable[Path] = ()) -> Path:
    """Where the chosen model lies now. A moved one is found again by its fingerprint among known folders.

    Raises StudioError when it is nowhere.
    """
    path = model_path(section.path, project)
    if (path / "config.json").is_file():
        return path
    for folder in [*candidates, *map(Path, preferences.load().model_folders), *_neighbours(path)]:
        if section.fingerprint and _fingerprint(folder) == section.fingerprint:
            return folder
    raise StudioError(
        "model-missing",
        f"The model {path.name or 'of this project'} is no longer where it was ({path}).",
        data="The project and its runs are safe.",
        remedy="Choose the folder where the model lies now, or another model.",
    )


def chosen(config: RunConfig, project: Path) -> ModelInfo | None:
    """The facts of the chosen model; None when none is chosen. Raises StudioError when it can't be used."""
    if not config.model.path:
        return None
    path = located(config.model, project)
    starter = config.model.path.startswith("starter:")
    info = read_model(path)
    objectives = plugins.objectives()
    head = objectives[config.objective.id].head if config.objective.id in objectives else "language"
    named = info.model_copy(
        update={"starter": starter, "name": _TITLES.get(path.name, path.name) if starter else info.name}
    )
    return with_head(named, head, FEW_NAMES)


def _neighbours(path: Path) -> list[Path]:
    """Folders beside where the model was: people rename folders."""
    try:
        return [folder for folder in path.parent.iterdir() if (folder / "config.json").is_file()]
    except OSError:
        return []


def _fingerprint(folder: Path) -> str:
    try:
        return read_model(folder).fingerprint
    except (StudioError, OSError):
        return ""


def as_problem(error: StudioError) -> Problem:
    """An error about a model as a problem of the Model step."""
    return Problem(id=error.id, step="model", sentence=error.happened, remedy=error.remedy)


def _unreadable(path: Path, error: OSError) -> StudioError:
    return StudioError(
        "model-unreadable",
        f"The model folder {path.name} can't be read ({error.strerror or 'the system refused'}).",
        data="Nothing was changed.",
        remedy="Check that the folder is there and that you may read it.",
    )
