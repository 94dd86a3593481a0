"""The verdict says no more than the numbers do."""

from __future__ import annotations

import numpy as np
import pytest

from studio.api import Prediction
from studio.evaluation.before_after import report
from studio.evaluation.verdict import difference, verdict
from studio.plugins import objectives

pytestmark = pytest.mark.engine
INSTRUCT = objectives()["instruct"]


def pair(count: int, gain: float, noise: float, seed: int = 0) -> tuple[list[Prediction], list[Prediction]]:
    chance = np.random.default_rng(seed)
    units = chance.integers(3, 40, count)
    before = chance.normal(3.0, 0.5, count)
    after = before - gain + chance.normal(0, noise, count)
    return (
        [Prediction(float(loss * n), int(n)) for loss, n in zip(before, units, strict=True)],
        [Prediction(float(loss * n), int(n)) for loss, n in zip(after, units, strict=True)],
    )


@pytest.mark.parametrize(
    ("gain", "noise", "id"), [(1.0, 0.3, "better"), (-0.5, 0.3, "worse"), (0.0, 0.5, "no_difference")]
)
def test_the_verdict_follows_the_interval(gain: float, noise: float, id: str) -> None:
    found = report(INSTRUCT, *pair(60, gain, noise))
    assert found["verdict"]["id"] == id
    assert "60 examples" in found["verdict"]["sentence"]
    assert found["difference"]["low"] <= found["difference"]["loss"] <= found["difference"]["high"]


def test_the_difference_is_that_of_the_two_losses() -> None:
    found = report(INSTRUCT, *pair(30, 0.7, 0.2))
    assert found["difference"]["loss"] == pytest.approx(found["after"]["loss"] - found["before"]["loss"])
    assert found["after"]["perplexity"] == pytest.approx(np.exp(found["after"]["loss"]))


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        found = difference(*pair(60, 0.4, 0.5, seed))
        assert found is not None and found.low is not None and found.high is not None
        covered += found.low <= -0.4 <= found.high
    assert 51 <= covered <= 60


def test_the_same_measurements_give_the_same_interval() -> None:
    assert difference(*pair(40, 0.1, 0.3)) == difference(*pair(40, 0.1, 0.3))


def test_nine_examples_are_too_few_however_clear_they_look() -> None:
    found = report(INSTRUCT, *pair(9, 2.0, 0.01))
    assert found["verdict"]["id"] == "too_few"
    assert found["difference"]["low"] is None
    assert found["after"]["loss"] is not None


def test_nothing_measured_is_said_as_nothing() -> None:
    found = report(INSTRUCT, [], [])
    assert found["verdict"]["id"] == "too_few"
    assert found["examples"] == 0
    assert found["before"] == found["after"] == {"loss": None, "perplexity": None}


def test_a_measurement_that_is_no_number_gives_no_verdict() -> None:
    bad = [Prediction(float("nan"), 4)] * 12
    found = difference([Prediction(1.0, 4)] * 12, bad)
    assert found is None
    assert verdict(found, 12, 0.25, None).id == "too_few"
