"""Reading a model's folder without torch: what it is, whether it is whole, and whether it may be trusted.

A folder that could run code (pickled weights, custom code) or reach outside itself is refused with the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from pathlib import Path
from typing import Any, NamedTuple

from studio.core.model_info import Architecture, ModelInfo, WeightGroup
from studio.core.problem import StudioError

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
LARGEST_HEADER = 100_000_000
SAMPLED_BLOCKS = 32
BLOCK = 65_536
_ENCODERS = {
    "bert",
    "roberta",
    "distilbert",
    "electra",
    "deberta",
    "deberta-v2",
    "modernbert",
    "xlm-roberta",
    "albert",
}
_ENCODER_DECODERS = {"t5", "mt5", "umt5", "bart", "mbart", "pegasus", "marian", "longt5", "led"}
_COMPUTED = re.compile(r"(inv_freq|position_ids|masked_bias|\.attn\.bias)$")
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}


class Tensor(NamedTuple):
    """One stored tensor: its name, type as safetensors writes it, and shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        total = 1
        for side in self.shape:
            total *= side
        return total


def read_model(folder: Path) -> ModelInfo:
    """The facts of a transformers folder. Raises StudioError with the reason when it can't be used."""
    folder = Path(folder)
    config = _config(folder)
    _refuse_code(folder, config)
    files = weight_files(folder)
    tensors = [tensor for file in files for tensor in tensors_of(file)]
    weights = grouped(tensors)
    _require_tokenizer(folder)
    inner = {**config, **config.get("text_config", {})}
    heads = int(_first(inner, "num_attention_heads", "n_head", "num_heads", "n_heads", default=1))
    hidden = int(_first(inner, "hidden_size", "n_embd", "d_model", "dim", default=0))
    return ModelInfo(
        path=str(folder),
        name=folder.name,
        architecture=architecture_of(config),
        model_type=str(config.get("model_type", "")),
        parameters=sum(group.each * group.count for group in weights),
        bytes=sum(file.stat().st_size for file in files),
        hidden=hidden,
        layers=_layers(inner),
        heads=heads,
        key_value_heads=int(_first(inner, "num_key_value_heads", default=heads)),
        intermediate=int(_first(inner, "intermediate_size", "n_inner", "d_ff", "hidden_dim", default=4 * hidden)),
        vocabulary=int(inner.get("vocab_size", 0)),
        context=int(_first(inner, "max_position_embeddings", "n_positions", default=512)),
        dtype=_DTYPES.get(_commonest(tensors), "float32"),
        tied=bool(inner.get("tie_word_embeddings", _ties_by_default(config))),
        gated_mlp=any("gate_proj" in tensor.name or "wi_0" in tensor.name for tensor in tensors),
        chat_template=_has_template(folder),
        licence=_card_line(folder, "license", "licence"),
        summary=_card_line(folder, "summary"),
        fingerprint=fingerprint(folder, files),
        weights=weights,
    )


def grouped(tensors: list[Tensor]) -> tuple[WeightGroup, ...]:
    """The weights, those that differ only in their layer's number once. Tables that are computed, not learnt, which
    old files hold too, are left out."""
    counts: dict[tuple[str, tuple[int, ...]], int] = {}
    for tensor in tensors:
        if not _COMPUTED.search(tensor.name):
            key = (re.sub(r"\.\d+\.", ".*.", f".{tensor.name}", count=1)[1:], tensor.shape)
            counts[key] = counts.get(key, 0) + 1
    return tuple(WeightGroup(name, shape, count) for (name, shape), count in counts.items())


def _layers(config: dict[str, Any]) -> int:
    """All layers; an encoder-decoder names those of its decoder apart."""
    layers = int(_first(config, "encoder_layers", "num_hidden_layers", "n_layer", "num_layers", "n_layers", default=0))
    if architecture_of(config) != "encoder-decoder":
        return layers
    return layers + int(_first(config, "num_decoder_layers", "decoder_layers", default=layers))


