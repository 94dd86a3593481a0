"""What `training.py` measures: the same work done by the studio, by a bare loop, by transformers.Trainer and by TRL.

Each variant loads its model, says so to the clock, and trains; the clock runs from after the first step.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

BATCH = 8
RANK = 16
ROW_LIMIT = 512
TAUGHT = 8


class Sizes(NamedTuple):
    """The model's sizes, and how many steps are measured."""

    width: int
    layers: int
    vocabulary: int
    heads: int = 0
    steps: int = 8


class Clock:
    """When a variant had its model, when it began in earnest, and when it was done."""

    def __init__(self) -> None:
        self.before = self.began = self.ended = 0.0

    def loaded(self) -> None:
        """The model is there; what is used from now on is the training's."""
        self.before = peak_bytes()

    def begin(self) -> None:
        """The first step is done."""
        self.began = time.process_time()

    def end(self) -> None:
        """The last step is done."""
        self.ended = time.process_time()


Variant = Callable[[Sizes, Path, Clock], float]
"""Trains, and returns how much was done between the clock's beginning and end."""


def measured(variant: Variant, sizes: Sizes, place: Path) -> dict[str, float]:
    """What was done per CPU second, and by how much memory grew."""
    clock = Clock()
    with redirect_stdout(sys.stderr):
        done = variant(sizes, place, clock)
    return {"per_cpu_second": done / (clock.ended - clock.began), "memory_bytes": peak_bytes() - clock.before}


def peak_bytes() -> float:
    """The most memory this process ever held."""
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


# ------------------------------------------------------------------------------------------- the same for all


