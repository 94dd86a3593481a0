"""A staged folder is whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engine.staging import MANIFEST, is_whole, staged

pytestmark = pytest.mark.engine


def written(target: Path, text: str = "weights") -> Path:
    with staged(target) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "a.bin").write_text(text)
        assert not target.exists() or is_whole(target)
    return target


def test_a_finished_folder_is_whole(tmp_path: Path) -> None:
    assert is_whole(written(tmp_path / "step-1"))


@pytest.mark.parametrize("harm", ["flip", "cut", "gone", "no manifest", "torn manifest"])
def test_any_harm_is_found(tmp_path: Path, harm: str) -> None:
    folder = written(tmp_path / "step-1")
    file = folder / "inner" / "a.bin"
    match harm:
        case "flip":
            file.write_text("weightt")
        case "cut":
            file.write_text("weigh")
        case "gone":
            file.unlink()
        case "no manifest":
            (folder / MANIFEST).unlink()
        case _:
            (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:-9])
    assert not is_whole(folder)


def test_a_failure_while_writing_leaves_the_old_folder(tmp_path: Path) -> None:
    target = written(tmp_path / "final", "old")
    with pytest.raises(OSError, match="disk"), staged(target) as folder:
        (folder / "half").write_text("new")
        raise OSError("disk")
    assert (target / "inner" / "a.bin").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_a_new_folder_takes_the_place_of_the_old(tmp_path: Path) -> None:
    written(tmp_path / "final", "old")
    written(tmp_path / "final", "new")
    assert (tmp_path / "final" / "inner" / "a.bin").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_leftovers_of_a_crash_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".final.part").mkdir()
    (tmp_path / ".final.part" / "half").write_text("x")
    written(tmp_path / "final")
    assert sorted(path.name for path in (tmp_path / "final").iterdir()) == ["inner", MANIFEST]
