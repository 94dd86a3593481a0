"""The Evaluate page: the verdict in words and numbers, and the talk with both models."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from studio.core.run import Metrics
from studio.services.facts import Evaluation
from studio.ui.pages.evaluate import EvaluatePage, words
from studio.ui.pages.evaluate.chat import QuestionInput, SideBySide
from studio.ui.pages.evaluate.result import MeasuresCard, VerdictCard
from studio.worker import client
from tests.ui.window.living import button, click, press, state, type_into, until


def evaluate_page(window) -> EvaluatePage:
    page = window.show_step("evaluate")
    assert isinstance(page, EvaluatePage)
    return page


def said(place) -> str:
    return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())


def evaluation(verdict: str, loss: float, low: float | None, high: float | None, examples: int = 50) -> Evaluation:
    return Evaluation(
        run="run-1",
        split="test",
        examples=examples,
        before=Metrics(loss=2.3, perplexity=math.exp(2.3)),
        after=Metrics(loss=2.3 + loss, perplexity=math.exp(2.3 + loss)),
        difference={"loss": loss, "low": low, "high": high, "level": 0.95},
        verdict_id=verdict,
        sentence=f"The sentence for {verdict}.",
    )


BETTER = evaluation("better", -1.2, -1.4, -1.0)
WORSE = evaluation("worse", 0.3, 0.1, 0.5)
SAME = evaluation("no_difference", -0.01, -0.06, 0.04)
FEW = evaluation("too_few", -0.4, None, None, examples=4)


def test_a_gain_is_a_share_of_the_hesitation_before():
    gain = words.gain_of(BETTER)
    assert gain is not None
    assert gain.value == pytest.approx(1 - math.exp(-1.2))
    assert gain.low == pytest.approx(1 - math.exp(-1.0))
    assert gain.high == pytest.approx(1 - math.exp(-1.4))
    assert gain.tone == "good"
    nothing = FEW.model_copy(update={"difference": {"loss": None, "low": None, "high": None, "level": 0.95}})
    assert words.gain_of(nothing) is None


def test_an_interval_is_named_with_as_many_figures_as_tell_its_ends_apart(app):
    narrow = evaluation("better", -4.5, -4.56, -4.44)
    assert words.verdict_of(narrow).meaning == "It hesitates less by 98.8 % to 99 % (95 % interval)."
    assert words.verdict_of(BETTER).meaning == "It hesitates less by 63 % to 75 % (95 % interval)."


@pytest.mark.parametrize("told", [BETTER, WORSE, SAME])
def test_the_scale_holds_the_whole_interval_and_no_difference(told):
    gain = words.gain_of(told)
    assert gain is not None
    assert gain.low is not None
    assert gain.high is not None
    low, high, ticks = words.scale_of(gain)
    assert low <= min(0.0, gain.low)
    assert high >= max(0.0, gain.high)
    assert low <= ticks[0][0] < ticks[-1][0] <= high + 1e-9
    assert 0.0 in [pytest.approx(value) for value, _words in ticks]


@pytest.mark.parametrize(
    ("told", "title", "advice"),
    [
        (BETTER, "Better", "take the model away"),
        (WORSE, "Worse", "Keep the model you started from"),
        (SAME, "No clear difference", "More examples help most"),
        (FEW, "Too few examples to tell", "Bring in more examples"),
    ],
)
def test_each_verdict_has_its_word_its_sentence_and_advice(app, told, title, advice):
    card, measures = VerdictCard(), MeasuresCard()
    card.show()
    measures.show()
    card.show_evaluation(told)
    measures.show_evaluation(told)
    app.processEvents()
    assert title in said(card)
    assert told.sentence in said(card)
    assert advice in said(measures)
    assert card._interval.isVisible() == (told is not FEW)
    card.close()
    measures.close()


def test_before_a_run_has_ended_the_page_says_so(opened):
    page = evaluate_page(opened)
    until(lambda: "Nothing to evaluate yet" in said(page))
    assert page.primary()[1] is False
    click(button(page, "Go to Train"))
    assert opened.current_page() == "train"


def test_enter_sends_a_question_and_shift_enter_begins_a_line(app):
    field, sent = QuestionInput(), []
    field.sent.connect(sent.append)
    field.show()
    type_into(field, "Is it free?")
    press(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "And on Sunday?")
    assert sent == []
    press(field, Qt.Key.Key_Return)
    assert sent == ["Is it free?\nAnd on Sunday?"]
    assert field.toPlainText() == ""
    press(field, Qt.Key.Key_Return)
    assert len(sent) == 1
    field.close()


def test_answers_stream_into_their_own_columns_and_markup_stays_text(app):
    chat, asked = SideBySide(), []
    chat.asked.connect(asked.append)
    chat.resize(700, 420)
    chat.show()
    chat.ask("Is the <b>blue room</b> open?")
    assert asked == ["Is the <b>blue room</b> open?"]
    chat.expect("base", "a")
    chat.expect("tuned", "b")
    chat.take("b", "tuned", "It is, <i>glad", False)
    chat.take("x", "base", "an answer to something else", True)
    chat.take("b", "tuned", "It is, <i>gladly</i>.", True)
    assert chat.answering()
    chat.take("a", "base", "I do not know.", True)
    assert not chat.answering()
    texts = {who: [bubble.text() for bubble in column.bubbles()] for who, column in chat.columns.items()}
    assert texts["base"] == ["Is the <b>blue room</b> open?", "I do not know."]
    assert texts["tuned"] == ["Is the <b>blue room</b> open?", "It is, <i>gladly</i>."]
    assert [turn["role"] for turn in chat.history("tuned")] == ["user", "assistant"]
    assert {label.textFormat() for label in chat.findChildren(QLabel)} == {Qt.TextFormat.PlainText}
    click(chat.empty_button)
    assert chat.history("base") == ()
    assert not any(column.bubbles() for column in chat.columns.values())
    chat.close()


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_run_is_measured_and_both_models_answer(finished):
    page = evaluate_page(finished)
    until(lambda: page.primary() == ("Measure on the sealed test", True, ""))
    click(finished.bottom.next)
    until(lambda: "Measuring" in said(page.verdict))
    until(lambda: len(state(finished).facts.evaluations) == 1, 120)
    (measured,) = state(finished).facts.evaluations
    until(lambda: words.verdict_of(measured).title in said(page.verdict))
    assert finished.bottom.next.text() == "Next: Share"

    until(lambda: bool(page.chat.questions()))
    field = page.chat.input
    type_into(field, "Is it free?")
    press(field, Qt.Key.Key_Return)
    assert page.chat.answering()
    until(lambda: not page.chat.answering(), 120)
    for column in page.chat.columns.values():
        asked, answer = column.bubbles()
        assert asked.text() == "Is it free?"
        click(answer.copy)
        assert QGuiApplication.clipboard().text() == answer.text()
    worker = finished.session.jobs.running("playground")
    assert worker is not None
    finished.session.run.close_playground()
    until(lambda: not client.is_alive(worker), 60)
