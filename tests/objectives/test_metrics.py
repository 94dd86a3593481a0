"""Metrics against numbers worked out by hand."""

from __future__ import annotations

import pytest

from studio import plugins
from studio.api import Prediction
from studio.builtin.metrics.marks import Span, spans


def score(id: str, predictions: list[Prediction]) -> dict[str, float]:
    metric = plugins.metrics()[id]
    return metric.score(predictions, metric.settings({}))


def told(*pairs: tuple[str, str]) -> list[Prediction]:
    return [Prediction(0.0, 1, tuple(right.split()), tuple(guess.split())) for right, guess in pairs]


def test_accuracy_and_f1_of_classes() -> None:
    found = score("classes", told(("a", "a"), ("a", "b"), ("b", "b"), ("c", "a")))
    assert found["accuracy"] == 0.5
    assert found["f1"] == pytest.approx((2 * 1 / 4 + 2 * 1 / 3 + 0) / 3)
    assert found["f1_micro"] == 0.5


def test_a_set_of_classes_is_right_only_as_a_whole() -> None:
    found = score("classes", told(("a b", "a b"), ("a b", "a"), ("", "")))
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["f1_micro"] == pytest.approx(2 * 3 / 7)


def test_a_mark_counts_only_as_a_whole() -> None:
    found = score("marks", told(("O B-x I-x O", "O B-x I-x O"), ("B-x I-x O B-y", "B-x O O B-y")))
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found["accuracy"] == pytest.approx(7 / 8)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("B-x I-x B-x O I-y", [Span("x", 0, 2), Span("x", 2, 3), Span("y", 4, 5)]),
        ("I-x I-y", [Span("x", 0, 1), Span("y", 1, 2)]),
        ("dose dose O", [Span("dose", 0, 2)]),
        ("O O", []),
    ],
)
def test_marks_in_tags(tags: str, found: list[Span]) -> None:
    assert spans(tags.split()) == found


def test_closeness_of_numbers() -> None:
    pairs = [(1.0, 2.0), (2.0, 3.0), (3.0, 4.0)]
    found = score("closeness", [Prediction(1.0, 1, numbers={"expected": a, "predicted": b}) for a, b in pairs])
    assert found == {"mae": 1.0, "rmse": 1.0, "correlation": pytest.approx(1.0)}
    flat = [Prediction(0.0, 1, numbers={"expected": a, "predicted": 2.0}) for a, _ in pairs]
    assert score("closeness", flat)["correlation"] == 0.0
