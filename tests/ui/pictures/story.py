"""The story that the pictures tell: an empty project, the sample from first to last, and one with long texts."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QScrollArea, QWidget

from studio.core.paths import resources
from studio.ui.jobs import Progress
from studio.ui.pages.model.template import OWN
from tests.ui.pictures import props
from tests.ui.pictures.stage import Stage

STEPS = ("data", "model", "method", "settings", "train", "evaluate", "share")


def run_state(stage: Stage) -> str:
    """The state of the run that is shown."""
    run = stage.state.facts.run
    return run.state if run else ""


class Busy:
    """What the session last said of each job."""

    def __init__(self, stage: Stage) -> None:
        self.jobs: dict[str, Progress | None] = {}
        stage.session.busy.connect(self._take)

    def _take(self, kind: str, progress: Any) -> None:
        self.jobs[kind] = progress

    def over(self, kind: str) -> bool:
        """Whether a job was begun and has ended."""
        return kind in self.jobs and self.jobs[kind] is None

    def far(self, kind: str) -> bool:
        """Whether a job tells how far it is."""
        progress = self.jobs.get(kind)
        return progress is not None and progress.total > 0


def first_time(stage: Stage, scratch: Path) -> None:
    """Home before anything was made, and with a folder that is no project."""
    stage.take("home-empty")
    nothing = scratch / "holiday pictures"
    nothing.mkdir()
    stage.window.commands.open_project(nothing)
    stage.live(0.5)
    stage.take("home-error")
    stage.window.home.clear_error()


def empty_project(stage: Stage, projects: Path, scratch: Path) -> None:
    """Every page of a project in which nothing was done yet, and what goes wrong at the beginning."""
    busy = Busy(stage)
    stage.session.new_project(folder=projects / "Contract clauses")
    stage.until(lambda: stage.session.state, "the empty project")
    for page in STEPS:
        stage.show(page)
        stage.take(f"{page}-empty")
    stage.show("data")
    stage.session.data.import_files([props.empty_table(scratch)])
    stage.until(lambda: busy.over("import"), "the refusal")
    stage.take("data-error")
    stage.find(QAbstractButton, "Close").click()
    stage.show("model").take_folder(props.model_with_pickles(scratch))
    stage.live(0.5)
    stage.take("model-error")
    stage.show("data")
    stage.session.data.import_files([props.large_table(scratch)])
    stage.until(lambda: busy.far("import"), "the import to tell how far it is")
    stage.take("data-loading", settle=False)
    stage.session.data.stop_job("import")
    stage.session.close_project()
    stage.live(0.3)


def sample(stage: Stage, folder: Path) -> None:
    """The sample project up to the settings."""
    stage.show("home")
    stage.session.try_sample(folder)
    stage.take("home-loading", settle=False)
    stage.until(lambda: stage.session.state and stage.state.facts.datasets, "the sample's file")
    stage.show("model")
    stage.until(lambda: stage.session.state and stage.state.facts.report, "the sample to be prepared")
    stage.until(lambda: stage.state.facts.report and stage.state.facts.report.tokens_total, "the token counts")
    stage.show("data")
    stage.take("data-ready", dark=True)
    preview(stage, "ready", dark=True)
    stage.show("model")
    stage.take("model-ready", dark=True)
    template(stage)
    stage.show("method")
    stage.take("method-ready", dark=True)
    does_not_fit(stage)
    settings(stage)


def template(stage: Stage) -> None:
    """How conversations are written: the model's own way, signs it has no tokens for, and a text that can't be used."""
    card = stage.show("model").template
    stage.until(lambda: card.flow.text(), "the example")
    _scroll_to(stage, card)
    stage.take("model-template-own", dark=True)
    stage.session.edit({"model.template": "chatml"}, "Chat template")
    stage.until(lambda: "start" in card.flow.text(), "the example in it")
    _scroll_to(stage, card)
    stage.take("model-template-chosen", dark=True)
    card.choice.edited.emit(OWN)
    stage.until(lambda: card.editor.toPlainText(), "the text to begin with")
    card.editor.setPlainText("{% for message in messages %}{{ message.content")
    stage.until(lambda: not card.flow.isVisible(), "the refusal")
    _scroll_to(stage, card)
    stage.take("model-template-error", dark=True)
    stage.find(QAbstractButton, "Leave it").click()
    stage.session.undo()
    stage.until(lambda: not stage.state.config.model.template, "the undo")


def _scroll_to(stage: Stage, widget: QWidget) -> None:
    """Bring a part of a page that is far down into view."""
    area = next(each for each in widget.window().findChildren(QScrollArea) if each.isAncestorOf(widget))
    stage.live(0.5)
    area.ensureWidgetVisible(widget)
    stage.live(0.2)


def preview(stage: Stage, state: str, *, dark: bool = False) -> None:
    """What the model learns of each example."""
    page, busy = stage.show("data"), Busy(stage)
    page.show_view("learns")
    if state == "ready":
        stage.take("data-preview-loading", settle=False)
    stage.until(lambda: busy.over("preview"), "the preview")
    stage.live(0.8)
    stage.take(f"data-preview-{state}", dark=dark)
    page.show_view("rows")


def does_not_fit(stage: Stage) -> None:
    """A method that needs more memory than there is, with what would help."""
    kept = stage.state.config.train
    stage.session.edit({"train.batch_size": 4096, "train.max_length": 1024, "train.micro_batch": 4096}, "Too much")
    stage.until(lambda: any(card.fixes for card in stage.state.facts.cards), "a method that does not fit")
    page = stage.show("method")
    page.show_fixes(next(card.id for card in stage.state.facts.cards if card.fixes))
    stage.take("method-error")
    stage.session.undo()
    stage.until(lambda: stage.state.config.train == kept, "the undo")


def settings(stage: Stage) -> None:
    """The settings as recommended, with a change, with a value that can't stand, and all of them."""
    page = stage.show("settings")
    stage.take("settings-ready", dark=True)
    rate = stage.state.config.train.learning_rate
    stage.session.edit({"train.learning_rate": rate * 2}, "Step size")
    stage.live(0.6)
    stage.take("settings-changed")
    stage.session.undo()
    stage.live(0.4)
    field = page.findChild(QLineEdit)
    assert field is not None
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "5000")
    stage.take("settings-error")
    field.selectAll()
    QTest.keyClicks(field, "3")
    stage.live(0.7)
    stage.session.set_expert(True)
    stage.take("settings-expert")
    stage.session.set_expert(False)
    while stage.state.can_undo.startswith("Times"):
        stage.session.undo()


