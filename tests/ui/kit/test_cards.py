from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio.ui.widgets.buttons import Button, LinkButton, PrimaryButton
from studio.ui.widgets.cards import Card, SelectableCard
from studio.ui.widgets.labels import Label
from studio.ui.widgets.notices import EmptyState, ErrorCard, Notice
from studio.ui.widgets.toast import Toast
from tests.ui.kit.heard import Heard


def three_cards(show) -> list[SelectableCard]:
    window = QWidget()
    row = QHBoxLayout(window)
    cards = [SelectableCard(name) for name in ("LoRA", "Last layers", "Full")]
    for card in cards:
        card.add(Label("Rewrites only the top of the model.", "caption", wrap=True))
        row.addWidget(card)
    show(window, 700, 200)
    return cards


def test_a_click_anywhere_on_a_card_chooses_it(show):
    cards = three_cards(show)
    cards[0].setChecked(True)
    QTest.mouseClick(cards[1], Qt.MouseButton.LeftButton, pos=cards[1].rect().bottomRight() - QPoint(20, 20))
    assert [card.isChecked() for card in cards] == [False, True, False]


def test_arrow_keys_choose_among_the_cards(show):
    cards = three_cards(show)
    cards[0].setChecked(True)
    cards[0].setFocus()
    QTest.keyClick(cards[0], Qt.Key.Key_Right)
    assert cards[1].isChecked()
    assert cards[1].hasFocus()


def test_choosing_a_card_moves_nothing(show):
    cards = three_cards(show)
    before = [(each.pos(), each.size()) for each in cards[1].findChildren(QLabel)]
    cards[1].setChecked(True)
    cards[1].grab()
    assert [(each.pos(), each.size()) for each in cards[1].findChildren(QLabel)] == before


def test_a_card_that_can_not_be_chosen_says_why(show):
    cards = three_cards(show)
    cards[0].setChecked(True)
    cards[2].set_disabled_reason("It needs 26.8 GB, the card has 12 GB")
    QTest.mouseClick(cards[2], Qt.MouseButton.LeftButton)
    assert not cards[2].isChecked()
    assert cards[0].isChecked()
    assert "26.8 GB" in cards[2].toolTip()
    assert "26.8 GB" in cards[2].accessibleDescription()


def test_a_card_is_a_radio_button_to_screen_readers(show):
    cards = three_cards(show)
    cards[1].setChecked(True)
    heard = QAccessible.queryAccessibleInterface(cards[1])
    assert heard.role() == QAccessible.Role.RadioButton
    assert heard.text(QAccessible.Text.Name) == "Last layers"
    assert heard.state().checked


def test_a_card_without_a_title_has_no_empty_head(show):
    card = Card()
    card.add(Label("x"))
    titled = Card("Findings", LinkButton("Undo"), aside="4 to look at")
    show(card, 200, 80)
    show(titled, 300, 80)
    assert not card.title_label.isVisible()
    assert titled.title_label.isVisible()
    assert titled.aside_label.text() == "4 to look at"


def test_an_error_has_three_parts_and_the_recommended_way_first(show):
    card = ErrorCard()
    done = Heard(card.action)
    card.show_error(
        "It stopped", "The disk is full.", "Nothing is lost.", "Free 2 GB.", buttons=[("go", "Go"), ("x", "X")]
    )
    show(card, 600, 200)
    buttons = [each for each in card.findChildren(Button) if each.isVisible()]
    assert isinstance(buttons[0], PrimaryButton)
    assert not isinstance(buttons[1], PrimaryButton)
    for button in buttons:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == ["go", "x"]
    said = [label.text() for label in card.findChildren(QLabel) if label.isVisible()]
    for part in (
        "What happened",
        "The disk is full.",
        "Your data",
        "Nothing is lost.",
        "What you can do",
        "Free 2 GB.",
    ):
        assert part in said


def test_a_second_error_replaces_the_buttons_of_the_first(show):
    card = ErrorCard()
    card.show_error("A", "a", "b", "c", buttons=[("go", "Go"), ("x", "X")])
    card.show_error("B", "a", "b", "c", buttons=[("other", "Other")])
    show(card, 600, 200)
    assert [each.text() for each in card.findChildren(Button) if each.isVisible()] == ["Other"]


def test_a_notice_offers_its_link(show):
    notice = show(Notice("No data at hand?", link="Use the sample"), 500, 60)
    pressed = Heard(notice.link_clicked)
    QTest.mouseClick(notice.findChildren(LinkButton)[0], Qt.MouseButton.LeftButton)
    assert len(pressed) == 1


def test_files_are_dropped_on_an_empty_place(show, tmp_path):
    place = show(EmptyState("table", "Drop here", "Spreadsheets.", "Choose files…", drop=True), 500, 400)
    dropped, pressed = Heard(place.dropped), Heard(place.action)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.csv")), QUrl("https://example.org/b.csv")])
    copy = Qt.DropAction.CopyAction
    place.dropEvent(QDropEvent(QPointF(10, 10), copy, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))
    assert dropped == [[str(tmp_path / "a.csv")]]
    QTest.mouseClick(place.action_button, Qt.MouseButton.LeftButton)
    assert len(pressed) == 1


def test_a_toast_offers_undo_and_leaves(show):
    window = show(QWidget(), 500, 300)
    toast = Toast(window)
    undone = Heard(toast.action)
    toast.say("Run 7 was deleted", "Undo", 60_000)
    assert toast.isVisible()
    assert toast.geometry().bottom() < window.height()
    QTest.mouseClick(toast.findChildren(LinkButton)[0], Qt.MouseButton.LeftButton)
    assert len(undone) == 1
    assert not toast.isVisible()
    toast.say("Saved", milliseconds=20)
    QTest.qWait(80)
    assert not toast.isVisible()
