"""The checkout's own environment: made, left alone when whole, repaired when a set-up was broken off."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from steps import environment as steps_environment
from steps.environment import STAMP, UNFINISHED, Environment, answer_of
from steps.places import StepFailed

NAME = "littlepackage"


def wheel(folder: Path, version: str) -> None:
    """A package of one line, in the shape that pip installs."""
    info = f"{NAME}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{NAME}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{NAME}.py", f"VERSION = '{version}'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks of a small world: two versions of one package, in a folder that the pip settings name."""
    folder = tmp_path / "locks"
    folder.mkdir()
    for version in ("1.0", "2.0"):
        wheel(folder, version)
    monkeypatch.setattr(steps_environment, "LOCKS", folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    ask(folder, "1.0")
    return folder


def ask(locks: Path, version: str) -> None:
    (locks / "base.txt").write_text(f"{NAME}=={version}\n", encoding="utf-8")


def installed(environment: Environment) -> str:
    return answer_of(environment, f"import {NAME}; print({NAME}.VERSION)")


def test_an_environment_follows_its_lock_and_is_made_again_after_a_broken_set_up(locks: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / ".venv")
    environment.provide("base")
    assert installed(environment) == "1.0"
    assert environment.ready("base")

    ask(locks, "2.0")
    assert not environment.ready("base")
    environment.provide("base")
    assert installed(environment) == "2.0"

    # As a killed pip leaves it: the metadata says that it is there, the code is not.
    next(environment.folder.rglob(f"{NAME}.py")).unlink()
    (environment.folder / UNFINISHED).write_text("base", encoding="utf-8")
    assert installed(environment) == ""
    assert "broken off" in environment.state()
    environment.provide("base")
    assert installed(environment) == "2.0"


def test_a_whole_environment_is_left_as_it_is_and_a_moved_one_is_not_trusted(locks: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / ".venv")
    environment.provide("base")
    stamp = (environment.folder / STAMP).stat().st_mtime_ns
    environment.provide("base")
    assert (environment.folder / STAMP).stat().st_mtime_ns == stamp

    environment.folder.rename(tmp_path / "elsewhere")
    assert not Environment(tmp_path / "elsewhere").ready("base")


def test_what_cannot_be_had_is_told_with_pips_own_words_and_tried_again_next_time(locks: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / ".venv")
    ask(locks, "3.0")
    with pytest.raises(StepFailed, match=f"No matching distribution found for {NAME}==3.0"):
        environment.provide("base")
    assert not environment.ready("base")
    ask(locks, "2.0")
    environment.provide("base")
    assert installed(environment) == "2.0"


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from steps import turns
        turns.NOTES = Path({str(tmp_path)!r})
        with turns.my_turn("set-up"):
            print("in", flush=True)
            time.sleep(float(sys.argv[1]))
            print("out", flush=True)
    """)

    def start(seconds: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, str(seconds)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=Path(steps_environment.ROOT, "packaging")
        )

    with start(60) as first:
        assert first.stdout is not None and first.stdout.readline() == "in\n"
        with start(0) as second:
            assert second.stdout is not None
            assert "Another command is setting up" in second.stdout.readline()
            first.kill()
            # Killed, the first has let go without a word.
            assert second.stdout.readline() == "in\n"