def fingerprint(folder: Path, files: list[Path]) -> str:
    """A sha256 by which a moved model is found again, quick for any size: config.json, and of each weight file
    its header, its size and `SAMPLED_BLOCKS` blocks spread evenly over it."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.name}:{size}".encode())
        digest.update(_header_bytes(file))
        with file.open("rb") as handle:
            for block in range(SAMPLED_BLOCKS):
                handle.seek(size * block // SAMPLED_BLOCKS)
                digest.update(handle.read(BLOCK))
    return digest.hexdigest()


def architecture_of(config: dict[str, Any]) -> Architecture:
    """Decoder, encoder or encoder-decoder, from config.json."""
    kind = str(config.get("model_type", ""))
    if config.get("is_encoder_decoder") or kind in _ENCODER_DECODERS:
        return "encoder-decoder"
    return "encoder" if kind in _ENCODERS and not config.get("is_decoder") else "decoder"


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that make the model, the index followed but never out of the folder."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        names = sorted(set(_json(index).get("weight_map", {}).values()))
        if any(Path(name).name != name for name in names):
            raise _refused(folder, "Its list of weight files points outside its own folder.")
        files = [folder / name for name in names]
    else:
        files = [folder / "model.safetensors"]
    missing = [file.name for file in files if not file.is_file()]
    if not missing:
        return files
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
    if pickles:
        raise _refused(folder, f"Its weights ({pickles[0]}) are in an old format that can run hidden code when opened.")
    raise StudioError(
        "model-incomplete",
        f"The model folder {folder.name} lacks its weights ({missing[0]}).",
        data="Nothing was changed.",
        remedy="Copy the whole folder again, or choose another model.",
    )


def tensors_of(file: Path) -> list[Tensor]:
    """The tensors of a safetensors file, from its header. Raises StudioError when the file is cut short."""
    header = _header_bytes(file)
    try:
        entries = json.loads(header)
        tensors = [
            (Tensor(name, entry["dtype"], tuple(entry["shape"])), entry["data_offsets"])
            for name, entry in entries.items()
            if name != "__metadata__"
        ]
        needed = max((offsets[1] for _, offsets in tensors), default=0)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(file) from error
    if file.stat().st_size < 8 + len(header) + needed:
        raise _damaged(file)
    return [tensor for tensor, _ in tensors]


def _header_bytes(file: Path) -> bytes:
    with file.open("rb") as handle:
        prefix = handle.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else LARGEST_HEADER + 1
        header = handle.read(length) if length <= LARGEST_HEADER else b""
    if not header or len(header) != length:
        raise _damaged(file)
    return header


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise StudioError(
            "not-a-model",
            f"{folder.name or folder} is not a model folder: it has no config.json.",
            data="Nothing was changed.",
            remedy="Choose the folder that holds config.json, model.safetensors and tokenizer.json.",
        )
    return _json(path)


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise _damaged(path) from error
    if not isinstance(value, dict):
        raise _damaged(path)
    return value


def _refuse_code(folder: Path, config: dict[str, Any]) -> None:
    if config.get("auto_map") or _tokenizer_config(folder).get("auto_map"):
        raise _refused(folder, "It brings its own program code, which this studio never runs.")
    if any(key.startswith("_attn") or key == "attn_implementation" for key in config):
        raise _refused(folder, "Its settings ask for program code from elsewhere, which this studio never runs.")


def _require_tokenizer(folder: Path) -> None:
    if not (folder / "tokenizer.json").is_file():
        raise StudioError(
            "tokenizer-missing",
            f"The model folder {folder.name} lacks its tokenizer (tokenizer.json), which cuts text into tokens.",
            data="Nothing was changed.",
            remedy="Copy tokenizer.json and tokenizer_config.json from where the model came from into this folder.",
        )


def _refused(folder: Path, reason: str) -> StudioError:
    return StudioError(
        "model-refused",
        f"The model {folder.name} can't be used. {reason}",
        data="Nothing was opened and nothing was run.",
        remedy="Choose a model whose weights are safetensors and that needs no code of its own.",
    )


def _damaged(file: Path) -> StudioError:
    return StudioError(
        "model-damaged",
        f"The file {file.name} of the model {file.parent.name} is damaged or incomplete.",
        data="Nothing was changed.",
        remedy="Copy or download the model again.",
    )


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer_config.json"
    return _json(path) if path.is_file() else {}


def _has_template(folder: Path) -> bool:
    return (folder / "chat_template.jinja").is_file() or bool(_tokenizer_config(folder).get("chat_template"))


def _ties_by_default(config: dict[str, Any]) -> bool:
    return config.get("model_type") not in {"llama", "mistral", "qwen2", "qwen3", "phi3"}


def _first(config: dict[str, Any], *names: str, default: Any) -> Any:
    return next((config[name] for name in names if config.get(name) is not None), default)


def _commonest(tensors: list[Tensor]) -> str:
    sizes: dict[str, int] = {}
    for tensor in tensors:
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.count
    return max(sizes, key=lambda dtype: sizes[dtype], default="F32")


def _card_line(folder: Path, *keys: str) -> str:
    """A value from the front matter of the model card; empty where there is none."""
    card = folder / "README.md"
    if not card.is_file():
        return ""
    for line in card.read_text(encoding="utf-8", errors="replace").splitlines()[:80]:
        key, _, value = line.partition(":")
        if key in keys and value.strip():
            return value.strip().strip("\"'")
    return ""
