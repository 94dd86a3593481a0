"""Every step of the recipe that ships keeps the contract; and what each of them does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studio import plugins
from studio.api import Cleaner, Dropped, Kept
from studio.testing import check_cleaner, check_plugin

CLEANERS = [pytest.param(cleaner, id=cleaner.id) for cleaner in plugins.cleaners()]
ROLES = {"q": "prompt", "a": "answer", "note": ""}
TALK = {"talk": "messages"}

ROWS = [
    {"q": "Where is it?", "a": "Here.", "note": "  kept as it is  "},
    {"q": "  Where  is\tit ? ", "a": "Here.\r\n\r\n\r\n\r\nAnd there.", "note": "cafÃ©"},
    {"q": "Where is it?", "a": "Here.", "note": "again"},
    {"q": "cafÃ© ou thÃ©?", "a": "CafÃ©.", "note": ""},
    {"q": "", "a": "An answer", "note": ""},
    {"q": "A question", "a": " ", "note": ""},
    {"q": "Nothing?", "a": "N/A", "note": ""},
    {"q": "Long?", "a": "x" * 30_000, "note": ""},
    {"q": "Zero\x00byte \u200b", "a": "“Fine” – naïve ﬁ 日本語", "note": ""},
]


def cleaned(id: str, *texts: str, **settings: Any) -> list[str]:
    """What a step makes of some answers; a dropped one comes as its reason in brackets."""
    rows = [{"q": f"Question {n}", "a": text} for n, text in enumerate(texts)]
    answers = check_cleaner(plugins.cleaners()[id], rows, {"q": "prompt", "a": "answer"}, settings)
    return [answer.row["a"] if isinstance(answer, Kept) else f"[{answer.reason}]" for answer in answers]


def talk(*turns: tuple[str, str], form: tuple[str, str] = ("from", "value")) -> str:
    return json.dumps([dict(zip(form, turn, strict=True)) for turn in turns], ensure_ascii=False)


@pytest.mark.parametrize("cleaner", CLEANERS)
def test_it_keeps_the_contract(cleaner: Cleaner[Any]) -> None:
    check_plugin(cleaner)
    check_cleaner(cleaner, ROWS, ROLES)


@pytest.mark.parametrize("cleaner", CLEANERS)
def test_it_leaves_a_good_conversation_as_it_is(cleaner: Cleaner[Any]) -> None:
    row = {"talk": talk(("human", "Hi"), ("gpt", "Hello <b>there</b>\n\nwhat can I do?"))}
    assert check_cleaner(cleaner, [row], TALK) == [Kept(row)]


def test_repair_mends_letters_that_were_read_in_the_wrong_encoding() -> None:
    garbled = "It’s a café – naïve".encode().decode("cp1252")
    assert cleaned("repair", garbled, "schÃ¶n", "â€œHiâ€\x9d") == ["It’s a café – naïve", "schön", "“Hi”"]


@pytest.mark.parametrize(
    "right",
    ["“Fine” – naïve", "ﬁne", "日本語のテキスト", "ｆｕｌｌ", "&amp; <b>", "e\u0301", "שלום", "é\tü\r\nö", "Ÿ", "5 €"],
)
def test_repair_leaves_right_text_unchanged(right: str) -> None:
    assert cleaned("repair", right) == [right]


def test_repair_takes_out_zero_bytes_and_control_characters() -> None:
    assert cleaned("repair", "a\x00b\x08c\x1b[31md") == ["abcd"]
    assert cleaned("repair", "a\x00b", control=False) == ["a\x00b"]


def test_repair_reaches_the_turns_of_a_conversation() -> None:
    row = {"talk": talk(("user", "cafÃ©?"), ("assistant", "“Yes”"), form=("role", "content"))}
    (answer,) = check_cleaner(plugins.cleaners()["repair"], [row], TALK)
    assert isinstance(answer, Kept)
    assert json.loads(answer.row["talk"])[0]["content"] == "café?"


def test_trim_tidies_spaces_of_every_kind_and_keeps_paragraphs() -> None:
    assert cleaned(
        "trim", "\u00a0 a\u2003\u2003b \t c ", "one\r\ntwo\r\rthree", "a\n\n\n\nb", " \n ", "\u200b x \ufeff"
    ) == ["a b c", "one\ntwo\n\nthree", "a\n\nb", "", "x"]


def test_trim_can_keep_the_indentation_of_code() -> None:
    code = "def f():\n    if x:  # y\n        return  1  \n"
    assert cleaned("trim", code, indentation=True) == ["def f():\n    if x: # y\n        return 1"]
    assert cleaned("trim", code, indentation=True, spaces=False) == ["def f():\n    if x:  # y\n        return  1"]
    assert cleaned("trim", code) == ["def f():\nif x: # y\nreturn 1"]


def test_drop_empty_says_what_is_missing() -> None:
    rows = [{"q": "", "a": "x"}, {"q": "x", "a": "\u2003"}, {"q": "x", "a": "None"}, {"q": "x", "a": "No"}]
    answers = check_cleaner(plugins.cleaners()["drop-empty"], rows, {"q": "prompt", "a": "answer"})
    assert answers[:3] == [Dropped("it has no question"), Dropped("it has no answer"), Dropped("it has no answer")]
    assert answers[3] == Kept(rows[3])


def test_drop_empty_keeps_placeholders_when_told_to() -> None:
    assert cleaned("drop-empty", "N/A", "-", placeholders=False) == ["N/A", "-"]


def test_drop_empty_looks_into_conversations() -> None:
    rows = [
        {"talk": talk(("human", "Hi"), ("gpt", "Hello"))},
        {"talk": talk(("human", "Hi"))},
        {"talk": talk(("human", "Hi"), ("gpt", "  "))},
        {"talk": "no conversation"},
        {"talk": ""},
    ]
    answers = check_cleaner(plugins.cleaners()["drop-empty"], rows, TALK)
    assert [getattr(answer, "reason", "kept") for answer in answers] == [
        "kept",
        "its conversation has no answer",
        "its conversation has no answer",
        "its conversation can't be read",
        "its conversation is empty",
    ]


PAIR = {"talk": "messages", "good": "chosen", "bad": "rejected"}


def test_pairs_of_answers_to_a_conversation_that_only_asks_are_kept() -> None:
    asked = talk(("human", "Hi"))
    rows = [
        {"talk": asked, "good": turn("Hello"), "bad": turn("What")},
        {"talk": asked, "good": turn(""), "bad": turn("What")},
        {"talk": asked, "good": turn("Hello"), "bad": ""},
    ]
    answers = check_cleaner(plugins.cleaners()["drop-empty"], rows, PAIR)
    assert [getattr(answer, "reason", "kept") for answer in answers] == [
        "kept",
        "it has no better answer",
        "it has no other answer",
    ]


def test_single_turns_are_tidied_and_measured_by_what_they_say() -> None:
    row = {"talk": talk(("human", "Hi")), "good": turn(" Hello   there "), "bad": '{"note": "a   b"}'}
    (kept,) = check_cleaner(plugins.cleaners()["trim"], [row], PAIR)
    assert isinstance(kept, Kept)
    assert kept.row["good"] == json.dumps({"from": "gpt", "value": "Hello there"}, separators=(",", ":"))
    assert kept.row["bad"] == '{"note": "a b"}'
    short = {"talk": talk(("human", "Hi")), "good": turn("Hello"), "bad": turn("Well")}
    assert check_cleaner(plugins.cleaners()["limit-length"], [short], PAIR, {"longest": 11}) == [Kept(short)]
    assert check_cleaner(plugins.cleaners()["limit-length"], [short], PAIR, {"longest": 10}) == [
        Dropped("11 characters long")
    ]


def turn(words: str) -> str:
    return json.dumps({"from": "gpt", "value": words})


def test_drop_duplicates_keeps_the_first_and_different_answers_to_one_question() -> None:
    rows = [{"q": "Hours?", "a": "Nine"}, {"q": "hours?  ", "a": "nine"}, {"q": "Hours?", "a": "Ten"}]
    roles = {"q": "prompt", "a": "answer"}
    lightly = check_cleaner(plugins.cleaners()["drop-duplicates"], rows, roles)
    exactly = check_cleaner(plugins.cleaners()["drop-duplicates"], rows, roles, {"lightly": False})
    assert [type(answer) for answer in lightly] == [Kept, Dropped, Kept]
    assert [type(answer) for answer in exactly] == [Kept, Kept, Kept]


def test_drop_duplicates_does_not_mix_up_cells() -> None:
    rows = [{"q": "ab", "a": "c"}, {"q": "a", "a": "bc"}]
    answers = check_cleaner(plugins.cleaners()["drop-duplicates"], rows, {"q": "prompt", "a": "answer"})
    assert [type(answer) for answer in answers] == [Kept, Kept]


def test_limit_length_counts_characters_of_the_used_columns() -> None:
    rows = [{"q": "x" * 60, "a": "y" * 60, "note": "z" * 999}, {"q": "x" * 60, "a": "y" * 39, "note": ""}]
    answers = check_cleaner(plugins.cleaners()["limit-length"], rows, ROLES, {"longest": 100, "shortest": 2})
    assert answers == [Dropped("120 characters long"), Kept(rows[1])]
    assert cleaned("limit-length", "y" * 100_000, longest=0) == ["y" * 100_000]
