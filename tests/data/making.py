"""Making what the data layer works on: files, tokenizers of two families, a model folder, a project."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from studio import plugins
from studio.api import ReadOptions
from studio.core.config import DataSection, ModelSection, RunConfig, Step, TrainSettings
from studio.data.imports import Imported, import_file
from studio.data.sources import choose
from studio.data.staging import Progress, silent

SENTENCES = (
    "Where is the museum? The museum is on the main street, beside the café.",
    "When do you open? We open at nine and close at six on every day but Monday.",
    "What does a ticket cost? A ticket costs five euros; children come in free.",
    "User: Assistant: Tool: system question answer Grüße naïve ”quotes“ — 日本語 привет",
)
OWN_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + '<|end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file with exactly this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A file with one record per line."""
    return write(path, "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows))


def questions(count: int) -> list[dict[str, str]]:
    """Rows that all differ, with a question and an answer."""
    return [{"question": f"What is in room {n}?", "answer": f"Room {n} shows {n + 1} paintings."} for n in range(count)]


def imported(
    path: Path, folder: Path, *, format: str = "", options: ReadOptions | None = None, progress: Progress = silent
) -> Imported:
    """A file imported with the readers that ship with the studio."""
    return import_file(path, folder, choose(path, plugins.readers(), options, format), progress)


def rows_of(path: Path, folder: Path, **chosen: Any) -> list[dict[str, str]]:
    """The rows of a file after import, without where they came from."""
    from studio.data.pages import Pages

    rows = Pages(imported(path, folder, **chosen).path).rows(0, 1_000_000)
    return [{name: cell for name, cell in row.items() if name != "_origin"} for row in rows]


def byte_level_tokenizer(folder: Path, *, template: str = OWN_TEMPLATE) -> Path:
    """A tokenizer as GPT-2 and Llama 3 have: bytes, merged; spaces belong to the word after them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|begin|>", "<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 5, trainer)
    tokens = {"bos_token": "<|begin|>", "eos_token": "<|end|>", "pad_token": "<|pad|>"}
    return _save(folder, tokenizer, {**tokens, **({"chat_template": template} if template else {})})


def sentencepiece_tokenizer(folder: Path) -> Path:
    """A tokenizer as Llama 2 has: words begin with ▁, unknown letters fall back to bytes, no chat template."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=special, limit_alphabet=70, show_progress=False, max_token_length=6
    )
    tokenizer.train_from_iterator([f"▁{sentence.replace(' ', '▁')}" for sentence in SENTENCES[:3]], trainer)
    whole = json.loads(tokenizer.to_str())
    whole["added_tokens"] = [token for token in whole["added_tokens"] if not token["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(whole))
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in ("<s>", "</s>")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return _save(folder, tokenizer, {"bos_token": {"content": "<s>"}, "eos_token": "</s>", "unk_token": "<unk>"})


def _save(folder: Path, tokenizer: Tokenizer, config: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return folder


def model_folder(folder: Path) -> Path:
    """A whole model folder, its weights zeros written by hand, so that no test here needs torch."""
    byte_level_tokenizer(folder)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = {"model_type": "llama", "vocab_size": 420, "max_position_embeddings": 256, **sizes}
    (folder / "config.json").write_text(json.dumps(config))
    header = {"model.embed_tokens.weight": {"dtype": "F32", "shape": [420, 8], "data_offsets": [0, 420 * 8 * 4]}}
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(420 * 8 * 4))
    return folder


def config_for(
    *hashes: str, roles: Mapping[str, str], model: Path | str = "", max_length: int = 64, **data: Any
) -> RunConfig:
    """A config that uses these imports."""
    return RunConfig(
        data=DataSection(imports=hashes, roles=dict(roles), **data),
        model=ModelSection(path=str(model)),
        train=TrainSettings(max_length=max_length),
    )


def steps(*ids: str, **settings: Any) -> tuple[Step, ...]:
    """A recipe of these steps, all with the same settings."""
    return tuple(Step(id=id, **settings) for id in ids)
