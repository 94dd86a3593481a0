"""A model that fits into a test: two layers, width 32, words as tokens; and rows for it to learn."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from studio.core.config import RunConfig
from studio.core.events import Stepped

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' }} {{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ ' ' + eos_token }}{% endif %} {% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<|system|>", "<|user|>", "<|assistant|>")
TEXT = (
    "when where who does the museum tower garden café open close cost ticket is it free on monday tuesday sunday "
    "at nine ten five of course you are welcome to come we open close ask me gladly a child adult pays nothing"
)


def build_model(folder: Path, *, tied: bool = True, seed: int = 0, layers: int = 2, kind: str = "llama") -> Path:
    """Write a tiny decoder with its tokenizer and chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = build_tokenizer(folder)
    torch.manual_seed(seed)
    sizes = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "tie_word_embeddings": tied,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "initializer_range": 0.2,
    }
    model = LlamaForCausalLM(LlamaConfig(**sizes)) if kind == "llama" else Qwen2ForCausalLM(Qwen2Config(**sizes))
    model.save_pretrained(folder)
    return folder


def build_tokenizer(folder: Path) -> int:
    """Write a tokenizer of whole words; returns the number of tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = [*SPECIAL, *dict.fromkeys(TEXT.split())]
    tokenizer = Tokenizer(models.WordLevel({word: id for id, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in SPECIAL])
    whole = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    whole.chat_template = TEMPLATE
    whole.save_pretrained(folder)
    return len(words)


def rows(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Questions and answers of varying length, with a rule to learn."""
    chance = random.Random(seed)
    places, times = ("museum", "tower", "garden", "café"), ("nine", "ten", "five")
    made = []
    for _ in range(count):
        place, day = chance.choice(places), chance.choice(("monday", "tuesday", "sunday"))
        time = times[(places.index(place) + len(day)) % len(times)]
        politely = " of course you are welcome to come" if chance.random() < 0.4 else ""
        made.append({"prompt": f"when does the {place} open on {day}", "answer": f"we open at {time}{politely}"})
    return made


def write_prepared(path: Path, train: int = 40, validation: int = 12, test: int = 14, seed: int = 1) -> Path:
    """Prepared examples as the data layer leaves them."""
    made = rows(train + validation + test, seed)
    splits = ["train"] * train + ["validation"] * validation + ["test"] * test
    columns: dict[str, Sequence[str]] = {
        "id": [f"{i:08x}" for i in range(len(made))],
        "split": splits,
        "origin": [f"visitor.csv line {i + 2}" for i in range(len(made))],
        "prompt": [row["prompt"] for row in made],
        "answer": [row["answer"] for row in made],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path)
    return path


def build_project(folder: Path) -> Path:
    """A project with a tiny model in `model` and prepared examples."""
    build_model(folder / "model")
    write_prepared(folder / "data" / "prepared.parquet")
    return folder


def finish_runs(project: Path) -> Path:
    """Train one run of each method to its end; each bears the method's name."""
    for method in ("lora", "full", "last-layers"):
        settings = {"method_head": True} if method == "last-layers" else {}
        train_in(project, config_for(project / "model", method, epochs=3, **settings), method)
    return project


class Recorder:
    """A voice that keeps what was said, and an ear that hears what a test puts in `asked`."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.asked: list[Any] = []
        self.on_say: Callable[[Any], None] = lambda event: None

    def say(self, event: Any) -> None:
        self.said.append(event)
        self.on_say(event)

    def sync(self) -> None:
        """Nothing to bring to the disk."""

    def commands(self) -> list[Any]:
        asked, self.asked = self.asked, []
        return asked

    def of(self, kind: type[Any]) -> list[Any]:
        """Everything of one kind that was said."""
        return [event for event in self.said if isinstance(event, kind)]

    def losses(self) -> list[float]:
        """The training's curve."""
        return [event.metrics["loss"] for event in self.of(Stepped)]


def config_for(model: Path, method: str = "lora", **train: Any) -> RunConfig:
    """A short run. Names of training settings are given as they are, a method's with `method_` before them."""
    of_method = {name[7:]: train.pop(name) for name in list(train) if name.startswith("method_")}
    settings = {"epochs": 2, "learning_rate": 1e-2, "batch_size": 8, "max_length": 64, "evaluate_every": 4}
    return RunConfig.model_validate(
        {
            "model": {"path": str(model)},
            "method": {"id": method, **of_method},
            "data": {"prepared": "prepared"},
            "train": {**settings, "device": "cpu", "threads": 1, **train},
        }
    )


def train_in(project: Path, config: RunConfig, name: str = "run", voice: Recorder | None = None) -> dict[str, Any]:
    """Train in this process, from the newest save point there is; the project holds data/prepared.parquet."""
    from studio.engine.checkpoints import Checkpoints
    from studio.engine.jobs import find_job
    from studio.engine.parts import put_together
    from studio.engine.train import train

    folder = project / "runs" / name
    parts = put_together(find_job(project, folder, config))
    checkpoints = Checkpoints(folder / "checkpoints")
    step, _ = checkpoints.newest()
    if step:
        parts.progress = checkpoints.restore(step, parts.training)
    return train(parts, voice or Recorder())