def training(stage: Stage) -> None:
    """The sample's run: before, starting, running, asked to stop, paused, finished."""
    stage.session.edit(
        {
            "train.steps": 28,
            "train.batch_size": 4,
            "train.evaluate_every": 4,
            "train.samples": ["Can we bring our own lunch?", "Is there a lift?"],
        },
        "A short run",
    )
    page = stage.show("train")
    stage.take("train-before", dark=True)
    page.activate_primary()
    stage.until(lambda: stage.state.facts.run, "the run to be there")
    stage.take("train-loading")
    stage.until(lambda: stage.state.facts.run and stage.state.facts.run.step >= 16, "some steps")
    stage.live(0.5)
    stage.take("train-ready", dark=True)
    page.view.head.stop.click()
    stage.take("train-stop")
    stage.find(QAbstractButton, "Go on").click()
    page.view.head.pause.click()
    stage.until(lambda: run_state(stage) == "paused", "the pause")
    stage.take("train-paused")
    page.view.head.resume.click()
    stage.until(lambda: run_state(stage) in ("finished", "failed"), "the run's end")
    stage.live(0.8)
    stage.take("train-finished", dark=True)


def results(stage: Stage) -> None:
    """Measured, talked to and taken away."""
    busy = Busy(stage)
    page = stage.show("evaluate")
    stage.take("evaluate-before")
    page.activate_primary()
    stage.until(lambda: busy.far("evaluate"), "measuring to tell how far it is")
    stage.take("evaluate-loading", settle=False)
    stage.until(lambda: stage.state.facts.evaluations, "the verdict")
    stage.until(lambda: page.chat.columns and stage.find(QAbstractButton, "Clear"), "the chat")
    page.chat.ask(next(iter(page.chat.questions()), "Is there a lift?"))
    stage.until(lambda: not page.chat.answering(), "the answers")
    stage.take("evaluate-ready", dark=True)
    page = stage.show("share")
    stage.until(lambda: page.primary()[1], "the kinds of export")
    stage.take("share-before")
    page.activate_primary()
    stage.until(lambda: busy.far("export") or busy.over("export"), "the export to tell how far it is")
    stage.take("share-loading", settle=False)
    stage.until(lambda: stage.state.facts.exports, "the export")
    stage.take("share-ready", dark=True)


def going_on(stage: Stage) -> None:
    """What a second run can begin with: the first, trained further or beneath new additions."""
    stage.session.run.begin_with("run-1")
    stage.until(lambda: stage.state.facts.begin, "what a run begins with")
    stage.show("method")
    stage.take("method-begin", dark=True)
    stage.session.run.begin_with("run-1", stacked=True)
    stage.until(lambda: stage.state.config.train.stacked, "the new additions above")
    stage.show("train").plan()
    stage.take("train-begin")
    stage.session.run.begin_with("")
    stage.until(lambda: not stage.state.facts.begin, "the model as it came")


