from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.ui.theme import tokens
from studio.ui.widgets import token_flow
from studio.ui.widgets.layout import scrolling
from studio.ui.widgets.token_flow import TokenFlow
from studio.ui.widgets.token_layout import LINE, Token, TokenGroup, lay_out, measured, shaped_words, shown_word


def ten(word: str, _token: Token) -> float:
    return 10.0 * len(word)


def placed(*texts: str, width: float = 200.0):
    return lay_out(measured([Token(text) for text in texts], ten), width)


def test_tokens_stand_in_lines_and_pieces_of_a_word_stand_close():
    boxes, height = placed("visi", "tors", " of", width=400)
    pieces = boxes[1].rect.left() - boxes[0].rect.right()
    words = boxes[2].rect.left() - boxes[1].rect.right()
    assert height == LINE
    assert 0 < pieces < words


def test_a_token_that_does_not_fit_goes_to_the_next_line():
    boxes, height = placed("0123456789", " 0123456789", width=150)
    assert height == 2 * LINE
    assert boxes[1].rect.left() == 0
    assert boxes[1].rect.top() - boxes[0].rect.top() == LINE


def test_a_line_break_is_shown_and_breaks_the_line():
    boxes, height = placed("a\n", "b", "\n\n", "c")
    assert [box.word for box in boxes] == ["a↵", "b", "↵↵", "c"]
    assert [box.rect.top() // LINE for box in boxes] == [0, 1, 1, 2]
    assert height == 3 * LINE


def test_a_last_line_break_adds_no_empty_line():
    assert placed("a\n")[1] == LINE
    assert placed()[1] == LINE


def test_what_can_not_be_seen_is_shown_as_a_mark():
    assert [shown_word(Token(text)) for text in (" ", "\t", "   ", " x", "\u00a0")] == ["␣", "⇥", "␣␣␣", "x", "⍽"]
    assert shown_word(Token(" ends ", special=True)) == " ends "


def test_right_to_left_text_flows_from_the_right():
    boxes, _height = placed("نعم", " يسعدنا", width=300)
    assert boxes[0].rect.right() == 300
    assert boxes[1].rect.right() < boxes[0].rect.left()
    assert all(box.right_to_left for box in boxes)


def test_pieces_of_an_arabic_word_keep_their_joined_forms():
    joined = shaped_words([Token("بال"), Token("عربية"), Token(" نعم")])
    assert joined[0].endswith("\u200d")
    assert joined[1].startswith("\u200d")
    assert "\u200d" not in joined[2]


def test_a_token_wider_than_the_column_stays_inside():
    boxes, _height = placed("x" * 500, width=200)
    assert boxes[0].rect.width() == 200


def flow_of(show, *texts: str) -> TokenFlow:
    flow = TokenFlow()
    flow.set_groups([TokenGroup(tuple(Token(text, "learnt", 7) for text in texts), "Answer", "column “answer”")])
    return show(flow, 400, 200)


def test_marked_tokens_are_copied_with_their_own_text(show):
    flow = flow_of(show, "It", " is", " <b>", "open", "\n")
    flow.setFocus()
    QTest.keyClick(flow, Qt.Key.Key_Right)
    QTest.keyClick(flow, Qt.Key.Key_Right)
    for _each in range(2):
        QTest.keyClick(flow, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert flow.selected_text() == " is <b>open"
    QTest.keyClick(flow, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == " is <b>open"
    QTest.keyClick(flow, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert flow.selected_text() == "It is <b>open\n"


def test_dragging_marks_tokens(show):
    flow = flow_of(show, "It", " is", " open", " today")
    boxes = [box.rect.center().toPoint() for box in flow.placed()]
    QTest.mousePress(flow, Qt.MouseButton.LeftButton, pos=boxes[1])
    QTest.mouseMove(flow, boxes[2])
    QTest.mouseRelease(flow, Qt.MouseButton.LeftButton, pos=boxes[2])
    assert flow.selected_text() in (" is open", " is")
    assert flow.token_at(flow.placed()[3].rect.center()) == 3


def test_a_screen_reader_hears_counts_and_text(show):
    flow = TokenFlow()
    flow.set_tokens([Token("Hi", "learnt"), Token(" you", "read"), Token("!", "cut")])
    assert flow.accessibleName() == "3 tokens: 1 learnt, 1 only read, 1 cut off"
    assert flow.accessibleDescription() == "Hi you!"


def test_what_is_learnt_has_a_line_below_and_what_is_read_has_none(show):
    def underlined(kind: str) -> bool:
        flow = TokenFlow()
        flow.set_tokens([Token("museum", kind)])  # type: ignore[arg-type]
        show(flow, 200, 40)
        box = flow.placed()[0].rect
        pixel = flow.grab().toImage().pixelColor(int(box.center().x()), int(box.bottom()))
        return pixel.name() == tokens().train.name()

    assert underlined("learnt")
    assert not underlined("read")


def test_of_ten_thousand_tokens_each_word_is_measured_once_and_only_what_can_be_seen_is_painted(show, monkeypatch):
    painted: list[object] = []
    paint = token_flow.paint_token
    monkeypatch.setattr(token_flow, "paint_token", lambda *args, **how: (painted.append(args[1]), paint(*args, **how)))
    flow = TokenFlow()
    area = scrolling(flow)
    show(area, 700, 500)
    many = tuple(Token(f" word{i % 700}", "learnt") for i in range(10_000))
    flow.set_groups([TokenGroup(many, "Answer")])
    area.grab()
    assert flow._measure.cache_info().misses == 700
    painted.clear()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum() // 2)
    area.viewport().grab()
    assert flow.height() > 5000
    assert 0 < len(painted) < 500


def test_the_tip_of_a_token_is_literal(show):
    flow = flow_of(show, "<b>")
    assert flow._tip(0) == "“<b>” · learnt · token 1 of 1 · number 7 in the vocabulary"
