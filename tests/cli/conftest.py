"""The command line as programs and people meet it: words in, an exit code and two streams out."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from studio.cli.main import main
from tests.source import ROOT

QUICK = ("--set", "train.threads=1", "--set", "train.batch_size=4", "--set", "train.max_length=64")
PLACES = ("tower", "garden", "café", "library", "museum")


class Said(NamedTuple):
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object on standard output; anything else there is a failure."""
        assert self.out.count("\n") == 1, self.out + self.err
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    @property
    def done(self) -> dict[str, Any]:
        """The answer of a command that succeeded."""
        assert self.code == 0, self.out + self.err
        assert self.answer["ok"] is True
        return self.answer

    def refused(self, code: int = 1) -> dict[str, str]:
        """The error of a command that did not."""
        assert self.code == code, self.out + self.err
        answer = self.answer
        assert answer["ok"] is False
        error = answer["error"]
        assert set(error) == {"id", "happened", "data", "remedy"}
        assert all(isinstance(part, str) and part for part in error.values()), error
        assert "Traceback" not in self.err
        return error


Studio = Callable[..., Said]


@pytest.fixture
def studio(capfd: pytest.CaptureFixture[str]) -> Studio:
    """Do one command in this process."""

    def do(*words: object) -> Said:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return do


def command(*words: object) -> list[str]:
    """The command line as a process of its own."""
    return [sys.executable, "-m", "studio.cli", *map(str, words)]


def apart(*words: object, **environment: str) -> Said:
    """Do one command in a process of its own."""
    done = subprocess.run(
        command(*words),
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        env={**os.environ, **environment},
    )
    return Said(done.returncode, done.stdout, done.stderr)


def write_rows(path: Path, count: int = 60) -> Path:
    """A spreadsheet of questions and answers; three rows stand twice and two have no answer."""
    rows = [
        (f"When does the {PLACES[i % 5]} open on day {i}?", f"On day {i} we open at {8 + i % 4} o'clock.")
        for i in range(count)
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("question", "answer", "visitor"))
        for question, answer in [*rows, *rows[:3], ("Is it free?", ""), ("Where is it?", " ")]:
            writer.writerow((question, answer, "somebody"))
    return path


@pytest.fixture(scope="session")
def spreadsheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("files") / "visitor questions.csv")


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory, spreadsheet: Path) -> Path:
    """A project that holds the spreadsheet. Tests work on copies: copy the folder, copy the project."""
    folder = tmp_path_factory.mktemp("projects") / "imported"
    assert main(["new", str(folder)]) == 0
    assert main(["import", str(folder), str(spreadsheet)]) == 0
    return folder


@pytest.fixture
def project(imported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "project"))


@pytest.fixture(scope="session")
def finished(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """A project with a finished run of the starter, and what `train` said."""
    folder = Path(shutil.copytree(imported, tmp_path_factory.mktemp("trained") / "project"))
    return folder, apart("train", folder, "--model", "decoder", "--steps", "4", *QUICK, "--json")


@pytest.fixture
def trained(finished: tuple[Path, Said], tmp_path: Path) -> Path:
    """A copy of the project with the finished run, run-1."""
    assert finished[1].code == 0, finished[1].err
    return Path(shutil.copytree(finished[0], tmp_path / "trained"))
