"""Whether a tokenizer belongs to its model, as far as the files say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.core.model_folder import read_model
from studio.core.paths import resources
from studio.data.belonging import misfits
from tests.data.making import model_folder

Change = Callable[[dict[str, Any]], object]


def found(folder: Path, *, hides: bool = False) -> dict[str, str]:
    return {problem.id: problem.severity for problem in misfits(read_model(folder), hides=hides)}


def changed(folder: Path, name: str, change: Change) -> Path:
    file = folder / name
    whole = json.loads(file.read_text("utf-8"))
    change(whole)
    file.write_text(json.dumps(whole, ensure_ascii=False), "utf-8")
    return folder


@pytest.mark.parametrize("starter", ["decoder", "encoder", "encoder-decoder"])
def test_the_starters_belong_to_their_tokenizers(starter: str) -> None:
    assert found(resources() / "starters" / starter, hides=starter == "encoder") == {}


def test_a_folder_as_it_should_be_has_nothing_against_it(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    assert found(folder) == {}
    assert (
        found(changed(folder, "config.json", lambda config: config.update(eos_token_id=[1, 5], bos_token_id=0))) == {}
    )


CASES: dict[str, tuple[str, Change, dict[str, str]]] = {
    "more words than the model has": (
        "config.json",
        lambda config: config.update(vocab_size=400),
        {"tokenizer-too-large": "blocks"},
    ),
    "far fewer than it has": (
        "config.json",
        lambda config: config.update(vocab_size=600),
        {"tokenizer-too-small": "warns"},
    ),
    "an end beyond its tokens": (
        "config.json",
        lambda config: config.update(eos_token_id=50256),
        {"end-token-unknown": "warns"},
    ),
    "an end that is a word": (
        "config.json",
        lambda config: config.update(eos_token_id=70),
        {"end-token-unknown": "warns"},
    ),
    "another end": ("config.json", lambda config: config.update(eos_token_id=2), {"end-token-differs": "warns"}),
    "a beginning beyond its tokens": (
        "config.json",
        lambda config: config.update(bos_token_id=9999),
        {"begin-token-unknown": "warns"},
    ),
    "no end": ("tokenizer_config.json", lambda config: config.pop("eos_token"), {"end-token-missing": "warns"}),
    "an end it does not know": (
        "tokenizer_config.json",
        lambda config: config.update(eos_token="</nowhere>"),
        {"end-token-missing": "warns"},
    ),
    "a filling that the model lacks": (
        "tokenizer.json",
        lambda whole: whole["added_tokens"][2].update(id=420),
        {"tokenizer-too-large": "blocks"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_told(case: str, tmp_path: Path) -> None:
    name, change, expected = CASES[case]
    folder = changed(model_folder(tmp_path / "model"), name, change)
    assert found(folder) == expected
    assert all(problem.remedy and problem.step == "model" for problem in misfits(read_model(folder)))


def test_an_added_token_beyond_the_model_that_nothing_uses_does_no_harm(tmp_path: Path) -> None:
    extra = {"id": 420, "content": "<image>", "special": True, "single_word": False}
    folder = changed(
        model_folder(tmp_path / "model"), "tokenizer.json", lambda whole: whole["added_tokens"].append(extra)
    )
    assert found(folder) == {}


def test_a_filling_number_below_zero_means_none(tmp_path: Path) -> None:
    folder = changed(model_folder(tmp_path / "model"), "config.json", lambda config: config.update(pad_token_id=-1))
    assert found(folder) == {}


def test_hiding_words_needs_a_token_for_the_gap(tmp_path: Path) -> None:
    assert found(model_folder(tmp_path / "model"), hides=True) == {"mask-token-missing": "blocks"}


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    assert found(folder) == {}
    changed(folder, "tokenizer.json", lambda whole: whole["model"]["vocab"].update({"far": 9000}))
    assert found(folder) == {"tokenizer-too-large": "blocks"}


def test_a_file_that_says_nothing_is_no_reason_to_complain(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "model")
    (folder / "tokenizer.json").write_text("{}")
    assert found(folder) == {}
