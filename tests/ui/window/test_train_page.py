"""The Train page with real runs: started, steered, killed, looked back at."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from studio.core.events import Failed, Stepped
from studio.core.run import RunSummary
from studio.services import models, projects, runs
from studio.ui.pages.train import TrainPage
from studio.ui.pages.train.course import TRAIN, VALIDATION, Course
from studio.ui.widgets.buttons import Button
from studio.worker.run_folder import RunFolder
from tests.ui.window.conftest import SHORT
from tests.ui.window.living import button, click, press, state, type_into, until

LONG = {**SHORT, "train.steps": 4000, "train.evaluate_every": 20, "train.save_every": 20}


def train_page(window) -> TrainPage:
    page = window.show_step("train")
    assert isinstance(page, TrainPage)
    return page


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def run_state(window) -> str:
    run = state(window).facts.run
    return run.state if run else ""


def buttons_of(place) -> list[tuple[str, bool]]:
    return [(each.text(), each.isVisible()) for each in place.findChildren(Button)]


def choose(window, model, settings) -> None:
    section = models.section_of(model, state(window).folder)
    window.session.edit({"model": section.model_dump(mode="json"), **settings}, "A run for a test")
    until(lambda: getattr(state(window).facts.report, "tokens_total", None))


def test_before_a_run_the_page_says_what_will_happen(ready):
    page = train_page(ready)
    until(lambda: getattr(state(ready).facts.report, "tokens_total", None))
    report = state(ready).facts.report
    assert report is not None
    shown = said(page)
    assert f"{report.train:,} to learn from" in shown
    assert f"{report.test:,} sealed for the test" in shown
    assert "small-writer" in shown
    assert str(state(ready).folder / "runs") in shown
    assert "You may close the window" in shown
    assert page.primary() == ("Start training", True, "")


def test_without_a_model_the_page_leads_to_where_one_is_chosen(opened):
    page = train_page(opened)
    text, enabled, reason = page.primary()
    assert (text, enabled) == ("Start training", False)
    assert reason == "No model is chosen yet."
    click(button(page, "Choose a model"))
    assert opened.current_page() == "model"


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_run_is_started_paused_resumed_asked_and_stopped_from_the_page(opened, trainable):
    choose(opened, trainable, LONG)
    page = train_page(opened)
    click(opened.bottom.next)
    until(lambda: run_state(opened) == "running" and state(opened).facts.run.step > 4, 120)  # type: ignore[union-attr]
    head = page.view.head
    until(lambda: "Step" in said(head) and head.pause.isEnabled())
    assert not opened.bottom.next.isEnabled()

    click(head.pause)
    until(lambda: run_state(opened) == "paused")
    step = state(opened).facts.run.step  # type: ignore[union-attr]
    until(lambda: head.resume.isVisible() and "Paused" in said(head))
    click(head.resume)
    until(lambda: run_state(opened) == "running" and state(opened).facts.run.step > step)  # type: ignore[union-attr]

    question = page.view.answers.field()
    until(question.isVisible)
    type_into(question, "Is it <b>free</b>?")
    press(question, Qt.Key.Key_Return)
    until(lambda: any(answer.prompt == "Is it <b>free</b>?" for answer in page.view.course.answers))  # type: ignore[union-attr]
    assert "Is it <b>free</b>?" in said(page.view.answers)

    click(head.stop)
    assert "will be kept" in said(head) or "is kept as it is" in said(head)
    click(button(head, "Go on"))
    assert run_state(opened) == "running"
    click(head.stop)
    click(next(each for each in head.buttons() if each.text().startswith("Stop and keep step")))
    until(lambda: run_state(opened) == "stopped")
    until(lambda: "Stopped at step" in said(head))
    assert opened.bottom.next.text() == "Next: Evaluate"
    assert opened.bottom.next.isEnabled()
    assert page.view.charts.loss.train.size == page.view.course[TRAIN].size > 0  # type: ignore[union-attr]


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_worker_that_is_killed_is_told_in_three_parts_and_the_run_goes_on(opened, trainable):
    choose(opened, trainable, {**LONG, "train.steps": 300})
    page = train_page(opened)
    click(opened.bottom.next)
    until(lambda: run_state(opened) == "running" and state(opened).facts.run.step > 45, 120)  # type: ignore[union-attr]
    run = state(opened).facts.run
    assert run is not None
    started = RunFolder(state(opened).folder / "runs" / run.id).last_started()
    assert started is not None
    os.kill(started.pid, signal.SIGKILL)
    until(lambda: run_state(opened) == "failed" and page.view.failure.isVisible())
    shown = said(page.view.failure)
    assert "The run stopped at step" in shown
    assert all(part in shown for part in ("What happened", "Your data", "What you can do"))
    assert not opened.bottom.next.isEnabled()
    until(lambda: any("Continue" in words and seen for words, seen in buttons_of(page.view.failure)))
    click(next(each for each in page.view.failure.findChildren(Button) if "Continue" in each.text()))
    until(lambda: run_state(opened) == "finished", 200)
    until(lambda: not page.view.failure.isVisible() and page.view.head.isVisible())
    steps = page.view.course[TRAIN].steps  # type: ignore[union-attr]
    assert np.array_equal(steps, np.arange(1, 301))


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_that_was_started_before_this_window_shows_up_live(window, prepared, trainable, tmp_path):
    import shutil

    folder = tmp_path / "Help desk"
    shutil.copytree(prepared, folder)
    project = projects.open_project(folder)
    from studio.core.config import edit

    section = models.section_of(trainable, folder).model_dump(mode="json")
    runs.start(project, edit(project.config(), {"model": section, **LONG}))
    project.close()
    window.session.open_project(folder)
    until(lambda: window.session.state is not None)
    page = train_page(window)
    until(lambda: run_state(window) == "running" and page.view.charts.loss.train.size > 3, 120)
    click(page.view.head.stop)
    click(next(each for each in page.view.head.buttons() if each.text().startswith("Stop and keep step")))
    until(lambda: run_state(window) == "stopped")


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_what_a_failure_suggests_is_one_click_away(finished):
    page = train_page(finished)
    until(lambda: page.view.course is not None and page.view.course[VALIDATION].size >= 3)
    run, course = state(finished).facts.run, page.view.course
    assert run is not None and course is not None
    before = state(finished).config.train.learning_rate
    fix = {"train.learning_rate": before / 4}
    course.take([Failed(id="diverged", happened="It lost its balance.", data="Safe.", remedy="Smaller.", fix=fix)])
    page.view.refresh(state(finished), run.model_copy(update={"state": "failed"}), "")
    until(page.view.failure.isVisible)
    assert not any("Continue" in words and seen for words, seen in buttons_of(page.view.failure))
    click(button(page.view.failure, "Change it and start anew…"))
    until(lambda: state(finished).config.train.learning_rate == before / 4)
    until(page.summary.isVisible)
    finished.session.undo()
    until(lambda: state(finished).config.train.learning_rate == before)


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_a_finished_run_is_shown_with_its_curves_answers_and_log(finished):
    page = train_page(finished)
    until(lambda: page.view.course is not None and page.view.course[VALIDATION].size >= 3)
    until(lambda: "Finished" in said(page.view.head))
    assert "is kept" in said(page.view.head)
    assert "Is it free?" in said(page.view.answers)
    click(page.view._log_link)
    until(lambda: page.view.log.text.toPlainText() != "")
    assert opened_next(finished) == ("Next: Evaluate", True)


def opened_next(window) -> tuple[str, bool]:
    return window.bottom.next.text(), window.bottom.next.isEnabled()


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_a_run_is_noted_deleted_and_brought_back(finished):
    page = train_page(finished)
    click(page.view._runs_link)
    row = page.view.runs.row("run-1")
    until(row.note.isVisible)
    type_into(row.note, "the <i>first</i> one")
    press(row.note, Qt.Key.Key_Return)
    until(lambda: state(finished).facts.runs[0].note == "the <i>first</i> one")
    click(row.delete_button)
    until(lambda: state(finished).facts.runs == ())
    until(lambda: "Run 1 is in the trash." in said(page))
    click(button(page, "Bring Run 1 back"))
    until(lambda: [run.id for run in state(finished).facts.runs] == ["run-1"])
    assert state(finished).facts.runs[0].note == "the <i>first</i> one"


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_a_new_run_is_planned_beside_the_finished_one(finished):
    page = train_page(finished)
    until(page.view.head.again.isVisible)
    click(page.view.head.again)
    until(lambda: "What will happen" in said(page))
    assert finished.bottom.next.text() == "Start training"
    click(button(page, "Back to Run 1"))
    until(page.view.head.isVisible)


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_every_word_on_the_page_is_shown_literally(finished):
    page = train_page(finished)
    until(lambda: page.view.answers.isVisible())
    formats = {label.textFormat() for label in page.findChildren(QLabel)}
    assert formats == {Qt.TextFormat.PlainText}


def test_of_a_hundred_thousand_points_only_the_new_ones_are_taken_and_a_screenful_is_drawn(app, monkeypatch):
    from studio.ui.pages.train.charts import RunCharts
    from studio.ui.pages.train.metrics import RunMetrics

    course = Course("run-1")
    names = (TRAIN, "learning_rate", "gradient_norm", "tokens_per_second", "memory_bytes", "epoch")
    losses = 1 + np.exp(-np.arange(1, 100_001) / 20_000)
    course.fill({name: zip(range(1, 100_001), losses.tolist(), strict=True) for name in names})
    course.fill({VALIDATION: [(at, 1 + 1 / at) for at in range(100, 100_001, 100)]})
    charts, metrics = RunCharts(), RunMetrics()
    charts.resize(760, 420)
    charts.show()
    metrics.show()
    charts.show_course(course)
    run = RunSummary(id="run-1", state="running", step=100_000, steps=200_000)
    app.processEvents()
    taken: list[int] = []
    append = charts.loss.append
    monkeypatch.setattr(charts.loss, "append", lambda train, *rest: (taken.append(len(train)), append(train, *rest)))
    for number in range(100_001, 100_006):
        course.take([Stepped(step=number, metrics={"loss": 1.0, "epoch": 1.0, "memory_bytes": 1e9})])
        charts.grow()
        charts.show_run(run)
        metrics.show_course(run, course, None)
        charts.loss.flush()
        charts.grab()
    assert taken == [1] * 5
    drawn, _ = charts.loss.curves.raw.getData()
    assert drawn is not None
    assert len(drawn) <= 2100
    charts.close()
    metrics.close()
