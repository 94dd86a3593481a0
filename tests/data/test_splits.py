"""Splits: no question on two sides, the same division every time, sensible for few examples."""

from __future__ import annotations

import numpy as np
import pytest

from studio.api import Message
from studio.core.config import SplitSettings
from studio.data.splits import divide, leaks, normalised, number_of, question_key


def keys(*questions: str) -> np.ndarray:
    return np.array([question_key([Message("user", text)], f"id{n}") for n, text in enumerate(questions)], np.uint64)


def counts(split: np.ndarray) -> list[int]:
    return [int((split == number).sum()) for number in range(3)]


def test_shares_are_met() -> None:
    split = divide(keys(*(f"Question {n}?" for n in range(1000))), SplitSettings())
    assert counts(split) == [800, 100, 100]
    split = divide(keys(*(f"Question {n}?" for n in range(1000))), SplitSettings(validation=0.05, test=0.2))
    assert counts(split) == [750, 50, 200]


def test_a_question_never_stands_on_two_sides() -> None:
    texts = [
        f"Question {n % 120}{' ' * (n % 3)}{'?' * (n % 4)}".upper() if n % 2 else f"question {n % 120}"
        for n in range(999)
    ]
    asked = keys(*texts)
    split = divide(asked, SplitSettings())
    for question in set(asked.tolist()):
        assert len(set(split[asked == question].tolist())) == 1
    assert leaks(asked, split) == 0
    assert counts(split)[1] > 60


@pytest.mark.parametrize("text", ["Where is it", "where  IS it?", "Where is it?!", "Ｗhere is it", "¿where is it?"])
def test_spelling_alone_does_not_make_another_question(text: str) -> None:
    assert normalised(text) == normalised("Where is it?")
    assert normalised("Where is he?") != normalised("Where is it?")


def test_questions_of_signs_alone_are_told_apart() -> None:
    assert normalised("2 + 2 = ?") == "2 2"
    assert normalised("???") != normalised("!!!")
    assert normalised("日本はどこ？") == normalised("日本はどこ")


def test_the_standing_instruction_is_no_question() -> None:
    asked = [Message("user", "Hours?")]
    assert question_key([Message("system", "Be kind."), *asked], "1") == question_key(asked, "2")


def test_examples_without_a_question_stand_alone() -> None:
    assert question_key([], "1") != question_key([], "2")
    assert question_key([Message("user", "  ")], "1") != question_key([Message("user", "")], "2")


def test_the_division_is_the_same_every_time_and_another_with_another_seed() -> None:
    asked = keys(*(f"Question {n}?" for n in range(200)))
    first = divide(asked, SplitSettings(seed=3))
    assert (divide(asked, SplitSettings(seed=3)) == first).all()
    assert (divide(asked, SplitSettings(seed=4)) != first).any()


def test_the_division_of_a_known_set_stays_as_it_is() -> None:
    assert number_of("question where is it") == 2348416634223751957
    split = divide(keys(*(f"Question {n}?" for n in range(30))), SplitSettings())
    assert "".join(map(str, split)) == KNOWN


KNOWN = "000020001102000021000000000000"


def test_added_rows_move_few_of_those_that_were_there() -> None:
    asked = keys(*(f"Question {n}?" for n in range(1000)))
    more = divide(keys(*(f"Question {n}?" for n in range(1020))), SplitSettings())[:1000]
    assert int((more != divide(asked, SplitSettings())).sum()) < 15


def test_the_order_of_the_rows_does_not_matter() -> None:
    asked = keys(*(f"Question {n}?" for n in range(100)))
    order = np.random.default_rng(1).permutation(100)
    assert (divide(asked[order], SplitSettings()) == divide(asked, SplitSettings())[order]).all()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(0, [0, 0, 0]), (1, [1, 0, 0]), (2, [2, 0, 0]), (3, [1, 1, 1]), (5, [3, 1, 1]), (12, [10, 1, 1])],
)
def test_few_examples_are_divided_sensibly(rows: int, expected: list[int]) -> None:
    assert counts(divide(keys(*(f"Question {n}?" for n in range(rows))), SplitSettings())) == expected


def test_a_share_of_zero_gives_none() -> None:
    asked = keys(*(f"Question {n}?" for n in range(50)))
    assert counts(divide(asked, SplitSettings(validation=0, test=0))) == [50, 0, 0]
    assert counts(divide(asked, SplitSettings(validation=0, test=0.1))) == [45, 0, 5]


def test_train_is_never_empty() -> None:
    asked = keys(*(f"Question {n}?" for n in range(10)))
    assert counts(divide(asked, SplitSettings(validation=0.5, test=0.5)))[0] >= 1


def test_one_question_asked_a_hundred_times_stays_together() -> None:
    split = divide(keys(*["Same?"] * 100, *(f"Question {n}?" for n in range(100))), SplitSettings())
    assert len(set(split[:100].tolist())) == 1
    assert counts(split)[0] >= 100


def test_leaks_are_counted_where_there_are_some() -> None:
    asked = keys("a", "b", "a", "c", "b", "d")
    assert leaks(asked, np.array([0, 0, 1, 1, 2, 2], np.uint8)) == 2
    assert leaks(asked, np.array([0, 1, 0, 1, 2, 2], np.uint8)) == 1
