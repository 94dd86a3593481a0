"""The story of each goal but the sample's: brought in, seen as it is learnt, trained for a moment, measured, tried."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from studio.core.paths import resources
from tests.ui.pictures.stage import Stage
from tests.ui.pictures.story import Busy, run_state
from tests.ui.window.files import FILES


class Told(NamedTuple):
    """A goal with what is learnt for it, the starter that learns it, and how long."""

    goal: str
    kind: str
    starter: str
    steps: int
    rate: float = 1e-3


GOALS = (
    Told("sort", "sort", "encoder", 40),
    Told("sort", "value", "encoder", 40),
    Told("mark", "mark", "encoder", 40),
    Told("translate", "transform", "encoder-decoder", 40),
    Told("read", "documents", "decoder", 12),
    Told("read", "hidden-words", "encoder", 12),
    Told("prefer", "prefer", "decoder", 12),
    Told("prefer", "liked", "decoder", 12),
    Told("prefer", "judge", "encoder", 30),
)


def tell(stage: Stage, told: Told, projects: Path, scratch: Path, *, dark: bool = False, whole: bool = True) -> None:
    """One goal from its file to a try-out."""
    folder = scratch / told.kind
    folder.mkdir()
    file = FILES.get(told.kind, FILES["documents" if told.goal == "read" else "prefer"])(folder)
    stage.session.close_project()
    stage.live(0.3)
    stage.session.new_project(told.goal, (), projects / f"My {told.kind}")  # type: ignore[arg-type]
    stage.until(lambda: stage.session.state, "the project")
    stage.show("data")
    stage.take(f"{told.kind}-data-empty", dark=dark)
    stage.session.data.import_files([file])
    stage.until(lambda: stage.state.facts.datasets and stage.state.config.data.roles, "the file")
    if told.kind == "judge":
        stage.session.data.learn("judge", "A judge")
    stage.session.choose_model(resources() / "starters" / told.starter)
    stage.until(lambda: stage.state.config.objective.id == told.kind, "what is learnt")
    stage.until(lambda: stage.state.facts.report and stage.state.facts.report.tokens_total, "the token counts")
    page, busy = stage.show("data"), Busy(stage)
    stage.take(f"{told.kind}-data", dark=dark)
    page.show_view("learns")
    stage.until(lambda: busy.over("preview"), "the preview")
    stage.live(0.6)
    stage.take(f"{told.kind}-learns", dark=dark)
    page.show_view("rows")
    stage.show("model")
    stage.live(0.5)
    stage.take(f"{told.kind}-model")
    if whole:
        _train(stage, told, dark)
        _evaluate(stage, told, dark)


def _train(stage: Stage, told: Told, dark: bool) -> None:
    changes = {
        "train.steps": told.steps,
        "train.learning_rate": told.rate,
        "train.batch_size": 8,
        "train.evaluate_every": max(3, told.steps // 5),
    }
    stage.session.edit(changes, "A short run")
    page = stage.show("train")
    stage.until(lambda: page.primary()[1], "the start to be possible")
    stage.take(f"{told.kind}-before")
    page.activate_primary()
    stage.until(lambda: run_state(stage) in ("finished", "failed"), "the run's end")
    stage.live(0.8)
    stage.take(f"{told.kind}-train", dark=dark)


def _evaluate(stage: Stage, told: Told, dark: bool) -> None:
    page = stage.show("evaluate")
    page.activate_primary()
    stage.until(lambda: stage.state.facts.evaluations, "the verdict")
    stage.live(0.6)
    stage.take(f"{told.kind}-evaluate", dark=dark)
    page.chat.ask(next(iter(page.chat.questions()), "The museum was lovely and the people were lovely."))
    stage.until(lambda: not page.chat.answering(), "the answers")
    page.show_try()
    stage.live(0.4)
    stage.take(f"{told.kind}-try", dark=dark)
