"""A run goes on from another by the command line, is measured and shared like any, and says where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import QUICK, Said, Studio, apart

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(600)]


def trained_on(project: Path, *words: object) -> Said:
    return apart("train", project, "--steps", "3", *QUICK, *words, "--json")


def test_a_run_goes_on_from_another_and_is_measured_and_shared_like_any(trained: Path, studio: Studio) -> None:
    first = studio("runs", trained, "--json").done["runs"][0]
    made = trained_on(trained, "--set", "train.begin=run-1").done
    assert made["state"] == "finished"
    result = json.loads((trained / "runs" / "run-2" / "final" / "result.json").read_text())
    assert result["base_validation"]["loss"] == first["loss"]["validation"]
    listed = {run["run"]: run for run in studio("runs", trained, "--json").done["runs"]}
    assert (listed["run-2"]["begin"], listed["run-1"]["begin"]) == ("run-1", None)
    assert "goes on from run-1" in studio("runs", trained).out
    measured = studio("evaluate", trained, "run-2", "--split", "validation", "--json").done
    alone = studio("evaluate", trained, "run-1", "--split", "validation", "--json").done
    assert measured["before"] == alone["before"]
    out = trained.parent / "taken"
    assert studio("export", trained, "run-2", "--to", "merged", "--out", out, "--json").done["check"]["ok"]
    assert "It goes on from run-1." in (out / "README.md").read_text()


def test_additions_taken_away_are_gone_on_with_and_stood_above(trained: Path, studio: Studio) -> None:
    out = trained.parent / "adapter"
    assert studio("export", trained, "run-1", "--to", "adapter", "--out", out, "--json").done["check"]["ok"]
    assert trained_on(trained, "--set", f"train.begin={out}").done["state"] == "finished"
    above = ("--set", "train.begin=run-1", "--set", "train.stacked=true", "--set", "method.rank=2")
    assert trained_on(trained, *above).done["state"] == "finished"
    for to in ("adapter", "merged"):
        place = trained.parent / f"above-{to}"
        assert studio("export", trained, "run-3", "--to", to, "--out", place, "--json").done["check"]["ok"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train.begin=run-9",), "There is no run called Run 9 in this project."),
        (("train.begin=run-1", "method.rank=3"), "Run 1 learnt in another way"),
        (("train.begin=/nowhere/adapter",), "is not there any more"),
    ],
)
def test_what_nothing_can_go_on_from_is_told(words: tuple[str, ...], told: str, trained: Path) -> None:
    sets = [word for each in words for word in ("--set", each)]
    error = trained_on(trained, *sets).refused()
    assert told in error["happened"] and error["remedy"]
