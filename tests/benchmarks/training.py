"""How fast training is, beside a bare loop and beside transformers.Trainer: `python -m tests.benchmarks.training`.

Prints one JSON object. CPU seconds of one pinned thread, each variant in a process of its own and in turns, because
a computer does other things too. Tokens are those of examples, padding not counted. Memory is the growth of the
process's peak from after the model was loaded.

`--quick` takes a smaller model and fewer steps; `--vocabulary 128000` shows what a large vocabulary does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

VARIANTS = (
    "ours",
    "ours, full logits",
    "ours, bf16",
    "ours, last 2 layers",
    "trainer, padded by length",
    "bare",
    "same batches, bare",
)
BATCH = 8
RANK = 16


def main() -> None:
    """Measure all variants, or (as a child) one."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--vocabulary", type=int, default=32_000)
    asked.add_argument("--steps", type=int, default=8)
    asked.add_argument("--rounds", type=int, default=2)
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--only", nargs="*", default=list(VARIANTS))
    asked.add_argument("--variant")
    options = asked.parse_args()
    if options.variant:
        print(json.dumps(measure(options)))
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in options.only}
    for _ in range(options.rounds):
        for name in options.only:
            found[name].append(in_child(name))
    print(json.dumps(summary(options, found), indent=1))


def in_child(name: str) -> dict[str, float]:
    """One variant in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.training", *sys.argv[1:], "--variant", name]
    pinned = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(command, env={**os.environ, **pinned}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def summary(options: argparse.Namespace, found: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Medians, and the ratios that matter."""
    middle = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in found.items()
    }
    told: dict[str, Any] = {"vocabulary": options.vocabulary, "measured": middle}
    for peer in VARIANTS[1:]:
        if "ours" in middle and peer in middle:
            speed = middle["ours"]["tokens_per_cpu_second"] / middle[peer]["tokens_per_cpu_second"]
            memory = middle["ours"]["memory_growth_bytes"] / max(1, middle[peer]["memory_growth_bytes"])
            told[f"ours : {peer}"] = {"speed": round(speed, 2), "memory": round(memory, 2)}
    return told


# ------------------------------------------------------------------------------------------------- one variant


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Train a few steps in this process and count."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        step = prepare(options, Path(place))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        step()
        began, tokens = time.process_time(), 0
        for _ in range(options.steps):
            tokens += step()
        seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "tokens_per_cpu_second": round(tokens / seconds, 1),
        "cpu_seconds_per_step": round(seconds / options.steps, 4),
        "memory_growth_bytes": float((peak - before) * 1024),
    }


def prepare(options: argparse.Namespace, place: Path) -> Callable[[], int]:
    """A function that takes one step and returns its tokens."""
    name = options.variant
    if name == "same batches, bare":
        return least_step(options, place)
    if name == "bare":
        return bare_step(options)
    if name.startswith("trainer"):
        return trainer_step(options, place)
    return our_step(options, place)


