"""A method from a plugin goes the whole way on the command line: chosen, trained in a worker, measured, taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import QUICK, Studio

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.mark.long
def test_a_learnt_prompt_is_trained_measured_and_taken_away_but_not_merged(project: Path, studio: Studio) -> None:
    words = ("--model", "decoder", "--set", "method.id=prompt-tuning", "--set", "method.tokens=8")
    needs = studio("estimate", project, *words, "--json").done
    assert needs["fits"]
    run = studio("train", project, *words, "--steps", "6", *QUICK, "--json").done
    assert run["state"] == "finished"
    assert studio("runs", project, "--json").done["runs"][0]["method"] == "prompt-tuning"
    measured = studio("evaluate", project, run["run"], "--split", "validation", "--json").done
    assert measured["after"]["loss"] != measured["before"]["loss"]
    out = project.parent / "taken"
    assert studio("export", project, run["run"], "--to", "adapter", "--out", out, "--json").done["check"]["ok"]
    error = studio("export", project, run["run"], "--to", "merged", "--out", project.parent / "m", "--json").refused()
    assert "can't be folded into the model" in error["happened"]
    assert studio("generate", project, run["run"], "--prompt", "When?", "--json").done["tokens"] >= 0


def test_a_setting_that_a_plugin_does_not_know_is_refused_in_words(project: Path, studio: Studio) -> None:
    words = ("--model", "decoder", "--set", "method.id=prompt-tuning", "--set", "method.length=8")
    assert "length" in studio("train", project, *words, "--json").refused()["happened"]
    many = ("--model", "decoder", "--set", "method.id=prompt-tuning", "--set", "method.tokens=9999")
    assert studio("train", project, *many, "--json").refused()


def test_a_method_that_does_not_fit_the_model_is_refused_before_training(project: Path, studio: Studio) -> None:
    error = studio("train", project, "--model", "decoder", "--set", "method.id=bitfit", "--json").refused()
    assert "no offsets" in error["happened"]
