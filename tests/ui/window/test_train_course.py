"""What the window knows of a run, and how it says it: no window is needed for that."""

from __future__ import annotations

from datetime import datetime

import pytest

from studio.core.config import RunConfig, edit
from studio.core.events import Evaluated, Failed, Sampled, Started, Stepped
from studio.core.run import RunSummary
from studio.ui.pages.train import words
from studio.ui.pages.train.course import TRAIN, VALIDATION, Course

STEPS_PER_EPOCH = 40


def step(number: int, loss: float = 1.0, **more: float) -> Stepped:
    return Stepped(step=number, metrics={"loss": loss, "epoch": number / STEPS_PER_EPOCH, "seconds_left": 60.0, **more})


def course(steps: int = 10, checks: dict[int, float] | None = None) -> Course:
    made = Course("run-1")
    made.config = edit(RunConfig(), {"train.patience": 4, "train.evaluate_every": 10})
    made.steps = 100
    made.take(step(number, 2.0 - number / 100) for number in range(1, steps + 1))
    made.take(Evaluated(step=at, metrics={"loss": loss}) for at, loss in (checks or {}).items())
    return made


def run(state: str = "running", **more: object) -> RunSummary:
    return RunSummary.model_validate({"id": "run-1", "state": state, "step": 10, "steps": 100, **more})


def test_taking_the_same_events_twice_changes_nothing():
    once, twice = course(20, {10: 1.5}), course(20, {10: 1.5})
    twice.take([step(number, 2.0 - number / 100) for number in range(15, 21)])
    assert twice.losses() == once.losses()


def test_what_the_project_keeps_and_what_was_heard_since_become_one_course():
    heard = course(0)
    heard.take([step(3, 1.7), step(4, 1.6)])
    heard.fill({TRAIN: [(1, 1.9), (2, 1.8), (3, 1.7)], VALIDATION: [(2, 1.95)]})
    assert heard.losses() == {TRAIN: [(1, 1.9), (2, 1.8), (3, 1.7), (4, 1.6)], VALIDATION: [(2, 1.95)]}
    assert heard.step == 4


def test_a_measurement_that_is_missing_leaves_no_point():
    made = course(2)
    made.take([Stepped(step=3, metrics={"loss": None, "gradient_norm": None})])
    assert made[TRAIN].size == 2


def test_an_answer_that_grows_stays_one_answer():
    made = course(1)
    made.take([Sampled(step=8, prompt="Is it free?", text="Of", done=False)])
    made.take([Sampled(step=8, prompt="Is it free?", text="Of course.")])
    made.take([Sampled(step=16, prompt="Is it free?", text="It is.")])
    assert [(answer.step, answer.text) for answer in made.answers] == [(8, "Of course."), (16, "It is.")]
    made.fill_answers([(0, "Is it free?", "a a a"), (8, "Is it free?", "Of course.")])
    assert [answer.step for answer in made.answers] == [0, 8, 16]


def test_a_worker_that_begins_again_has_not_failed_any_more():
    made = course(5)
    made.take([Failed(id="x", happened="It ended.", data="Safe.", remedy="Resume.")])
    assert made.failure is not None
    made.take([Started(pid=1, process_started=0.0, task="train", step=4, steps=100)])
    assert made.failure is None


def test_progress_is_said_in_steps_and_in_times_through_the_data():
    assert words.where(run(), course(10)) == ("Step 10 of 100", "first time through the data")
    assert words.where(run(step=41), course(41)) == ("Step 41 of 100", "second time through the data")
    assert words.where(run(step=0), Course("run-1"))[1] == ""


def test_the_end_is_said_as_time_left_and_as_a_time_of_day():
    left, end = words.ending(run(), course(10), datetime(2026, 3, 4, 15, 39))
    assert left == "1 min left"
    assert end == "ends about 15:40"
    assert words.ending(run("paused"), course(10), datetime(2026, 3, 4)) == ("", "")


def test_ticks_stand_where_the_data_begins_anew():
    assert words.epoch_ticks(run(), course(10)) == pytest.approx((0.4, 0.8))
    assert words.epoch_ticks(run(), Course("run-1")) == ()


def test_the_early_stop_stands_so_many_checks_after_the_best_one():
    at, sentence = words.early_stop(run(), course(30, {10: 1.5, 20: 1.2, 30: 1.3})) or (0, "")
    assert at == 60
    assert sentence == "Stops early here, unless a check beats 1.2"
    assert words.early_stop(run(), course(90, {10: 1.5, 70: 1.2, 80: 1.3})) is None


@pytest.mark.parametrize(
    ("state", "reason", "title"),
    [
        ("waiting", "", "Getting ready"),
        ("paused", "", "Paused"),
        ("finished", "completed", "Finished"),
        ("finished", "early-stop", "Finished early"),
        ("stopped", "stopped", "Stopped at step 10"),
        ("failed", "", "The run stopped at step 10"),
    ],
)
def test_each_state_has_its_words_and_says_what_is_kept(state, reason, title):
    told = words.told(run(state, reason=reason, best_step=8), course(10, {4: 1.5, 8: 1.25}))
    assert told.title == title
    if state in ("finished", "stopped", "failed"):
        assert "Step 8 was the best and is kept: validation 1.25." in told.sentence


def test_a_run_that_learns_is_told_so():
    told = words.told(run(), course(30, {0: 2.0, 10: 1.6, 20: 1.4, 30: 1.3}))
    assert told.title == "Learning well"
    assert told.tone == "good"


def test_a_figure_is_said_to_rise_fall_or_rest():
    assert words.trend([1.0] * 20) == "steady"
    assert words.trend([float(number) for number in range(40)]) == "rising"
    assert words.trend([1 / (number + 1) for number in range(40)]) == "falling"
    assert words.restlessness([0.4] * 40) == "steady"
    assert words.restlessness([0.4] * 40 + [9.0] * 5) == "jumpy"
