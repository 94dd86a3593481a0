"""A model folder is read without torch, and refused with the reason when it is not whole or not safe."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import pytest

from studio.core.model_folder import read_model
from studio.core.problem import StudioError

CONFIG = {
    "model_type": "llama",
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 16,
    "vocab_size": 32,
    "max_position_embeddings": 64,
    "tie_word_embeddings": True,
}


def write_weights(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    """A safetensors file of zeros, written by hand: 8 bytes of header length, the header, the numbers."""
    header, offset = {}, 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(offset))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "small-model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps(CONFIG))
    (model / "tokenizer.json").write_text("{}")
    (model / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    write_weights(model / "model.safetensors", {"model.embed_tokens.weight": (32, 8), "up_proj.weight": (16, 8)})
    return model


def refusal(folder: Path) -> StudioError:
    with pytest.raises(StudioError) as error:
        read_model(folder)
    assert error.value.happened
    assert error.value.data
    assert error.value.remedy
    return error.value


def test_facts_come_from_the_folder_alone(folder: Path) -> None:
    info = read_model(folder)
    assert (info.architecture, info.parameters, info.layers, info.context) == ("decoder", 32 * 8 + 16 * 8, 2, 64)
    assert (info.dtype, info.licence, info.key_value_heads, info.tied) == ("bfloat16", "apache-2.0", 2, True)


def test_a_moved_model_keeps_its_fingerprint_and_a_changed_one_does_not(folder: Path, tmp_path: Path) -> None:
    before = read_model(folder).fingerprint
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    assert read_model(moved).fingerprint == before
    weights = moved / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert read_model(moved).fingerprint != before


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    assert refusal(tmp_path).id == "not-a-model"


def test_pickled_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    error = refusal(folder)
    assert error.id == "model-refused"
    assert "pytorch_model.bin" in error.happened


def test_custom_code_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({**CONFIG, "auto_map": {"AutoModel": "modeling.Model"}}))
    assert refusal(folder).id == "model-refused"


def test_custom_tokenizer_code_is_refused(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text(json.dumps({"auto_map": {"AutoTokenizer": "t.T"}}))
    assert refusal(folder).id == "model-refused"


def test_an_index_that_points_outside_is_refused(folder: Path) -> None:
    index = {"weight_map": {"a": "../secret.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert refusal(folder).id == "model-refused"


def test_a_missing_tokenizer_is_told(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    assert refusal(folder).id == "tokenizer-missing"


def test_missing_weights_are_told(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert refusal(folder).id == "model-incomplete"


@pytest.mark.parametrize("keep", [0, 4, 20, -2])
def test_weights_cut_short_are_told(folder: Path, keep: int) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    assert refusal(folder).id == "model-damaged"


def test_broken_config_is_told(folder: Path) -> None:
    (folder / "config.json").write_text("{ this is not json")
    assert refusal(folder).id == "model-damaged"


@pytest.mark.parametrize(
    ("config", "architecture"),
    [
        ({"model_type": "bert"}, "encoder"),
        ({"model_type": "t5"}, "encoder-decoder"),
        ({"model_type": "gpt2"}, "decoder"),
        ({"model_type": "bert", "is_decoder": True}, "decoder"),
    ],
)
def test_the_architecture_is_known_from_its_type(folder: Path, config: dict[str, object], architecture: str) -> None:
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}))
    assert read_model(folder).architecture == architecture
