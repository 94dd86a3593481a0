"""The starters' text is large and varied enough, the same each time, and keeps its held-out pairs to itself."""

from __future__ import annotations

import hashlib
import random
import re
from itertools import islice

import pytest

from resources.make.composition import Composer, Document
from resources.make.counts import counts, word_forms
from resources.make.exercises import exercise, words_of
from resources.make.frames import Frame, frames_in, is_held_out, load_frames
from resources.make.grammar import capitalised, definite, gerund, in_gerund, in_past, past, verb_to_be
from resources.make.topics import Topic, load_topics

DOCUMENTS = 6000


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(islice(Composer("training").documents(), DOCUMENTS))


@pytest.fixture(scope="module")
def frames() -> dict[str, Frame]:
    return {frame.id: frame for name in ("dialogue", "prose") for frame in frames_in(load_frames(name))}


@pytest.fixture(scope="module")
def topics() -> dict[str, Topic]:
    return {topic.id: topic for topic in load_topics()}


def held_out_frames(document: Document, frames: dict[str, Frame], topics: dict[str, Topic]) -> list[str]:
    topic = topics[document.topic]
    return [name for name in document.frames if name in frames and is_held_out(frames[name], topic)]


def test_the_text_has_40_topics_200_frames_and_3000_word_forms(documents):
    counted = counts()
    assert counted.topics >= 40
    assert counted.frames >= 200
    assert len(word_forms(documents)) >= 3000


def test_composing_twice_gives_the_same_text():
    def digest() -> str:
        texts = (document.text for document in islice(Composer("training").documents(), 500))
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()

    assert digest() == digest()


def test_another_seed_gives_another_text(documents):
    others = list(islice(Composer("another").documents(), 200))
    assert [document.text for document in others] != [document.text for document in documents[:200]]


def test_no_document_for_training_uses_a_held_out_pair(documents, frames, topics):
    assert not [found for document in documents for found in held_out_frames(document, frames, topics)]


def test_about_an_eighth_of_all_pairs_is_held_out():
    counted = counts()
    assert 0.11 < counted.held_out_pairs / counted.pairs < 0.14


def test_each_held_out_document_uses_a_held_out_pair_and_asks_only_such_questions(frames, topics):
    for document in islice(Composer("held out", held_out=True).documents(), 400):
        unseen = held_out_frames(document, frames, topics)
        assert unseen
        asked = [name for name in document.frames if ".ask." in name and not name.startswith("smalltalk")]
        assert set(asked) <= set(unseen)


def test_every_topic_and_every_frame_is_used(documents, frames, topics):
    assert {document.topic for document in documents} == set(topics)
    # The answer to a question for a story is a story, made of the story's own frames.
    assert {name for document in documents for name in document.frames} >= set(frames) - {"dialogue.story.answer.0"}


def test_no_gap_is_left_open_and_sentences_begin_with_a_capital(documents):
    for document in documents:
        assert "{" not in document.text
        assert not any(mark in document.text for mark in ("*", " | ", "  ", ".."))
        for message in document.messages:
            if message["role"] == "assistant":
                assert message["content"][0] in "-1" or message["content"][0].isupper(), message["content"]


def test_dialogues_alternate_between_user_and_assistant(documents):
    for document in documents:
        roles = [message["role"] for message in document.messages if message["role"] != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)


@pytest.mark.parametrize(
    ("verb", "then", "now"),
    [
        ("bake", "baked", "baking"),
        ("stir", "stirred", "stirring"),
        ("carry", "carried", "carrying"),
        ("lie", "lay", "lying"),
        ("take", "took", "taking"),
        ("travel", "travelled", "travelling"),
        ("begin", "began", "beginning"),
        ("play", "played", "playing"),
    ],
)
def test_verbs_are_inflected(verb, then, now):
    assert past(verb) == then
    assert gerund(verb) == now


def test_marked_verbs_of_a_phrase_are_inflected_together():
    assert in_past("lie down and *close the book") == "lay down and closed the book"
    assert in_gerund("wash and *peel the carrots") == "washing and peeling the carrots"


def test_articles_and_numbers_agree():
    assert definite("a large bowl") == "the large bowl"
    assert verb_to_be("whiskers") == "are"
    assert verb_to_be("moss") == "is"
    assert verb_to_be("binoculars") == "are"


def test_capitals_stand_at_the_start_of_sentences_and_lists():
    assert capitalised("first, mix. then bake. it is done") == "First, mix. Then bake. It is done"
    assert capitalised("- a bowl\n- some flour") == "- A bowl\n- Some flour"


def test_exercises_are_solved_rightly(topics):
    chance = random.Random(1)
    words = words_of(tuple(topics.values()))
    for _ in range(300):
        asked, solved = (message["content"] for message in exercise(words, chance))
        if numbers := [int(number) for number in re.findall(r"\d+", asked)]:
            assert solved == f"That makes {sum(numbers)}."
        elif "Spell" in asked or "spell " in asked:
            assert solved.rstrip(".").replace("-", "") in asked
        elif "words backwards" in asked or "Turn this" in asked:
            listed = re.split(r": ", asked)[1].rstrip(".").split(", ")
            assert solved == ", ".join(reversed(listed)) + "."
        else:
            assert solved.rstrip(".") in asked


def test_exercises_come_only_when_asked_for(documents):
    assert all(document.topic for document in documents)
    mixed = list(islice(Composer("training again").documents(exercise_share=0.5), 100))
    assert 20 < sum(not document.topic for document in mixed) < 80
