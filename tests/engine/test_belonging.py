"""A tokenizer that belongs to another model is found before the first step, and nothing else is taken for one."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch

from studio.core.config import RunConfig, edit
from studio.core.paths import resources
from studio.core.problem import StudioError
from studio.engine.belonging import refuse_strangers
from studio.engine.jobs import find_job
from studio.engine.parts import Parts, put_together
from studio.engine.tuned import open_merged
from tests.tiny import config_for, train_in, write_prepared

OBJECTIVES = {"decoder": "instruct", "encoder": "hidden-words", "encoder-decoder": "transform"}
# Far from anything the starters have read, so that their error is above that of guessing.
STRANGE = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich, während Ödön zusieht."


def shuffled(folder: Path, seed: int = 1) -> Path:
    """The folder's tokenizer with its words in another order; what was added keeps its place."""
    file = folder / "tokenizer.json"
    whole = json.loads(file.read_text("utf-8"))
    added = {token["id"] for token in whole["added_tokens"]}
    vocabulary = whole["model"]["vocab"]
    words = list(vocabulary) if isinstance(vocabulary, dict) else vocabulary
    ids = [id for id in (vocabulary.values() if isinstance(vocabulary, dict) else range(len(words))) if id not in added]
    others = random.Random(seed).sample(ids, len(ids))
    move = dict(zip(ids, others, strict=True))
    if isinstance(vocabulary, dict):
        whole["model"]["vocab"] = {word: move.get(id, id) for word, id in vocabulary.items()}
    else:
        whole["model"]["vocab"] = [
            words[{new: old for old, new in move.items()}.get(id, id)] for id in range(len(words))
        ]
    file.write_text(json.dumps(whole, ensure_ascii=False), "utf-8")
    return folder


def prepare(project: Path, text: str) -> None:
    """A few examples of every kind, all of which say the same."""
    cells = [f"{text} {number}" for number in range(12)]
    split = ["train"] * 8 + ["validation"] * 4
    columns = {"id": [f"{n:08x}" for n in range(12)], "split": split, "origin": [""] * 12}
    (project / "data").mkdir(parents=True, exist_ok=True)
    table = pa.table({**columns, "prompt": cells, "answer": cells, "text": cells})
    parquet.write_table(table, project / "data" / "prepared.parquet")


def parts_of(project: Path, model: Path, kind: str, **changes: Any) -> Parts:
    config = edit(config_for(model), {"objective.id": OBJECTIVES[kind], "train.max_length": 250, **changes})
    return put_together(find_job(project, project / "runs" / "run", config))


@pytest.fixture
def starter(tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a starter that may be changed."""
    return lambda kind: Path(shutil.copytree(resources() / "starters" / kind, tmp_path / kind))


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_a_starter_recognises_its_own_tokenizer_even_on_strange_text(
    kind: str, starter: Callable[[str], Path], tmp_path: Path
) -> None:
    prepare(tmp_path, STRANGE)
    refuse_strangers(parts_of(tmp_path, starter(kind), kind))


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_words_in_another_order_are_found_whatever_the_kind_of_model(
    kind: str, starter: Callable[[str], Path], tmp_path: Path
) -> None:
    prepare(tmp_path, "Every morning she opens the window and waters the plants in the kitchen.")
    parts = parts_of(tmp_path, shuffled(starter(kind)), kind)
    state = {name: weight.clone() for name, weight in parts.model.state_dict().items()}
    with pytest.raises(StudioError) as error:
        refuse_strangers(parts)
    assert error.value.id == "tokenizer-strange-to-model"
    assert "Check the tokenizer first" in error.value.remedy
    assert all(torch.equal(weight, state[name]) for name, weight in parts.model.state_dict().items())
    refuse_strangers(parts_of(tmp_path, tmp_path / kind, kind, **{"train.check_tokenizer": False}))


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_weights_that_know_nothing_yet_may_be_trained_with_any_tokenizer(
    kind: str, starter: Callable[[str], Path], tmp_path: Path
) -> None:
    from transformers import AutoConfig, BertForMaskedLM, LlamaForCausalLM, T5ForConditionalGeneration

    folder = shuffled(starter(kind))
    classes = {"decoder": LlamaForCausalLM, "encoder": BertForMaskedLM, "encoder-decoder": T5ForConditionalGeneration}
    torch.manual_seed(0)
    classes[kind](AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    prepare(tmp_path, STRANGE)
    refuse_strangers(parts_of(tmp_path, folder, kind))


def test_what_a_model_learnt_from_ones_own_texts_alone_is_recognised(tiny_model: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    write_prepared(tmp_path / "data" / "prepared.parquet")
    config = config_for(model, "full", epochs=12, patience=0)
    train_in(tmp_path, config)
    open_merged(find_job(tmp_path, tmp_path / "runs" / "run", config)).save_pretrained(model)
    refuse_strangers(put_together(find_job(tmp_path, tmp_path / "runs" / "next", config)))


def test_tokens_that_the_model_does_not_have_are_told_beforehand(tiny_model: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    file = model / "tokenizer.json"
    whole = json.loads(file.read_text("utf-8"))
    whole["model"]["vocab"]["museum"] = len(whole["model"]["vocab"]) + 100
    file.write_text(json.dumps(whole), "utf-8")
    write_prepared(tmp_path / "data" / "prepared.parquet")
    config: RunConfig = config_for(model)
    with pytest.raises(StudioError) as error:
        refuse_strangers(put_together(find_job(tmp_path, tmp_path / "runs" / "run", config)))
    assert error.value.id == "tokens-unknown-to-model"