def build_model(options: argparse.Namespace) -> Any:
    """A Llama with random weights: 26 million with 32,000 words, or a small one."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    width, layers = (128, 4) if options.quick else (384, 8)
    config = LlamaConfig(
        vocab_size=options.vocabulary,
        hidden_size=width,
        intermediate_size=width * 8 // 3 // 64 * 64,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        max_position_embeddings=512,
        tie_word_embeddings=True,
    )
    config._attn_implementation = "sdpa"
    return LlamaForCausalLM(config)


def rows(options: argparse.Namespace) -> list[tuple[list[int], int]]:
    """(tokens, how many of them are the question), with lengths like those of instruction data."""
    chance = np.random.default_rng(1)
    made = []
    for _ in range(BATCH * (options.steps + 4)):
        asked = int(np.clip(chance.lognormal(3.2, 0.6), 8, 200))
        answered = int(np.clip(chance.lognormal(4.0, 0.9), 4, 300))
        made.append((chance.integers(5, options.vocabulary, asked + answered).tolist(), asked))
    return made


def with_lora(model: Any) -> Any:
    """LoRA on all linear parts."""
    from studio.plugins import methods

    method = methods()["lora"]
    return method.attach(model, method.settings({"rank": RANK}))


def our_step(options: argparse.Namespace, place: Path) -> Callable[[], int]:
    """Our own loop, with everything it tells."""
    from studio.engine.scorers import ChunkedScorer, PlainScorer
    from studio.engine.train import Run
    from tests.benchmarks.parts import parts_of, silent

    model = build_model(options)
    if "last" in options.variant:
        from studio.plugins import methods

        method = methods()["last-layers"]
        model = method.attach(model, method.settings({"layers": 2}))
    else:
        model = with_lora(model)
    scorer = PlainScorer() if "full logits" in options.variant else ChunkedScorer()
    precision = "bf16" if "bf16" in options.variant else "fp32"
    parts = parts_of(model, rows(options), scorer, place, precision)
    run = Run(parts, silent())

    def step() -> int:
        before = parts.progress.tokens
        run.step()
        return parts.progress.tokens - before

    return step


def least_step(options: argparse.Namespace, place: Path) -> Callable[[], int]:
    """Our batches, laid out beforehand, and our scoring, without our loop: what the loop itself costs."""
    import torch

    from studio.engine.batches import examples_of_step, lay_out
    from studio.engine.scorers import ChunkedScorer
    from tests.benchmarks.parts import parts_of

    scorer = ChunkedScorer()
    parts = parts_of(with_lora(build_model(options)), rows(options), scorer, place, "fp32")
    steps = range(options.steps + 1)
    chosen = [examples_of_step(step, len(parts.train), parts.settings) for step in steps]
    laid = [
        [lay_out(parts.train, portion, parts.layout) for portion in parts.portions.split(indices, parts.train.lengths)]
        for indices in chosen
    ]
    weights = list(parts.weights.values())
    parts.model.train()
    place_in_data = iter(laid)

    def step() -> int:
        batches = next(place_in_data)
        units = sum(batch.units for batch in batches)
        parts.optimizer.zero_grad(set_to_none=True)
        for batch in batches:
            (scorer.losses(parts.model, batch).sum() / units).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        parts.optimizer.step()
        return sum(batch.tokens for batch in batches)

    return step


def padded(batch: list[tuple[list[int], int]]) -> dict[str, Any]:
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


def bare_step(options: argparse.Namespace) -> Callable[[], int]:
    """The least that trains: forward, backward, clip, step; padded rows, full logits, nothing told."""
    import torch

    model = with_lora(build_model(options)).train()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=1e-3, fused=True)
    data = rows(options)
    place = 0

    def step() -> int:
        nonlocal place
        batch = data[place : place + BATCH]
        place += BATCH
        optimizer.zero_grad(set_to_none=True)
        model(**padded(batch)).loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        return sum(len(ids) for ids, _ in batch)

    return step


def trainer_step(options: argparse.Namespace, place: Path) -> Callable[[], int]:
    """transformers.Trainer, batches sorted by length so that padding is least. One call trains all steps."""
    from transformers import Trainer, TrainingArguments

    model = with_lora(build_model(options))
    data = sorted(rows(options), key=lambda row: len(row[0]))
    batches = [data[start : start + BATCH] for start in range(0, len(data), BATCH)]
    np.random.default_rng(2).shuffle(batches)  # type: ignore[arg-type]
    ordered = [row for batch in batches for row in batch]
    settings: dict[str, Any] = {"per_device_train_batch_size": BATCH, "learning_rate": 1e-3, "logging_steps": 1}
    settings |= {"report_to": [], "save_strategy": "no", "disable_tqdm": True, "use_cpu": True}
    done = 0

    def step() -> int:
        nonlocal done
        steps = 1 if done == 0 else options.steps
        if done > 1:
            return 0
        part = ordered[: BATCH * steps] if done == 0 else ordered[BATCH : BATCH * (steps + 1)]
        done += 1
        arguments = TrainingArguments(output_dir=str(place), max_steps=steps, **settings)
        sampler_free = Trainer(model=model, args=arguments, train_dataset=part, data_collator=padded)  # type: ignore
        sampler_free._get_train_sampler = lambda *_: None  # type: ignore[method-assign]
        sys.stdout, out = sys.stderr, sys.stdout
        sampler_free.train()
        sys.stdout = out
        return sum(len(ids) for ids, _ in part)

    return step


if __name__ == "__main__":
    main()
