"""The course of a run."""

from __future__ import annotations

import pytest

from studio.core.config import TrainSettings
from studio.core.schedule import check_interval, learning_rate_at, total_steps


def course(steps: int, **settings: object) -> list[float]:
    chosen = TrainSettings.model_validate({"learning_rate": 1.0, **settings})
    return [learning_rate_at(step, steps, chosen) for step in range(1, steps + 1)]


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant", "wsd", "restarts"])
def test_the_step_size_rises_gently_and_reaches_its_height_once(schedule: str) -> None:
    rates = course(100, schedule=schedule, warmup=0.1)
    assert rates[:10] == sorted(rates[:10])
    assert rates[10] == max(rates) == 1.0
    assert rates[0] == pytest.approx(1 / 11)


def test_cosine_and_linear_fall_almost_to_zero_and_constant_stays() -> None:
    assert course(100, schedule="constant", warmup=0.0) == [1.0] * 100
    for schedule in ("cosine", "linear"):
        rates = course(100, schedule=schedule, warmup=0.0)
        assert rates == sorted(rates, reverse=True)
        assert 0 < rates[-1] <= 0.0101


def test_it_may_stay_and_fall_at_the_end_only() -> None:
    rates = course(100, schedule="wsd", warmup=0.0, cooldown=0.2)
    assert rates[:81] == [1.0] * 81
    assert rates[80:] == sorted(rates[80:], reverse=True)
    assert rates[85] == pytest.approx(1 - (5 / 20) ** 0.5)
    assert 0 < rates[-1] < 0.03


def test_it_may_fall_several_times() -> None:
    rates = course(90, schedule="restarts", warmup=0.0, cycles=3)
    assert rates[:30] == rates[30:60] == rates[60:]
    assert rates[30] == pytest.approx(1.0)
    assert rates[:30] == sorted(rates[:30], reverse=True)
    assert rates[:30] == pytest.approx(course(30, schedule="cosine", warmup=0.0))
    assert course(90, schedule="restarts", cycles=1) == course(90, schedule="cosine")


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant", "wsd", "restarts"])
def test_a_run_of_one_step_takes_it(schedule: str) -> None:
    assert course(1, schedule=schedule) == [1.0]


def test_steps_follow_from_times_through_the_data_or_are_given() -> None:
    assert total_steps(10, TrainSettings(epochs=3, batch_size=4)) == 9
    assert total_steps(10, TrainSettings(epochs=0.01, batch_size=4)) == 1
    assert total_steps(10, TrainSettings(epochs=3, batch_size=4, steps=50)) == 50


def test_checks_are_about_twenty_but_not_too_close() -> None:
    assert check_interval(1000, TrainSettings()) == 50
    assert check_interval(50, TrainSettings()) == 5
    assert check_interval(50, TrainSettings(evaluate_every=3)) == 3
