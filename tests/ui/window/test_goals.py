"""Each goal by real clicks: from its card on Home to a run that is measured; one of them on to an export."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel

from studio.ui.dialogs.new_project import NewProjectDialog
from studio.ui.main_window import MainWindow
from studio.ui.pages.evaluate import EvaluatePage
from tests.ui.window.files import FILES
from tests.ui.window.living import button, click, data_page, model_page, state, until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.engine]
SOON, LATER = 30, 120
SHORT = {
    "train.steps": 6,
    "train.batch_size": 4,
    "train.evaluate_every": 3,
    "train.max_length": 64,
    "train.threads": 1,
    "train.device": "cpu",
    "data.split.test": 0.12,
}


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def drop(window: MainWindow, path: Path) -> None:
    """Let a file fall onto the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(400, 300), Qt.DropAction.CopyAction, data, buttons, keys))


def begin(window: MainWindow, place: int, file: Path) -> None:
    """A click on a goal, its name taken as it is, and a file dropped."""
    click(window.home.goal_cards[place])
    click(next(each for each in window.findChildren(NewProjectDialog) if each.isVisible()).start)
    until(lambda: window.current_page() == "data" and data_page(window).empty.isVisible())
    drop(window, file)
    until(lambda: state(window).facts.report is not None, LATER)
    assert window.bottom.next.isEnabled(), window.bottom.message()


def choose(window: MainWindow, name: str) -> None:
    """On to the models, and a click on one."""
    click(window.bottom.next)
    page = model_page(window)
    until(lambda: any(card.model.name == name and card.isVisible() for card in page.cards))
    click(next(card for card in page.cards if card.model.name == name))
    until(lambda: (report := state(window).facts.report) and report.tokens_total, LATER)


def train(window: MainWindow) -> None:
    """A short run, from the summary to its end."""
    window.session.edit(SHORT, "A short run")
    until(lambda: (report := state(window).facts.report) and report.max_length == 64, LATER)
    for step in ("method", "settings", "train"):
        click(window.bottom.next)
        until(lambda step=step: window.current_page() == step)
    until(lambda: window.bottom.next.isEnabled(), SOON)
    click(window.bottom.next)
    until(lambda: (run := state(window).facts.run) and run.state in ("finished", "failed"), LATER)
    run = state(window).facts.run
    assert run is not None and run.state == "finished", said(window)


def evaluate_page(window: MainWindow) -> EvaluatePage:
    page = window.page("evaluate")
    assert isinstance(page, EvaluatePage)
    return page


def measure(window: MainWindow) -> EvaluatePage:
    """On to Evaluate, and measure; the page with what it found."""
    until(lambda: window.bottom.next.isEnabled(), SOON)
    click(window.bottom.next)
    until(lambda: window.current_page() == "evaluate")
    click(window.bottom.next)
    until(lambda: state(window).facts.evaluations, LATER)
    page = evaluate_page(window)
    until(lambda: state(window).facts.evaluations[0].sentence in said(page))
    assert state(window).facts.evaluations[0].verdict_id != "too_few"
    return page


def tried(window: MainWindow, text: str) -> tuple[str, str]:
    """What the model says to a text, before and after."""
    page = evaluate_page(window)
    if page.looks.isVisible():
        click(button(page, "Try it"))
    page.chat.input.setPlainText(text)
    click(page.chat.send_button)
    until(lambda: not page.chat.answering(), LATER)
    answers = {who: column.bubbles()[-1].text() for who, column in page.chat.columns.items()}
    window.session.run.close_playground()
    return answers["base"], answers["tuned"]


@pytest.mark.parametrize(
    ("place", "kind", "model", "measured", "seen"),
    [
        (2, "mark", "Starter reader", "finds and names the marks", "Mark by mark"),
        (3, "transform", "Starter rewriter", "examples that it never saw", "How unsure it is"),
        (4, "documents", "Starter", "examples that it never saw", "Try a beginning"),
        (5, "prefer", "Starter", "pairs of answers that it never saw", "Better answer first"),
    ],
)
def test_a_goal_goes_by_clicks_from_home_to_a_measured_run(window, tmp_path, place, kind, model, measured, seen):
    begin(window, place, FILES[kind](tmp_path))
    assert state(window).config.objective.id == kind
    choose(window, model)
    train(window)
    page = measure(window)
    assert measured in state(window).facts.evaluations[0].sentence
    until(lambda: seen in said(page))


def test_sorting_goes_by_clicks_from_home_to_an_export_and_is_tried_on_the_way(window, tmp_path):
    begin(window, 1, FILES["sort"](tmp_path))
    choose(window, "Starter reader")
    train(window)
    page = measure(window)
    assert "it told the right class of" in said(page)
    until(lambda: "What is taken for what" in said(page))
    before, after = tried(window, "Visit 7: the tower was lovely and the people were lovely.")
    assert before != after
    for name in ("good", "bad", "mixed"):
        assert name in after
    click(window.bottom.next)
    until(lambda: window.current_page() == "share" and window.bottom.next.isEnabled(), SOON)
    click(window.bottom.next)
    until(lambda: state(window).facts.exports, LATER)
    assert state(window).facts.exports[0].check["ok"]
