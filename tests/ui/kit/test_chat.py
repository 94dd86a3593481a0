from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from studio.ui.widgets.chat import ChatColumn
from tests.ui.kit.heard import Heard


def test_an_answer_appears_piece_by_piece_as_plain_text(show):
    chat = show(ChatColumn("After", "tuned"), 320, 400)
    chat.ask("Is <b>it</b> open?")
    chat.begin_answer()
    assert chat.stop.isVisible()
    for piece in ("It ", "is <i>", "open</i>."):
        chat.append(piece)
    QTest.qWait(80)
    assert [bubble.text() for bubble in chat.bubbles()] == ["Is <b>it</b> open?", "It is <i>open</i>."]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in chat.findChildren(QLabel))
    chat.end_answer("stopped after 3 words")
    assert not chat.stop.isVisible()


def test_an_answer_can_be_stopped_and_copied(show):
    chat = show(ChatColumn(), 320, 400)
    stopped = Heard(chat.stop_clicked)
    chat.append("Gladly.")
    chat.flush()
    QTest.mouseClick(chat.stop, Qt.MouseButton.LeftButton)
    QTest.mouseClick(chat.bubbles()[0].copy, Qt.MouseButton.LeftButton)
    assert len(stopped) == 1
    assert QGuiApplication.clipboard().text() == "Gladly."


def test_a_long_answer_is_followed_to_its_end(show, app):
    chat = show(ChatColumn(), 300, 200)
    chat.append("One sentence after the other. " * 60)
    chat.flush()
    for _turn in range(3):
        app.processEvents()
    bar = chat._scroll.verticalScrollBar()
    assert bar.maximum() > 100
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    chat.append("And more. " * 40)
    chat.flush()
    app.processEvents()
    assert bar.value() == 0


def test_a_cleared_column_takes_nothing_of_the_last_answer(show, app):
    chat = show(ChatColumn(), 300, 200)
    chat.append("old")
    chat.clear()
    chat.append("new")
    chat.flush()
    app.processEvents()
    assert [bubble.text() for bubble in chat.bubbles() if bubble.isVisible()] == ["new"]
