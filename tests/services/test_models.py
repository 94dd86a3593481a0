"""Models are found where they lie, and found again where they went."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from studio.core.config import ModelSection, RunConfig
from studio.core.problem import StudioError
from studio.services import models, preferences
from studio.services.projects import Project
from tests.services.making import write_model


def moved_to(tmp_path: Path, place: str, project: Project) -> tuple[ModelSection, Path]:
    """A chosen model that now lies elsewhere."""
    old = write_model(tmp_path / "models" / "tower")
    section = models.section_of(old, project.paths.folder)
    new = tmp_path / place
    new.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(old, new)
    return section, new


def test_a_renamed_model_is_found_by_its_content(tmp_path: Path, project: Project) -> None:
    section, new = moved_to(tmp_path, "models/garden", project)
    write_model(tmp_path / "models" / "other", hidden=16)
    assert models.located(section, project.paths.folder) == new


def test_a_moved_model_is_found_among_the_folders_known_here(tmp_path: Path, project: Project) -> None:
    section, new = moved_to(tmp_path, "far/away/tower", project)
    with pytest.raises(StudioError) as refusal:
        models.located(section, project.paths.folder)
    assert refusal.value.id == "model-missing"
    models.add_folder(new)
    assert models.located(section, project.paths.folder) == new


def test_another_model_in_the_neighbourhood_is_not_taken_for_it(tmp_path: Path, project: Project) -> None:
    old = write_model(tmp_path / "models" / "tower")
    section = models.section_of(old, project.paths.folder)
    shutil.rmtree(old)
    write_model(tmp_path / "models" / "impostor", hidden=16)
    with pytest.raises(StudioError):
        models.located(section, project.paths.folder)


def test_a_model_inside_the_project_moves_with_it(project: Project, tmp_path: Path) -> None:
    inside = write_model(project.paths.folder / "models" / "tower")
    section = models.section_of(inside, project.paths.folder)
    assert section.path == "project:models/tower"
    project.close()
    moved = Path(shutil.move(project.paths.folder, tmp_path / "moved"))
    assert models.located(section, moved) == moved / "models" / "tower"


def test_a_starter_is_kept_by_name_and_not_by_place(project: Project) -> None:
    section = models.section_of(models.starter_path("decoder"), project.paths.folder)
    assert section.path == "starter:decoder"
    info = models.chosen(RunConfig(model=section), project.paths.folder)
    assert info and info.starter and info.architecture == "decoder"


def test_known_models_are_the_starters_and_the_folders_chosen_before(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tower")
    models.add_folder(folder)
    models.add_folder(folder)
    names = [model.name for model in models.known_models()]
    assert names.count("tower") == 1 and names[0] == "Starter"
    models.forget_folder(folder)
    assert "tower" not in [model.name for model in models.known_models()]
    assert folder.is_dir()


def test_a_known_folder_that_broke_says_why(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tower")
    models.add_folder(folder)
    (folder / "tokenizer.json").unlink()
    broken = next(model for model in models.known_models() if model.name == "tower")
    assert broken.info is None and broken.problem and broken.problem.id == "tokenizer-missing"


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"anything")


def own_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "modeling.Model"}}))


def cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])


def outside(folder: Path) -> None:
    index = {"weight_map": {"model.embed_tokens.weight": "../other/model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("spoil", "id"),
    [
        (no_weights, "model-refused"),
        (own_code, "model-refused"),
        (outside, "model-refused"),
        (cut_short, "model-damaged"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer-missing"),
        (lambda folder: (folder / "config.json").write_text("{"), "model-damaged"),
        (shutil.rmtree, "not-a-model"),
    ],
)
def test_a_folder_that_can_not_be_used_is_refused_and_not_remembered(tmp_path: Path, spoil, id: str) -> None:
    folder = write_model(tmp_path / "tower")
    spoil(folder)
    with pytest.raises(StudioError) as refusal:
        models.add_folder(folder)
    assert refusal.value.id == id
    assert refusal.value.happened and refusal.value.data and refusal.value.remedy
    assert preferences.load().model_folders == ()
