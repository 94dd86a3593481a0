"""The Method page: what each way of changing the model costs here, and which one fits."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel

from studio import plugins
from studio.services import advice, doctor, models
from studio.ui.pages.method import MethodPage
from studio.ui.pages.method.card import MethodChoice
from tests.ui.kit.heard import Heard
from tests.ui.window.living import button, click, press, state, until

LITTLE = 600_000_000
"""Memory with which the starter trains only where its activations are computed twice."""


def method_page(window) -> MethodPage:
    page = window.show_step("method")
    assert isinstance(page, MethodPage)
    until(lambda: all(card.isVisible() for card in cards(page).values() if usual(card.method)))
    return page


def usual(method: str) -> bool:
    return plugins.methods()[method].order < advice.FURTHER


def cards(page: MethodPage) -> dict[str, MethodChoice]:
    return {card.method: card for card in page.findChildren(MethodChoice)}


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def test_each_method_is_a_card_that_says_what_it_trains_and_costs(ready):
    page = method_page(ready)
    until(lambda: set(cards(page)) == {method.id for method in plugins.methods()})
    click(button(page, "Show 16 more ways"))
    until(lambda: all(card.isVisible() for card in cards(page).values()))
    for id, card in cards(page).items():
        facts = next(each for each in state(ready).facts.cards if each.id == id)
        assert facts.summary in said(card)
        assert "is trained" in said(card)
        assert "Memory" in card.accessibleDescription()
        assert facts.summary in card.accessibleDescription()


def test_unusual_ways_are_shown_when_they_are_asked_for_or_chosen(ready):
    page = method_page(ready)
    until(lambda: set(cards(page)) == {method.id for method in plugins.methods()})
    unusual = [id for id in cards(page) if not usual(id)]
    assert len(unusual) == 16
    assert not any(cards(page)[id].isVisible() for id in unusual)
    click(button(page, "Show 16 more ways"))
    until(lambda: all(cards(page)[id].isVisible() for id in unusual))
    click(cards(page)["ia3"])
    until(lambda: state(ready).config.method.id == "ia3")
    click(button(page, "Show fewer ways"))
    until(lambda: not cards(page)["vera"].isVisible())
    assert cards(page)["ia3"].isVisible() and cards(page)["ia3"].isChecked()


def test_exactly_one_method_is_recommended_and_says_why(ready):
    page = method_page(ready)
    recommended = [card for card in cards(page).values() if "Recommended" in button_words(card)]
    assert len(recommended) == 1
    reason = next(each.reason for each in state(ready).facts.cards if each.recommended)
    assert reason in said(recommended[0])


def button_words(place) -> list[str]:
    return [each.text() for each in place.findChildren(QAbstractButton) if each.isVisible()]


def test_a_click_chooses_a_method_and_undo_takes_it_back(ready):
    page = method_page(ready)
    click(cards(page)["full"])
    until(lambda: state(ready).config.method.id == "full")
    assert cards(page)["full"].isChecked()
    assert state(ready).can_undo.startswith("Method:")
    ready.session.undo()
    until(lambda: state(ready).config.method.id == "lora" and cards(page)["lora"].isChecked())


def test_arrow_keys_choose_among_the_methods(ready):
    page = method_page(ready)
    order = [card.id for card in state(ready).facts.cards]
    first = cards(page)[state(ready).config.method.id]
    first.setFocus()
    following = order[order.index(first.method) + 1]
    press(first, Qt.Key.Key_Right)
    until(lambda: state(ready).config.method.id == following)
    assert cards(page)[following].isChecked()


@pytest.fixture
def narrow(ready, monkeypatch):
    """The starter model on a computer with little memory, nothing of which is to be saved."""
    small = doctor.processor().model_copy(update={"memory_bytes": LITTLE, "free_bytes": LITTLE})
    monkeypatch.setattr(doctor, "processor", lambda: small)
    measured = Heard(ready.session.meters)
    ready.session.measure()
    until(lambda: measured and measured[-1][-1].memory_bytes == LITTLE)
    ready.session.choose_model(models.starter_path())
    until(lambda: getattr(state(ready).facts.model, "starter", False))
    ready.session.edit({"train.checkpointing": "off", "train.max_length": 512}, "Save no memory")
    return ready


def test_a_method_that_does_not_fit_says_so_and_a_change_that_helps_is_one_click_away(narrow):
    ready = narrow
    page = method_page(ready)
    until(lambda: "Does not fit this computer" in said(cards(page)["lora"]))
    assert not ready.bottom.next.isEnabled()
    click(button(cards(page)["lora"], "What would help?"))
    fix = next(card for card in state(ready).facts.cards if card.id == "lora").fixes[0]
    words = page.findChildren(QLabel)
    assert any(label.text() == fix.sentence and label.isVisible() for label in words)
    click(button(page, f"Do this: {fix.sentence}"))
    until(lambda: all(get(state(ready).config, name) == value for name, value in fix.changes.items()))
    until(lambda: getattr(state(ready).facts.estimate, "fits", False))


def get(config, name: str):
    section, _, key = name.partition(".")
    part = getattr(config, section)
    return getattr(part, key, None) if section == "train" else part.model_dump().get(key)


def test_a_method_that_does_not_fit_is_not_chosen_by_a_click(narrow):
    ready = narrow
    page = method_page(ready)
    until(lambda: cards(page)["full"].property("blocked"))
    click(cards(page)["full"])
    assert state(ready).config.method.id == "lora"
    assert cards(page)["lora"].isChecked()


def test_without_a_model_the_page_says_what_comes_first(opened):
    page = method_page(opened)
    assert not cards(page)
    assert "First choose a model" in said(page)
    click(button(page, "Choose a model"))
    assert opened.current_page() == "model"
