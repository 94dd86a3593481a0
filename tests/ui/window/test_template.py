"""How conversations are written, on the Model page: chosen, written, refused, and shown with a real row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from studio.ui.main_window import MainWindow
from studio.ui.pages.model.template import OWN, TemplateCard
from tests.ui.window.living import button, click, model_page, state, type_into, until
from tests.ui.window.making import write_model

SAYING = "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token if m.role == 'assistant' }}\n{% endfor %}"


def card_of(window: MainWindow) -> TemplateCard:
    card = model_page(window).template
    until(lambda: card.isVisible() and card.flow.text())
    return card


def pick(card: TemplateCard, choice: str) -> None:
    """Choose from the list, as its menu would tell."""
    card.choice.set_value(choice)
    card.choice.edited.emit(choice)
    QApplication.processEvents()


def said(place: QWidget) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def test_plain_words_are_there_for_a_model_without_a_template_and_another_can_be_chosen(ready: MainWindow) -> None:
    card = card_of(ready)
    assert card.choice.currentText() == "Plain words"
    assert [card.choice.itemText(place) for place in range(card.choice.count())].count("Plain words") == 1
    assert "brings no template" in said(card)
    until(lambda: "Your first example" in said(card))
    assert "User" in card.flow.text()
    pick(card, "chatml")
    assert state(ready).config.model.template == "chatml"
    until(lambda: "no tokens for <|im_start|>, <|im_end|>" in said(card))
    assert "im_start" in card.flow.text()
    until(lambda: (report := state(ready).facts.report) and report.template.chosen == "chatml")
    ready.session.undo()
    until(lambda: "User" in card.flow.text())
    assert card.choice.currentText() == "Plain words"


def test_one_s_own_is_tried_while_it_is_written_and_used_when_asked(ready: MainWindow) -> None:
    card = card_of(ready)
    pick(card, OWN)
    until(lambda: card.editor.isVisible() and "User" in card.editor.toPlainText())
    assert state(ready).config.model.template == ""
    card.editor.selectAll()
    type_into(card.editor, "{% for m in messages %}")
    until(lambda: "can't be used" in said(card))
    assert not card.use.isEnabled()
    assert not card.flow.isVisible()
    card.editor.setPlainText(SAYING.replace("{{ eos_token if m.role == 'assistant' }}", ""))
    until(lambda: "would not learn to stop" in said(card))
    card.editor.setPlainText(SAYING)
    assert not card.use.isEnabled()
    until(lambda: card.use.isEnabled())
    until(lambda: card.flow.isVisible() and card.flow.text().startswith("user"))
    assert state(ready).config.model.template == ""
    click(card.use)
    assert state(ready).config.model.template == SAYING
    until(lambda: (report := state(ready).facts.report) and report.template.kind == "own")
    assert card.choice.value() == OWN
    assert card.editor.isVisible() and not card.use.isVisible()
    ready.session.undo()
    until(lambda: not card.editor.isVisible())


def test_what_is_being_written_can_be_left(ready: MainWindow) -> None:
    card = card_of(ready)
    pick(card, OWN)
    until(lambda: card.editor.isVisible() and card.editor.toPlainText())
    card.editor.setPlainText(SAYING)
    click(button(card, "Leave it as it was"))
    assert not card.editor.isVisible()
    assert state(ready).config.model.template == ""
    until(lambda: "User" in card.flow.text())


@pytest.mark.parametrize("goal", ["read", "sort"])
def test_what_needs_no_conversation_shows_no_template(window: MainWindow, model: Path, tmp_path: Path, goal) -> None:
    window.session.new_project(goal, (), tmp_path / "project")
    until(lambda: window.session.state is not None)
    page = model_page(window)
    window.session.choose_model(model)
    until(lambda: state(window).facts.model is not None)
    assert not page.template.isVisible()


def test_without_rows_a_made_up_one_is_shown(window: MainWindow, model: Path, tmp_path: Path) -> None:
    window.session.new_project("answer", (), tmp_path / "project")
    until(lambda: window.session.state is not None)
    page = model_page(window)
    window.session.choose_model(model)
    until(lambda: page.template.isVisible() and "A made-up example" in said(page.template))


def test_a_tokenizer_that_does_not_fit_stops_on_the_model_page(opened: MainWindow, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "another-tokenizer")
    whole = json.loads((folder / "tokenizer.json").read_text())
    whole["model"]["vocab"]["far"] = 500
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    opened.session.choose_model(folder)
    page = model_page(opened)
    until(lambda: any(problem.id == "tokenizer-too-large" for problem in state(opened).problems))
    assert not page.primary()[1]
    assert "don't belong together" in opened.bottom.message()
    until(lambda: page.error.isVisible())
    assert "Put the tokenizer that came with this model into its folder" in said(page.error)
    until(page.template.flow.text)


def test_what_merely_may_not_fit_is_said_above_the_models(opened: MainWindow, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "doubtful")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "eos_token_id": 4}))
    opened.session.choose_model(folder)
    page = model_page(opened)
    until(lambda: "has the word “does” there" in said(page))
    assert page.primary()[1]
    assert not page.error.isVisible()
    until(page.template.flow.text)
