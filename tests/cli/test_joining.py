"""Several runs become one by the command line, and the result is measured like any run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import QUICK, Said, Studio, apart

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(300)]


def test_two_runs_become_one_that_is_measured_and_shared_like_any(trained: Path, studio: Studio) -> None:
    second = apart("train", trained, "--steps", "4", *QUICK, "--set", "train.seed=2", "--json").done
    made = studio("join", trained, "run-1=0.6", f"{second['run']}=0.4", "--json").done
    assert (made["state"], made["parts"]) == ("finished", {"run-1": 0.6, "run-2": 0.4})
    assert Path(made["weights"]["path"]).is_file() and made["loss"] == {"train": None, "validation": None}
    assert [run["run"] for run in studio("runs", trained, "--json").done["runs"]] == ["run-3", "run-2", "run-1"]
    measured = studio("evaluate", trained, made["run"], "--split", "validation", "--json").done
    alone = studio("evaluate", trained, "run-1", "--split", "validation", "--json").done
    assert measured["before"] == alone["before"]
    assert measured["after"]["loss"] not in (measured["before"]["loss"], alone["after"]["loss"])
    out = trained.parent / "taken"
    assert studio("export", trained, made["run"], "--to", "adapter", "--out", out, "--json").done["check"]["ok"]
    again = studio("resume", trained, made["run"], "--json").done
    assert again["state"] == "finished"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("run-1",), 1, "One run alone can't be joined."),
        (("run-1=much", "run-2"), 2, "much is no share."),
        (("run-1", "run-9"), 1, "There is no run called run-9 in this project."),
    ],
)
def test_what_can_t_be_joined_is_told(
    words: tuple[str, ...], code: int, told: str, trained: Path, studio: Studio
) -> None:
    said: Said = studio("join", trained, *words, "--json")
    assert said.refused(code)["happened"] == told


def test_runs_of_different_kinds_are_not_joined(trained: Path, studio: Studio) -> None:
    apart("train", trained, "--steps", "2", *QUICK, "--set", "method.id=last-layers", "--json").done  # noqa: B018
    error = studio("join", trained, "run-1", "run-2", "--json").refused()
    assert "differs from the first run" in error["happened"]
