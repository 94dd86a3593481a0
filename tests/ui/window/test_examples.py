"""How examples of each kind are drawn: marks with their names, answers side by side, what a text is taught to be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtWidgets import QLabel

from studio.core.config import Choice, RunConfig
from studio.ui.pages.data.block import ExampleBlock
from studio.ui.pages.data.example import apart, as_marked, as_tokens
from studio.ui.pages.data.kinds import kind_of, looks
from studio.ui.widgets.switches import Chip
from studio.ui.widgets.token_layout import Token
from tests.ui.window.files import FILES
from tests.ui.window.living import button, click, data_page, state, until


def read(*words: str) -> list[tuple[str, str]]:
    return [(word, "read") for word in words]


def marked(words: Sequence[str], tags: Sequence[str]) -> str:
    """Tokens with notes in brackets, as a person would read them."""
    tokens = as_marked(read(*words), tags, {})
    return " ".join(f"[{token.text}]" if token.note else token.text.strip() for token in tokens)


def test_a_mark_has_its_name_behind_its_last_piece():
    words = ["Take", " 5", " mg", "s", " at", " bed", "time"]
    assert marked(words, ["O", "B-dose", "I-dose", "", "O", "B-when", ""]) == "Take 5 mg s [dose] at bed time [when]"


def test_two_marks_side_by_side_stay_two_and_signs_end_a_mark():
    assert marked(["[CLS]", "a", " b", "[SEP]"], ["", "B-x", "B-x", ""]) == "[CLS] a [x] b [x] [SEP]"
    assert marked(["a", " b", " c"], ["x", "x", "O"]) == "a b [x] c"


def test_a_mark_keeps_its_colour_from_example_to_example():
    tones: dict[str, str] = {}
    as_marked(read("a", " b"), ["B-x", "B-y"], tones)
    later = as_marked(read("b"), ["B-y"], tones)
    assert later[0].tone == tones["y"] != tones["x"]


def test_the_question_that_two_answers_share_stands_alone():
    asked = as_tokens([("<|user|>", "read"), ("Why", "read"), ("<|assistant|>", "read")])
    better, worse = asked + as_tokens([("So", "learnt")]), asked + as_tokens([("So", "learnt"), ("!", "learnt")])
    assert apart(better, worse) == 3
    judged = as_tokens(read("Why", "?\n", "It", " is")), as_tokens(read("Why", "?\n", "It", " was"))
    assert apart(*judged) == 2
    joined = as_tokens(read("Why", "?", "\n\nSo")), as_tokens(read("Why", "?", "\n\nNo"))
    assert apart(*joined) == 2
    assert apart([Token("a")], []) == 0


@pytest.mark.parametrize(
    "objective",
    ["instruct", "documents", "hidden-words", "transform", "sort", "value", "mark", "prefer", "judge", "liked"],
)
def test_every_kind_has_its_legend(objective):
    config = RunConfig(objective=Choice(id=objective))
    found = looks(config)
    assert len({look.name for look in found}) == len(found) >= 2
    assert kind_of(config) == kind_of(config.model_copy(update={"goal": "read"}))


def test_an_example_says_which_class_its_text_belongs_to(app):
    example = {"origin": "line 2", "tokens": read("Late", " again"), "learnt": 1, "labels": ["delivery", "damage"]}
    words = {"text": ("Text", "column “mail”"), "label": ("Class", "column “kind”")}
    block = ExampleBlock(3, example, words, "class", {})
    block.show()
    assert [chip.text() for chip in block.findChildren(Chip)] == ["delivery", "damage"]
    said = [label.text() for label in block.findChildren(QLabel)]
    assert "Example 3" in said
    assert "2 only read" in said
    block.close()


def test_what_it_learns_is_shown_for_sorted_texts_from_a_real_file(window, tmp_path):
    window.session.new_project("sort", [FILES["sort"](tmp_path)], tmp_path / "project")
    until(lambda: window.session.state and state(window).facts.report is not None, 60)
    model = window.show_step("model")
    until(lambda: model.cards and model.cards[0].isVisible())
    click(model.cards[0])
    page = data_page(window)
    until(lambda: (report := state(window).facts.report) and report.tokens_total, 60)
    click(button(page, "See what it learns"))
    until(lambda: page.learns.findChildren(ExampleBlock), 60)
    assert {chip.text() for chip in page.learns.findChildren(Chip)} == {"good", "bad", "mixed"}
    assert "tokens are read" in {label.text() for label in page.teaching.findChildren(QLabel)}