def trouble(stage: Stage, scratch: Path) -> None:
    """A worker that dies, a place that can't be written, a measurement without its model."""
    closed = scratch / "a file, not a folder"
    closed.touch()
    page, busy = stage.show("share"), Busy(stage)
    page.choose_folder(closed)
    page.activate_primary()
    stage.until(lambda: busy.over("export"), "the refusal")
    stage.take("share-error")
    page.choose_folder(None)
    page = stage.show("train")
    page.plan()
    page.activate_primary()
    stage.until(lambda: run_state(stage) == "running" and _steps(stage) > 9, "the second run")
    os.kill(_worker(stage), signal.SIGKILL)
    stage.until(lambda: run_state(stage) == "failed", "the failure")
    stage.live(0.8)
    stage.take("train-error", dark=True)
    final = stage.state.folder / "runs" / "run-1" / "final"
    final.rename(final.with_name("elsewhere"))
    stage.session.run.select("run-1")
    stage.live(0.5)
    page = stage.show("evaluate")
    stage.session.run.evaluate("run-1")
    stage.live(1.0)
    stage.take("evaluate-error")
    final.with_name("elsewhere").rename(final)


def _steps(stage: Stage) -> int:
    return stage.state.facts.run.step if stage.state.facts.run else 0


def _worker(stage: Stage) -> int:
    from studio.worker.run_folder import RunFolder

    run = stage.state.facts.run
    assert run is not None
    started = RunFolder(stage.state.folder / "runs" / run.id).last_started()
    assert started is not None
    return started.pid


def long_texts(stage: Stage, projects: Path, scratch: Path) -> None:
    """Everything that can be long, long: names, questions, answers, paths, in several scripts and with markup."""
    model = props.model_with_a_long_name(scratch, resources() / "starters" / "decoder")
    table = props.long_table(scratch)
    stage.session.close_project()
    stage.live(0.3)
    stage.session.new_project(files=[table], folder=projects / props.LONG_NAME)
    stage.until(lambda: stage.session.state and stage.state.facts.datasets, "the long table")
    stage.session.choose_model(model)
    stage.until(lambda: stage.state.facts.model, "the model with a long name")
    stage.until(lambda: stage.state.facts.report and stage.state.facts.report.tokens_total, "the token counts")
    questions = [props.LONG_QUESTION, props.RIGHT_TO_LEFT, props.WIDE_SCRIPT, props.MARKUP]
    stage.session.edit({"train.samples": questions, "train.steps": 4, "train.evaluate_every": 2}, "Long questions")
    stage.show("data")
    stage.take("data-long")
    preview(stage, "long")
    for step in ("model", "method", "settings"):
        stage.show(step)
        stage.take(f"{step}-long")
    page = stage.show("train")
    page.activate_primary()
    stage.until(lambda: run_state(stage) in ("finished", "failed"), "the short run")
    run = stage.state.facts.run
    assert run is not None
    stage.session.run.note(run.id, props.LONG_QUESTION)
    stage.live(1.0)
    stage.take("train-long")
    page = stage.show("evaluate")
    page.activate_primary()
    stage.until(lambda: stage.state.facts.evaluations, "the verdict")
    page.chat.ask(f"{props.MARKUP} {props.LONG_QUESTION} {props.RIGHT_TO_LEFT}")
    stage.until(lambda: not page.chat.answering(), "the long answers")
    stage.take("evaluate-long")
    page = stage.show("share")
    stage.until(lambda: page.primary()[1], "the kinds of export")
    page.activate_primary()
    stage.until(lambda: stage.state.facts.exports, "the export")
    stage.take("share-long")
    stage.session.close_project()
    stage.live(0.3)


def home_again(stage: Stage) -> None:
    """Home with the projects that were made."""
    stage.show("home")
    stage.live(0.8)
    stage.take("home-ready", dark=True)
    stage.window.show_home("projects")
    stage.live(0.5)
    stage.take("home-long")


def enlarged(stage: Stage, folder: Path) -> None:
    """The ready state of each page of a finished project, at the scale this process was started with."""
    stage.show("home")
    stage.live(0.8)
    stage.take("home-200")
    stage.session.open_project(folder)
    stage.until(lambda: stage.session.state, "the project")
    stage.session.run.select("run-1")
    for page in STEPS:
        stage.show(page)
        stage.live(0.8)
        stage.take(f"{page}-200")
    preview(stage, "200")
