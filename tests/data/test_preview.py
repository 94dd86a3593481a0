"""See what it learns: the tokens shown are the tokens learnt, and together they are the text."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from studio import plugins
from studio.api import Encoder, Example, Message
from studio.core.config import ModelSection
from studio.core.paths import resources
from studio.data import splits
from studio.data.preparation import Prepared, prepare
from studio.data.preview import Only, PreviewRow, chosen, page, tokens_of
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
    report = with_counts(prepared.report, counts, ModelSection(fingerprint="model"), encoder)
    assert report.tokens is not None
    assert report.tokens.total == sum(min(60, total) for total in counts.total)
    assert report.longest == max(counts.total + counts.cut)

    def never(done: float, total: float, words: str) -> None:
        raise AssertionError("it counted again")

    assert (counts_of(prepared.path, how, tmp_path / "cache", "model", never).total == counts.total).all()
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"damaged")
    assert (counts_of(prepared.path, how, tmp_path / "cache", "model").total == counts.total).all()


STARTERS = resources() / "starters"


def shown(
    objective: str, starter: str, rows: list[dict[str, str]], folder: Path, **settings: object
) -> list[PreviewRow]:
    """The preview of rows that are prepared already."""
    path = folder / "prepared.parquet"
    columns = {
        "id": [str(n) for n in range(len(rows))],
        "split": ["train"] * len(rows),
        "origin": ["line 1"] * len(rows),
    }
    roles = {role: [row[role] for row in rows] for role in rows[0]}
    parquet.write_table(pa.table({**columns, **roles}), path)
    learnt = plugins.objectives()[objective]
    how = (learnt, learnt.settings(settings), load_encoder(STARTERS / starter, 32))
    found = page(path, how, range(len(rows)))
    counts = counts_of(path, how, folder / "cache", f"{starter}, {rows}")
    assert counts.learnt.tolist() == [sum(row.learnt for row in found if row.id == str(n)) for n in range(len(rows))]
    assert counts.longest <= 32
    return found


def states(row: PreviewRow) -> str:
    return " ".join(text.strip() for text, state in row.tokens if state == "learnt")


def test_a_long_text_is_shown_as_its_passages(tmp_path: Path) -> None:
    text = " ".join(f"Bread number {n} is good." for n in range(12))
    rows = shown("documents", "decoder", [{"text": text}, {"text": "Bread is good."}], tmp_path)
    assert [row.part for row in rows] == [*range(1, rows[0].parts + 1), 1]
    assert rows[0].parts > 1
    assert rows[-1].parts == 1
    assert not any(row.cut for row in rows)


def test_a_class_and_a_number_are_shown_beside_a_text_that_is_only_read(tmp_path: Path) -> None:
    (sorted_one,) = shown("sort", "encoder", [{"text": "Bread is good.", "label": "food"}], tmp_path)
    assert (sorted_one.labels, sorted_one.value, states(sorted_one), sorted_one.learnt) == (("food",), None, "", 1)
    (rated,) = shown("value", "encoder", [{"text": "Bread is good.", "value": "4,5"}], tmp_path)
    assert (rated.labels, rated.value, states(rated)) == (None, 4.5, "")
    (nothing,) = shown("value", "encoder", [{"text": "Bread is good.", "value": "much"}], tmp_path)
    assert not nothing.teaches


def test_what_a_text_should_become_is_learnt_and_the_text_only_read(tmp_path: Path) -> None:
    (row,) = shown(
        "transform", "encoder-decoder", [{"prompt": "The bread is warm.", "answer": "Warm bread."}], tmp_path
    )
    assert {state for _, state in row.tokens} == {"read"}
    assert {state for _, state in row.other} == {"learnt"}
    assert "".join(text for text, _ in row.other).startswith("Warm bread.")


def test_marks_stand_at_the_pieces_that_learn_them(tmp_path: Path) -> None:
    words = {"words": '["Take", "blueberries", "daily"]', "tags": '["O", "B-food", "O"]'}
    (first,) = shown("mark", "encoder", [words], tmp_path)
    assert [mark for mark in first.marks if mark] == ["O", "B-food", "O"]
    assert len(first.marks) == len(first.tokens)
    (every,) = shown("mark", "encoder", [words], tmp_path, pieces="all")
    pieces = [text for (text, _), mark in zip(every.tokens, every.marks, strict=True) if mark.endswith("food")]
    assert "".join(pieces).strip() == "blueberries"
    assert len(pieces) > 1


def test_both_answers_are_shown_where_one_is_preferred(tmp_path: Path) -> None:
    pair = {"prompt": "Is there bread?", "chosen": "Yes, warm bread.", "rejected": "No."}
    (row,) = shown("prefer", "decoder", [pair], tmp_path)
    assert states(row).startswith("Yes")
    assert "".join(text for text, state in row.other if state == "learnt").startswith("No.")
    asked = [pair for pair in row.tokens if pair[1] == "read"]
    assert asked == list(row.other[: len(asked)])
