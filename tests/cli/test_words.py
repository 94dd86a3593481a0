"""Words that are not understood, and endings that nobody planned: one shape, one exit code each, no traceback."""

from __future__ import annotations

import errno
import io
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli import faults
from studio.cli import main as main_module
from studio.cli.console import Console, duration, measured
from studio.cli.parser import VERBS
from studio.core.paths import user_folder
from studio.core.problem import StudioError
from tests.cli.conftest import Said, Studio, apart, command
from tests.source import ROOT


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["trian", "p"],
        ["train"],
        ["train", "p", "--steps", "0"],
        ["train", "p", "--steps", "many"],
        ["train", "p", "--no-such-option"],
        ["train", "p", "extra"],
        ["runs"],
        ["evaluate", "p", "run-1", "--split", "everything"],
        ["new", "p", "--goal", "riches"],
        ["import", "p"],
        ["export", "p", "run-1"],
        ["generate", "p", "run-1"],
        ["generate", "--prompt", "x"],
        ["generate", "p", "run-1", "--model", "decoder", "--prompt", "x"],
        ["demo"],
    ],
    ids=" ".join,
)
def test_what_is_not_understood_is_usage(studio: Studio, words: list[str]) -> None:
    error = studio(*words, "--json").refused(2)
    assert error["id"] == "usage"
    said = studio(*words)
    assert (said.code, said.out) == (2, "")
    assert error["happened"] in said.err


def test_a_setting_or_role_without_a_value_is_usage(studio: Studio, project: Path) -> None:
    assert studio("train", project, "--set", "train.epochs", "--json").refused(2)["id"] == "usage"
    assert studio("import", project, "a.csv", "--role", "question", "--json").refused(2)["id"] == "usage"


def test_a_mistyped_verb_is_guessed(studio: Studio) -> None:
    assert "Did you mean train?" in studio("trian", "--json").refused(2)["remedy"]


def test_every_verb_of_the_contract_is_there_and_explains_itself(studio: Studio) -> None:
    wanted = "new import prepare estimate train resume pause stop runs follow evaluate generate export demo doctor"
    assert {*wanted.split(), "clean", "models", "export-job", "join"} == set(VERBS) == set(main_module.DO)
    for verb in VERBS:
        assert "--json" in studio(verb, "--help").out
        assert f"studio {verb}" in studio(verb, "--help", "--json").done["help"]
    assert "VERB" in studio("--help").out


def test_json_is_understood_before_the_verb_too(studio: Studio) -> None:
    assert studio("--json", "doctor").done["verb"] == "doctor"


@pytest.mark.parametrize("verb", ["runs", "prepare", "clean", "train", "estimate"])
def test_a_folder_without_a_project_is_told(studio: Studio, tmp_path: Path, verb: str) -> None:
    assert studio(verb, tmp_path, "--json").refused()["id"] == "not-a-project"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["resume", "pause", "stop", "follow", "evaluate"])
def test_a_run_that_is_not_there_is_told(studio: Studio, project: Path, verb: str) -> None:
    for run in ("run-7", "../run-1"):
        assert studio(verb, project, run, "--json").refused()["id"] == "run-missing"


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `doctor` end with an error."""

    def end(args: object, console: object) -> None:
        raise error

    monkeypatch.setitem(main_module.DO, "doctor", end)


def test_what_nobody_planned_is_our_bug_and_its_details_go_to_a_log(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "person"))
    raising(monkeypatch, RuntimeError("the very cause"))
    said = studio("doctor", "--json")
    error = said.refused()
    assert error["id"] == "bug"
    assert "the very cause" not in said.out + said.err
    (log,) = (user_folder() / "logs").iterdir()
    assert "RuntimeError: the very cause" in log.read_text() and str(log) in error["remedy"]


def test_a_bug_is_told_also_where_no_log_can_be_written(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "person").write_text("a file, not a folder")
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "person"))
    raising(monkeypatch, RuntimeError("the very cause"))
    assert studio("doctor", "--json").refused()["id"] == "bug"


def test_what_a_person_typed_stays_out_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    faults.told(RuntimeError("x"), ["generate", "secret", "--prompt=secret", "--prompt", "secret"])
    (log,) = (tmp_path / "logs").iterdir()
    assert "secret" not in log.read_text()


@pytest.mark.parametrize(
    ("error", "id"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/p/project.db"), "disk-full"),
        (PermissionError(errno.EACCES, "Permission denied", "/p"), "not-writable"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/p"), "file-gone"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "/p"), "not-usable"),
        (sqlite3.OperationalError("database or disk is full"), "disk-full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "not-writable"),
        (sqlite3.OperationalError("database is locked"), "project-busy"),
        (StudioError("special", "It broke.", data="Safe.", remedy="Mend it."), "special"),
        (KeyboardInterrupt(), "stopped"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_the_world_does_is_told_in_sentences(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, error: BaseException, id: str
) -> None:
    raising(monkeypatch, error)
    assert studio("doctor", "--json").refused()["id"] == id
    said = studio("doctor")
    assert (said.code, said.out) == (1, "")
    assert said.err.strip() and "Traceback" not in said.err


def test_what_a_library_prints_never_reaches_standard_output(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    doctor = main_module.DO["doctor"]

    def noisy(args, console):
        sys.stdout.write("a library says hello")
        return doctor(args, console)

    monkeypatch.setitem(main_module.DO, "doctor", noisy)
    said = studio("doctor", "--json")
    assert said.done["verb"] == "doctor"
    assert "a library says hello" in said.err


def test_a_number_that_is_none_is_null() -> None:
    answers = io.StringIO()
    console = Console(answers, io.StringIO())
    console.answer({"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": (float("-inf"),)}})
    assert json.loads(answers.getvalue()) == {"a": None, "b": [None, 1.5], "c": {"d": [None]}}
    assert measured({1: float("nan")}) == {"1": None}


def test_a_reader_that_goes_away_is_no_failure() -> None:
    with subprocess.Popen(command("--help"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdout and child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(60) == 0


def test_odd_characters_survive_in_a_terminal_that_can_not_show_them() -> None:
    said = apart("new", "/dev/null/\udce9ä漢", "--json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "ä漢" in Said.refused(said)["happened"]


def test_progress_is_redrawn_on_a_terminal_and_seldom_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    quiet = Console(io.StringIO(), file)
    for step in range(50):
        quiet.progress(f"Step {step}")
    assert file.getvalue() == "Step 0\n"
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    drawn = Console(io.StringIO(), terminal)
    drawn.progress("A long line")
    drawn.progress("Short")
    drawn.say("Done.")
    assert terminal.getvalue() == "\rA long line\rShort      \r     \rDone.\n"


def test_durations_are_rounded_up() -> None:
    assert [duration(seconds) for seconds in (0.2, 1.2, 89, 91, 3600, 7300)] == [
        "1 second",
        "2 seconds",
        "89 seconds",
        "2 minutes",
        "60 minutes",
        "3 hours",
    ]
