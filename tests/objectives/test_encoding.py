"""What each objective makes of a row: which tokens are taught, and as what."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from studio import plugins
from studio.api import Text, Vocabulary
from studio.builtin.objectives.mark import words_and_tags
from studio.builtin.objectives.value import number
from studio.core.paths import resources
from studio.data.templates import ModelEncoder, load_encoder


@pytest.fixture(scope="module")
def bert() -> ModelEncoder:
    return load_encoder(resources() / "starters" / "encoder", 32)


@pytest.fixture(scope="module")
def t5() -> ModelEncoder:
    return load_encoder(resources() / "starters" / "encoder-decoder", 32)


@pytest.fixture(scope="module")
def decoder() -> ModelEncoder:
    return load_encoder(resources() / "starters" / "decoder", 32)


def objective(id: str) -> Any:
    return plugins.objectives()[id]


LONG = " ".join(f"Sentence number {number} speaks of bread and of the weather." for number in range(12))


def test_a_long_text_becomes_passages_and_nothing_of_it_is_lost(decoder: ModelEncoder) -> None:
    passages = decoder.passages(LONG)
    assert len(passages) > 2
    assert all(len(passage.ids) <= 32 for passage in passages)
    assert decoder.decode([id for passage in passages for id in passage.ids]).split() == LONG.split()


def test_passages_end_where_a_sentence_does_when_there_is_one_near(decoder: ModelEncoder) -> None:
    texts = [decoder.decode(passage.ids).strip() for passage in decoder.passages(LONG)]
    assert all(text.endswith(".") for text in texts[:-2])


def test_only_the_last_passage_of_a_decoder_ends_and_every_one_of_an_encoder(
    decoder: ModelEncoder, bert: ModelEncoder
) -> None:
    end = decoder.special_id("eos_token")
    assert [passage.ids[-1] == end for passage in decoder.passages(LONG)][-2:] == [False, True]
    assert all(passage.ids[-1] == bert.special_id("sep_token") for passage in bert.passages(LONG))


def test_an_encoder_is_never_taught_the_signs_around_a_text(bert: ModelEncoder) -> None:
    example = bert.text("Bread and water.")
    assert not example.learn[0] and not example.learn[-1]
    assert all(example.learn[1:-1])


def test_a_target_begins_with_the_start_token_and_is_taught_to_its_end(t5: ModelEncoder) -> None:
    settings = objective("transform").settings({"prefix": "plainly: "})
    example = objective("transform").encode({"prompt": "Bread is dear.", "answer": "Bread costs much."}, t5, settings)
    assert not any(example.learn) and t5.decode(example.ids).strip().startswith("plainly:")
    assert example.other.ids[0] == t5.special_id("pad_token")
    assert example.other.ids[-1] == t5.special_id("eos_token")
    assert example.other.learn == (False, *[True] * (len(example.other.ids) - 1))
    assert example.learnt == len(example.other.ids) - 1


def test_what_is_too_long_is_cut_before_the_sign_that_ends_a_text(bert: ModelEncoder) -> None:
    example = bert.reading(LONG)
    assert len(example.ids) == 32 and example.ids[-1] == bert.special_id("sep_token")
    assert len(example.cut) == len(example.cut_spans) > 0


@pytest.mark.parametrize(
    ("cell", "several", "names"),
    [
        ("visiting", False, ("visiting",)),
        ("a, b", False, ("a, b",)),
        ("a, b,a", True, ("a", "b")),
        ('["x", "y z"]', True, ("x", "y z")),
        ("", True, ()),
    ],
)
def test_classes_of_a_cell(cell: str, several: bool, names: tuple[str, ...]) -> None:
    sort = objective("sort")
    assert tuple(sort.names({"text": "t", "label": cell}, sort.settings({"several": several}))) == names


@pytest.mark.parametrize(
    ("cell", "value"),
    [("4,5", 4.5), ("1,000.5", 1000.5), (" 12 % ", 12.0), ("-3", -3.0), ("many", None), ("nan", None)],
)
def test_numbers_of_a_cell(cell: str, value: float | None) -> None:
    assert number(cell) == value


def test_a_word_is_marked_at_its_first_piece_or_at_all(bert: ModelEncoder) -> None:
    mark = objective("mark")
    row = {"words": '["Take", "unpronounceable", "today"]', "tags": '["O", "B-drug", "O"]'}
    first = mark.encode(row, bert, mark.settings({}))
    pieces = [tag for word, tag in zip(first.words, first.tags, strict=True) if word == 1]
    assert len(pieces) > 1 and pieces[0] == "B-drug" and not any(pieces[1:])
    every = mark.encode(row, bert, mark.settings({"pieces": "all"}))
    assert [tag for word, tag in zip(every.words, every.tags, strict=True) if word == 1] == [
        "B-drug",
        *["I-drug"] * (len(pieces) - 1),
    ]
    assert first.learnt == 3


def test_marked_places_become_words_with_tags() -> None:
    text = "Take 5 mg at bedtime."
    places = [{"start": 5, "end": 9, "label": "dose"}, {"start": 13, "end": 20, "label": "time"}]
    assert words_and_tags({"words": text, "tags": json.dumps(places)}) == (
        ("Take", "5", "mg", "at", "bedtime", "."),
        ("O", "B-dose", "I-dose", "O", "B-time", "O"),
    )


def test_words_and_tags_that_do_not_belong_together_teach_nothing(bert: ModelEncoder) -> None:
    mark = objective("mark")
    assert mark.encode({"words": "one two three", "tags": "O O"}, bert, mark.settings({})).learnt == 0


def test_hidden_words_are_whole_and_follow_from_the_seed() -> None:
    hide = objective("hidden-words")
    words = np.repeat(np.arange(40), 3).astype(np.int32)
    text = Text(np.arange(100, 220, dtype=np.int32), np.ones(120, bool), words)
    drawn = [
        hide.hide(text, np.random.default_rng([1, 2, seed]), Vocabulary(1000, 4), hide.settings({}))
        for seed in (7, 7, 8)
    ]
    (ids, hidden), again, other = drawn
    assert np.array_equal(ids, again[0]) and np.array_equal(hidden, again[1])
    assert not np.array_equal(hidden, other[1])
    assert hidden.sum() == 3 * round(0.15 * 40)
    assert all(len(set(hidden[words == word])) == 1 for word in range(40))
    assert np.array_equal(ids[~hidden], text.ids[~hidden])
    assert (ids[hidden] == 4).any() and np.array_equal(text.ids, np.arange(100, 220))
