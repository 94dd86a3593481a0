"""See what it learns: the tokens shown are the tokens learnt, and together they are the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import plugins
from studio.api import Encoder, Example, Message
from studio.data import splits
from studio.data.preparation import Prepared, prepare
from studio.data.preview import Only, chosen, page, tokens_of
from studio.data.statistics import counts_of, with_counts
from studio.data.templates import load_encoder
from tests.data.making import byte_level_tokenizer, config_for, imported, jsonl, questions, sentencepiece_tokenizer

TALK = [Message("user", "  Where\tis\n\n it? "), Message("assistant", "日本 👩‍👩‍👧 naïve —\n  done\r\n")]
ROLES = {"question": "prompt", "answer": "answer"}


def encoders(folder: Path, max_length: int) -> list[Encoder]:
    return [
        load_encoder(byte_level_tokenizer(folder / "bytes", template=""), max_length),
        load_encoder(sentencepiece_tokenizer(folder / "pieces"), max_length),
    ]


def test_the_tokens_together_are_the_text(tmp_path: Path) -> None:
    for max_length in (500, 20):
        for encoder in encoders(tmp_path, max_length):
            example = encoder.conversation(TALK, "answers")
            tokens = tokens_of(example)
            assert "".join(token.text for token in tokens) == example.text
            assert all(token.text for token in tokens)


def test_pieces_of_one_letter_come_as_one(tmp_path: Path) -> None:
    for encoder in encoders(tmp_path, 500):
        example = encoder.conversation(TALK, "answers")
        assert len(tokens_of(example)) < len(example.ids)
        assert any("日" in token.text for token in tokens_of(example))


def test_states_are_those_of_the_tokens(tmp_path: Path) -> None:
    (encoder, _) = encoders(tmp_path, 24)
    answer = "On the main street, beside the café and the museum."
    texts = {"read": "", "learnt": "", "cut": ""}
    talk = [Message("user", "Where is it?"), Message("assistant", answer)]
    for token in tokens_of(encoder.conversation(talk, "answers")):
        texts[token.state] += token.text
    assert texts["read"] == "<|begin|>User:\nWhere is it?\n\nAssistant:\n"
    assert texts["learnt"].startswith("On the")
    assert texts["learnt"] + texts["cut"] == f"{answer}<|end|>\n\n"


def test_the_first_token_is_never_taught(tmp_path: Path) -> None:
    (encoder, _) = encoders(tmp_path, 24)
    assert [token.state for token in tokens_of(encoder.text("One two"))][:2] == ["read", "learnt"]


def test_nothing_is_shown_of_nothing() -> None:
    assert tokens_of(Example((), ())) == []


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    """60 examples, of which every tenth has a question that fills the whole length, and every fifth a long answer."""
    rows = questions(60)
    for number, row in enumerate(rows):
        row["question"] += " word" * 200 if number % 10 == 0 else ""
        row["answer"] += " word" * 50 if number % 5 == 1 else ""
    done = imported(jsonl(tmp_path / "a.jsonl", rows), tmp_path / "data")
    config = config_for(done.hash, roles=ROLES)
    return prepare(tmp_path / "data", config, plugins.objectives()["instruct"], plugins.cleaners())


def test_rows_that_are_cut_and_rows_that_teach_nothing_are_found(prepared: Prepared, tmp_path: Path) -> None:
    objective = plugins.objectives()["instruct"]
    encoder = load_encoder(byte_level_tokenizer(tmp_path / "model"), 60)
    how = (objective, objective.settings({}), encoder)
    counts = counts_of(prepared.path, how, tmp_path / "cache", "model")
    assert counts.teach_nothing == 6
    only_these: tuple[Only, ...] = ("all", "cut", "teach-nothing")
    found = {
        only: [row for split in splits.SPLITS for row in chosen(prepared.path, counts, split, only)]
        for only in only_these
    }
    assert {only: len(numbers) for only, numbers in found.items()} == {"all": 60, "cut": 18, "teach-nothing": 6}
    for row in page(prepared.path, how, found["teach-nothing"]):
        assert not row.teaches
        assert row.learnt == 0
        assert row.cut > 0
        assert {state for _, state in row.tokens} == {"read", "cut"}
    for row in page(prepared.path, how, found["all"]):
        assert sum(state == "learnt" for _, state in row.tokens) <= row.learnt
        assert row.teaches == (row.learnt > 0)


def test_the_counts_are_those_of_the_tokens_and_are_kept(prepared: Prepared, tmp_path: Path) -> None:
    objective = plugins.objectives()["instruct"]
    encoder = load_encoder(byte_level_tokenizer(tmp_path / "model"), 60)
    how = (objective, objective.settings({}), encoder)
    counts = counts_of(prepared.path, how, tmp_path / "cache", "model")
    rows = page(prepared.path, how, range(60))
    assert [row.learnt for row in rows] == counts.learnt.tolist()
    assert [row.cut for row in rows] == counts.cut.tolist()
    report = with_counts(prepared.report, counts, "model", 60)
    assert report.tokens is not None
    assert report.tokens.total == sum(min(60, total) for total in counts.total)
    assert report.longest == max(counts.total + counts.cut)

    def never(done: float, total: float, words: str) -> None:
        raise AssertionError("it counted again")

    assert (counts_of(prepared.path, how, tmp_path / "cache", "model", never).total == counts.total).all()
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"damaged")
    assert (counts_of(prepared.path, how, tmp_path / "cache", "model").total == counts.total).all()
