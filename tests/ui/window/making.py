"""Files for the window's tests: a table with the flaws of real data, and model folders written without torch."""

from __future__ import annotations

import json
import struct
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers

ARABIC = "هل يوجد دليل صوتي باللغة العربية؟"
CHINESE = "博物馆周一开放吗？"
MARKUP = 'Is the <b>blue room</b> open? <img src="file:///etc/hostname">'
ROWS = 60


def write_table(path: Path) -> Path:
    """Sixty good rows, then: two the same, one unanswered, one with spaces, Arabic, Chinese, markup, a broken one."""
    good = [(f"When does room {n} open?", f"Gladly: room {n} opens at {n % 12 + 1}.") for n in range(ROWS)]
    rows = [*good, good[3], good[4], ("Is it free?", ""), ("  May I  sit?  ", "Of course, on the benches.")]
    rows += [(ARABIC, "نعم، بكل سرور."), (CHINESE, "不开放。"), (MARKUP, "It is, <i>gladly</i>.")]
    lines = ["question,answer,topic"]
    lines += [",".join('"' + cell.replace('"', '""') + '"' for cell in (*row, "rooms")) for row in rows]
    path.write_text("\n".join([*lines, "a line with, only, too, many, cells"]) + "\n", encoding="utf-8")
    return path


def write_model(folder: Path, kind: str = "llama", width: int = 8) -> Path:
    """A folder that reads as a small model: its facts are true, its weights are zeros."""
    folder.mkdir(parents=True)
    words = ["<unk>", "<s>", "</s>", "When", "does", "room", "open", "Gladly", "opens", "at", "?", ":", "."]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()  # type: ignore[assignment]
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    sizes = {"hidden_size": width, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 2 * width}
    config = {"model_type": kind, "vocab_size": len(words), "max_position_embeddings": 128, **sizes}
    (folder / "config.json").write_text(json.dumps(config))
    shape = [len(words), width]
    size = 4 * shape[0] * shape[1]
    header = json.dumps({"embed.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    return folder


def write_pickled_model(folder: Path) -> Path:
    """A folder whose weights could run code."""
    write_model(folder)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    return folder
