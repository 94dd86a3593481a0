"""Each task is judged by a quantity of its own, with an interval and in words that a person can repeat."""

from __future__ import annotations

import numpy as np
import pytest

from studio.api import Prediction
from studio.evaluation.before_after import report
from studio.evaluation.mistakes import mistakes
from studio.evaluation.quantities import measure
from studio.plugins import objectives

pytestmark = pytest.mark.engine


def sorted_texts(right: int, count: int, names: tuple[str, str] = ("good", "bad")) -> list[Prediction]:
    """So many texts of two classes in turn, the first ones told rightly."""
    made = []
    for number in range(count):
        expected = names[number % 2]
        told = expected if number < right else names[1 - number % 2]
        made.append(Prediction(0.5, 1, (expected,), (told,)))
    return made


def guesses(distance: float, count: int = 40) -> list[Prediction]:
    numbers = [{"expected": float(n), "predicted": n + distance} for n in range(count)]
    return [Prediction(distance**2, 1, numbers=each) for each in numbers]


def pairs(right: float, count: int = 40) -> list[Prediction]:
    told = [{"right": float(n < right * count), "margin": 0.1} for n in range(count)]
    return [Prediction(0.5, 1, numbers=each) for each in told]


def tagged(found: int, count: int = 40) -> list[Prediction]:
    tags, nothing = ("O", "B-dose", "I-dose"), ("O", "O", "O")
    return [Prediction(1.0, 3, tags, tags if n < found else nothing) for n in range(count)]


def liked(gap: float, count: int = 40, seed: int = 1) -> list[Prediction]:
    chance = np.random.default_rng(seed)
    return [
        Prediction(0.5, 1, numbers={"liked": float(n % 2), "reward": float(chance.normal()) + gap * (n % 2)})
        for n in range(count)
    ]


def sentence(objective: str, before: list[Prediction], after: list[Prediction]) -> str:
    return report(objectives()[objective], before, after)["verdict"]["sentence"]


def test_a_class_is_told_in_texts_and_shares():
    before, after = sorted_texts(12, 300), sorted_texts(274, 300)
    told = report(objectives()["sort"], before, after)
    assert told["verdict"]["id"] == "better"
    assert told["verdict"]["sentence"] == (
        "On 300 texts that it never saw, it told the right class of 274 (91 %); before, of 12 (4 %)."
    )
    assert (told["measure"]["gained"], told["measure"]["lost"]) == (262, 0)
    assert told["before"]["perplexity"] is None
    assert told["measure"]["difference"]["value"] == pytest.approx(
        told["after"]["accuracy"] - told["before"]["accuracy"]
    )


def test_what_got_worse_and_what_stayed_say_so():
    assert "Keep the model you started from" in sentence("sort", sorted_texts(90, 100), sorted_texts(40, 100))
    assert "can be told from chance" in sentence("sort", sorted_texts(50, 100), sorted_texts(50, 100))
    assert "too few" in sentence("sort", sorted_texts(1, 9), sorted_texts(9, 9))


def test_a_smaller_distance_is_better():
    told = report(objectives()["value"], guesses(2.1), guesses(0.4))
    assert told["verdict"]["id"] == "better"
    assert "by 0.4 on average; before, by 2.1" in told["verdict"]["sentence"]
    assert told["measure"]["better"] == "lower"
    assert report(objectives()["value"], guesses(0.4), guesses(2.1))["verdict"]["id"] == "worse"


def test_marks_are_judged_by_f1():
    told = report(objectives()["mark"], tagged(4), tagged(30))
    assert told["measure"]["after"]["value"] == pytest.approx(told["after"]["f1"])
    assert told["measure"]["before"]["value"] == pytest.approx(told["before"]["f1"])
    assert told["verdict"]["id"] == "better"
    assert told["mistakes"]["marks"] == [{"name": "dose", "there": 40, "told": 30, "right": 30}]


def test_preferences_are_told_in_pairs():
    assert sentence("prefer", pairs(0.5), pairs(0.9)) == (
        "Of 40 pairs of answers that it never saw, it puts the better one first in 36 (90 %); before, in 20 (50 %)."
    )


def test_likings_are_judged_against_guessing():
    told = report(objectives()["liked"], liked(0.0), liked(3.0))
    assert told["verdict"]["id"] == "better"
    assert told["measure"]["before"]["value"] == 0.5
    assert told["measure"]["after"]["value"] == pytest.approx(told["after"]["accuracy"])
    assert report(objectives()["liked"], liked(0.0), liked(0.0))["verdict"]["id"] == "no_difference"


def test_the_interval_of_likings_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(100):
        found = measure("likings", [], liked(1.0, 60, seed))
        assert found is not None and found.after.low is not None and found.after.high is not None
        covered += found.after.low <= 0.760 <= found.after.high  # the normal distribution's value at 1 over root 2
    assert 88 <= covered <= 100


def test_classes_have_their_table_their_matrix_and_the_texts_that_went_wrong():
    predictions = sorted_texts(6, 8)
    found = mistakes("classes", predictions, [f"text {number}" for number in range(8)])
    good = next(row for row in found["classes"] if row["name"] == "good")
    assert good == {"name": "good", "there": 4, "told": 4, "right": 3, "taken_for": [["bad", 1]]}
    assert found["confusion"] == {"names": ["bad", "good"], "counts": [[3, 1], [1, 3]]}
    assert [(miss["right"], miss["told"], miss["text"]) for miss in found["misses"]] == [
        ("good", "bad", "text 6"),
        ("bad", "good", "text 7"),
    ]


def test_many_classes_or_several_at_once_have_no_matrix():
    many = [Prediction(0.1, 1, (str(number),), (str(number),)) for number in range(26)]
    assert "confusion" not in mistakes("classes", many)
    several = [Prediction(0.1, 1, ("a", "b"), ("a",))]
    found = mistakes("classes", several, ["both"])
    assert set(found) == {"classes"}
    assert [row["right"] for row in found["classes"]] == [1, 0]


def test_what_has_no_quantity_of_its_own_is_judged_by_its_loss():
    predictions = [Prediction(2.0 + 0.01 * n, 1) for n in range(20)]
    found = measure("somebody-elses", predictions, [each._replace(loss=each.loss / 2) for each in predictions])
    assert found is not None
    assert found.id == "loss"


def test_even_all_and_none_are_not_quite_sure():
    found = measure("classes", sorted_texts(0, 20), sorted_texts(20, 20))
    assert found is not None
    assert found.before.value == 0.0
    assert found.before.high == pytest.approx(0.161, abs=0.001)
    assert found.after.low == pytest.approx(0.839, abs=0.001)