def build_model(sizes: Sizes) -> Any:
    """A Llama with random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.width,
        intermediate_size=sizes.width * 8 // 3 // 64 * 64,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads or sizes.width // 64,
        max_position_embeddings=ROW_LIMIT,
        tie_word_embeddings=True,
    )
    config._attn_implementation = "sdpa"
    return LlamaForCausalLM(config)


Row = tuple[list[int], int]
"""Tokens, and how many of them are the question."""


def rows(sizes: Sizes, count: int = 0) -> list[Row]:
    """Rows as long as those of Alpaca: with its preamble and GPT-2's tokens, 5,000 of them have questions of 34 to 286
    tokens (half of them under 46) and answers of 1 to 623 (half under 46, one in twenty over 164)."""
    chance = np.random.default_rng(1)
    made = []
    for _ in range(count or BATCH * (sizes.steps + 4)):
        asked = int(np.clip(chance.lognormal(3.93, 0.28), 34, 200))
        answered = int(np.clip(chance.lognormal(3.56, 1.13), 1, 300))
        made.append((chance.integers(5, sizes.vocabulary, asked + answered).tolist(), asked))
    return made


def eight_taught(sizes: Sizes) -> list[Row]:
    """The same rows, of which only the last tokens are taught: a label, a number, a short answer."""
    return [(ids, len(ids) - TAUGHT) for ids, _ in rows(sizes)]


def with_method(model: Any, name: str, **settings: Any) -> Any:
    """What trains, attached by the studio (LoRA by peft, so that all sides have the same)."""
    from studio.plugins import methods

    method = methods()[name]
    return method.attach(model, method.settings(settings))


def lora_model(sizes: Sizes) -> Any:
    return with_method(build_model(sizes), "lora", rank=RANK)


# ---------------------------------------------------------------------------------------------------- ours


def ours(model: Any, data: list[Row], clock: Clock, place: Path, **how: Any) -> float:
    """Our own loop, with everything it tells; tokens after the first step."""
    from studio.engine.attention import keep_apart
    from studio.engine.fused import fuse
    from studio.engine.scorers import ChunkedScorer, plain_model
    from studio.engine.train import Run
    from tests.benchmarks.parts import parts_of, silent

    steps, warm = how.pop("steps"), how.pop("warm", 1)
    parts = parts_of(model, data, how.pop("scorer", None) or ChunkedScorer(), place, how.pop("precision", "fp32"))
    if how.pop("prefix", False):
        from dataclasses import replace

        from studio.engine.prefix import choose_prefix

        numbered = [replace(each, numbers=np.arange(len(each))) for each in (parts.train, parts.validation)]
        parts.train, parts.validation = numbered
        prefix = choose_prefix(model, (parts.train, parts.validation), place / "prefix", 10.0)
        assert prefix is not None
        parts.scorer = replace(parts.scorer, prefix=prefix)  # type: ignore[type-var]
    fuse(model)
    keep_apart(plain_model(model), parts.precision)
    run = Run(parts, silent())
    clock.loaded()
    for _ in range(warm):
        run.step()
    clock.begin()
    before = parts.progress.tokens
    for _ in range(steps):
        run.step()
    clock.end()
    return float(parts.progress.tokens - before)


def lora(sizes: Sizes, place: Path, clock: Clock) -> float:
    return ours(lora_model(sizes), rows(sizes), clock, place, steps=sizes.steps)


def lora_by_default(sizes: Sizes, place: Path, clock: Clock) -> float:
    """In the precision that the studio chooses by itself here."""
    from studio.engine.devices import find_device
    from studio.engine.precision import choose_precision

    chosen = choose_precision("auto", find_device("cpu"), sizes.width).name
    return ours(lora_model(sizes), rows(sizes), clock, place, steps=sizes.steps, precision=chosen)


def eight(sizes: Sizes, place: Path, clock: Clock) -> float:
    return ours(lora_model(sizes), eight_taught(sizes), clock, place, steps=sizes.steps)


def eight_in_full(sizes: Sizes, place: Path, clock: Clock) -> float:

    return ours(lora_model(sizes), eight_taught(sizes), clock, place, steps=sizes.steps, scorer=FullLogits())


def FullLogits() -> Any:
    """Scores as others do: the logits of all places, of which those that teach are picked by the loss."""
    import torch.nn.functional as F

    from studio.engine.scorers import PlainScorer

    class Full(PlainScorer):
        def losses(self, model: Any, batch: Any) -> Any:
            logits = model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False).logits.float()
            losses = F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), reduction="none", ignore_index=-100)
            return losses[batch.targets.flatten() != -100]

    return Full()


def last_layers(sizes: Sizes, place: Path, clock: Clock, prefix: bool = False) -> float:
    model = with_method(build_model(sizes), "last-layers", layers=6)
    data = rows(sizes, BATCH * sizes.steps)
    return ours(model, data, clock, place, steps=sizes.steps, warm=sizes.steps, prefix=prefix)


def kept_beginnings(sizes: Sizes, place: Path, clock: Clock) -> float:
    return last_layers(sizes, place, clock, prefix=True)


def same_batches_bare(sizes: Sizes, place: Path, clock: Clock) -> float:
    """Our batches, laid out beforehand, and our scoring, without our loop: what the loop itself costs."""
    import torch

    from studio.engine.batches import examples_of_step, lay_out
    from studio.engine.scorers import ChunkedScorer
    from tests.benchmarks.parts import parts_of

    scorer = ChunkedScorer()
    parts = parts_of(lora_model(sizes), rows(sizes), scorer, place, "fp32")
    chosen = [examples_of_step(step, len(parts.train), parts.settings) for step in range(sizes.steps + 1)]
    laid = [
        [lay_out(parts.train, portion, parts.layout) for portion in parts.portions.split(indices, parts.train.lengths)]
        for indices in chosen
    ]
    weights = list(parts.weights.values())
    parts.model.train()
    clock.loaded()
    tokens = 0
    for number, batches in enumerate(laid):
        units = sum(batch.units for batch in batches)
        parts.optimizer.zero_grad(set_to_none=True)
        for batch in batches:
            (scorer.losses(parts.model, batch).sum() / units).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        parts.optimizer.step()
        if number == 0:
            clock.begin()
        else:
            tokens += sum(batch.tokens for batch in batches)
    clock.end()
    return float(tokens)


# --------------------------------------------------------------------------------------------------- peers


def padded(batch: list[Row]) -> dict[str, Any]:
    """Rows filled up to the longest, questions not taught."""
    import torch

    width = max(len(ids) for ids, _ in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
    for row, (tokens, asked) in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, asked : len(tokens)] = torch.tensor(tokens[asked:])
        mask[row, : len(tokens)] = 1
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}


def listener(clock: Clock) -> Any:
    """Tells the clock of a Trainer's first and last step."""
    from transformers import TrainerCallback

    class Listener(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 1:
                clock.begin()
            clock.end()

    return Listener()


PLAIN = {
    "learning_rate": 1e-3,
    "lr_scheduler_type": "constant",
    "logging_steps": 1,
    "report_to": [],
    "save_strategy": "no",
    "disable_tqdm": True,
    "use_cpu": True,
}


def trainer(sizes: Sizes, place: Path, clock: Clock) -> float:
    """transformers.Trainer, batches of rows of like length, so that padding is least."""
    from transformers import Trainer, TrainingArguments

    model = lora_model(sizes)
    data = sorted(rows(sizes), key=lambda row: len(row[0]))
    batches = [data[start : start + BATCH] for start in range(0, len(data), BATCH)]
    np.random.default_rng(2).shuffle(batches)  # type: ignore[arg-type]
    taken = [row for batch in batches for row in batch][: BATCH * (sizes.steps + 1)]
    arguments = TrainingArguments(
        output_dir=str(place), max_steps=sizes.steps + 1, per_device_train_batch_size=BATCH, **PLAIN
    )
    peer = Trainer(model=model, args=arguments, train_dataset=taken, data_collator=padded)  # type: ignore[arg-type]
    peer._get_train_sampler = lambda *_: None  # type: ignore[method-assign]
    peer.add_callback(listener(clock))
    clock.loaded()
    peer.train()
    return float(sum(len(ids) for ids, _ in taken[BATCH:]))


def trl(sizes: Sizes, place: Path, clock: Clock, **settings: Any) -> float:
    """TRL's supervised trainer with packed rows; as many tokens at once as our batches have."""
    import datasets  # pyright: ignore[reportMissingImports]
    from trl import SFTConfig, SFTTrainer  # pyright: ignore[reportMissingImports]

    data = rows(sizes, 2 * BATCH * (sizes.steps + 4))
    taught = [
        {"input_ids": ids, "completion_mask": [int(at >= asked) for at in range(len(ids))]} for ids, asked in data
    ]
    at_once = max(1, round(BATCH * float(np.mean([len(ids) for ids, _ in data])) / ROW_LIMIT))
    given = {"gradient_checkpointing": False, "bf16": False, **settings}
    arguments = SFTConfig(
        output_dir=str(place),
        max_steps=sizes.steps + 1,
        per_device_train_batch_size=at_once,
        max_length=ROW_LIMIT,
        packing=True,
        dataset_kwargs={"skip_prepare_dataset": False},
        **{**PLAIN, **given},
    )
    model = lora_model(sizes)
    tokens: list[int] = []

    class Counting(SFTTrainer):
        def training_step(self, model: Any, inputs: Any, *rest: Any) -> Any:
            mask = inputs.get("attention_mask")
            tokens.append(int(mask.sum()) if mask is not None else int(inputs["input_ids"].numel()))
            return super().training_step(model, inputs, *rest)

    peer = Counting(
        model=model,
        args=arguments,
        train_dataset=datasets.Dataset.from_list(taught),
        processing_class=words(sizes),
    )
    peer.add_callback(listener(clock))
    clock.loaded()
    peer.train()
    return float(sum(tokens[1:]))


def words(sizes: Sizes) -> Any:
    """A tokenizer, which TRL wants even where rows are tokens already."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({"<pad>": 0, "<unk>": 1, "<end>": 2}, unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", unk_token="<unk>", eos_token="<end>")


def trl_by_default(sizes: Sizes, place: Path, clock: Clock) -> float:
    """With the precision and the checkpointing that TRL chooses by itself."""
    from trl import SFTConfig  # pyright: ignore[reportMissingImports]

    told = SFTConfig(output_dir=str(place), **PLAIN)
    return trl(sizes, place, clock, gradient_checkpointing=told.gradient_checkpointing, bf16=told.bf16)


# ---------------------------------------------------------------------------------------------------- start


def start(place: Path, clock: Clock, reserve: bool) -> float:
    """From the click to the first step of a real run in a worker: its processor seconds count, not ours."""
    from studio.core.events import Stepped
    from studio.worker import client
    from studio.worker.run_folder import RunFolder
    from tests.tiny import build_project, config_for

    project = build_project(place / "project")
    config = config_for(project / "model", epochs=1, batch_size=14, samples=["is it free"])
    run = RunFolder.create(project / "runs" / "run-1", "train", {"project": str(project), "resume": True}, config)
    waited = 0.0
    if reserve:
        client.RESERVE.fill()
        assert client.RESERVE.pid is not None
        waited = seconds_until_idle(client.RESERVE.pid)
    pid = client.start(run)
    clock.loaded()
    worker = psutil.Process(pid)
    while not any(isinstance(event, Stepped) for event in run.events()):
        spent = worker.cpu_times()
        time.sleep(0.005)
    client.wait(run)
    clock.ended = spent.user + spent.system - waited
    return 1.0


def seconds_until_idle(pid: int) -> float:
    """Processor seconds that a waiting worker took until it waited."""
    process, before = psutil.Process(pid), -1.0
    while True:
        spent = process.cpu_times()
        now = spent.user + spent.system
        if now == before and now > 1.0:
            return now
        before = now
        time.sleep(1.0)


VARIANTS: dict[str, Variant] = {
    "lora": lora,
    "lora by default": lora_by_default,
    "eight taught": eight,
    "eight taught, full logits": eight_in_full,
    "last layers": last_layers,
    "kept beginnings": kept_beginnings,
    "same batches, bare": same_batches_bare,
    "trainer": trainer,
    "trl": trl,
    "trl by default": trl_by_default,
    "start cold": lambda _sizes, place, clock: start(place, clock, reserve=False),
    "start from reserve": lambda _sizes, place, clock: start(place, clock, reserve=True),
}
