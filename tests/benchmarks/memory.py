"""Predicted memory beside what training really takes: `python -m tests.benchmarks.memory`.

Each case is a model with random weights, a method and settings; its longest batches are trained for three steps, with
the checks and save points of any run, in a process of its own. Printed as JSON: the peak of that process (on a
graphics card, of torch's memory there), what tracing config.json predicted, what the instant estimate said, and both
relative errors, of the whole and of what was added to the program itself. Also the seconds of a step.

`--only NAME…` takes some of the cases, `--device cuda` the graphics card; `--list` names them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from studio.worker.launching import STEADY_HEAP

STEPS = 3
NAMES = 3
ALLOWED = 0.10


class Case(NamedTuple):
    """What is trained: a family with its sizes, an objective, a method, and settings by their dotted names."""

    name: str
    family: str
    sizes: dict[str, int]
    objective: str
    method: str
    length: int
    batch: int
    settings: dict[str, Any] = {}  # noqa: RUF012 - never changed


SMALL = {"width": 384, "layers": 8, "vocabulary": 32_000}
MIDDLE = {"width": 640, "layers": 10, "vocabulary": 32_000}
WORDY = {"width": 256, "layers": 6, "vocabulary": 128_000}
READER = {"width": 512, "layers": 8, "vocabulary": 30_000}
WRITER = {"width": 384, "layers": 6, "vocabulary": 32_000}
SAVED = {"train.checkpointing": "on"}
SGD = {"train.optimizer": "sgd"}
HELD = {"train.kl": 0.1, "train.kl_share": 1.0, "train.average": 0.9}

CASES = (
    Case("decoder, LoRA", "llama", SMALL, "instruct", "lora", 256, 8),
    Case("decoder, LoRA, computed twice", "llama", MIDDLE, "instruct", "lora", 512, 2, SAVED),
    Case("decoder, whole, AdamW", "llama", SMALL, "instruct", "full", 256, 8),
    Case("decoder, whole, SGD, computed twice", "llama", MIDDLE, "documents", "full", 256, 2, {**SAVED, **SGD}),
    Case("decoder, whole, 128k words", "llama", WORDY, "instruct", "full", 256, 4),
    Case("decoder, LoRA, 128k words", "llama", WORDY, "instruct", "lora", 256, 8),
    Case("decoder, last layers", "llama", MIDDLE, "instruct", "last-layers", 256, 4),
    Case("decoder, QLoRA", "llama", MIDDLE, "instruct", "qlora", 128, 4),
    Case("decoder, adapters, one at a time", "llama", SMALL, "instruct", "adapters", 512, 4, {"train.micro_batch": 1}),
    Case("decoder, DPO, whole", "gpt2", SMALL, "prefer", "full", 128, 2),
    Case("decoder, holding on, average, whole", "llama", SMALL, "instruct", "full", 128, 8, HELD),
    Case("encoder, LoRA, classes", "bert", MIDDLE, "sort", "lora", 128, 8),
    Case("encoder, whole, hidden words", "bert", READER, "hidden-words", "full", 256, 4),
    Case("encoder, last layers, marks", "bert", MIDDLE, "mark", "last-layers", 256, 4),
    Case("encoder-decoder, whole", "t5", WRITER, "transform", "full", 128, 8),
    Case("encoder-decoder, LoRA, computed twice", "t5", WRITER, "transform", "lora", 256, 4, SAVED),
    Case("encoder-decoder, adapters", "t5", WRITER, "transform", "adapters", 128, 8),
)


def main() -> None:
    """Measure and predict the cases, or (as a child) do one of both for one case."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", nargs="*", default=[])
    asked.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    asked.add_argument("--list", action="store_true")
    asked.add_argument("--child", nargs=3, metavar=("WHAT", "CASE", "FOLDER"))
    options = asked.parse_args()
    if options.child:
        what, name, folder = options.child
        case = next(case for case in CASES if case.name == name)
        print(
            json.dumps({"make": make, "measure": measure, "predict": predict}[what](case, Path(folder), options.device))
        )
        return
    chosen = [case for case in CASES if not options.only or any(part in case.name for part in options.only)]
    if options.list:
        print("\n".join(case.name for case in chosen))
        return
    found = {case.name: compared(case, options.device) for case in chosen}
    print(json.dumps({"cases": found, **summary(found)}, indent=1))


def compared(case: Case, device: str) -> dict[str, Any]:
    """What one case takes, and what was said about it before."""
    with tempfile.TemporaryDirectory() as folder:
        in_child("make", case, folder, device)
        told = in_child("predict", case, folder, device)
        took = in_child("measure", case, folder, device)
    whole, grown = took["peak_bytes"], took["peak_bytes"] - took["program_bytes"]
    result = {
        "measured": took,
        "traced": told["traced"],
        "analytic": told["analytic"],
        "traced error": round(told["traced"]["memory_bytes"] / whole - 1, 3),
        "traced error beside the program": round(told["traced"]["beside_bytes"] / grown - 1, 3),
        "analytic error": round(told["analytic"]["memory_bytes"] / whole - 1, 3),
        "seconds": {"predicted": told["traced"]["seconds_per_step"], "measured": took["seconds_per_step"]},
    }
    print(case.name, {key: value for key, value in result.items() if "error" in key}, file=sys.stderr, flush=True)
    return result


def summary(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The worst and the usual error of each kind."""
    told: dict[str, Any] = {}
    for key in ("traced error", "traced error beside the program", "analytic error"):
        errors = [abs(case[key]) for case in found.values()]
        told[key] = {"worst": max(errors), "median": statistics.median(errors)}
    told["all traced within 10 %"] = told["traced error"]["worst"] <= ALLOWED
    return told


def in_child(what: str, case: Case, folder: str, device: str) -> dict[str, Any]:
    """One part of a case in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", "--device", device, "--child", what, case.name, folder]
    pinned = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", **STEADY_HEAP}
    done = subprocess.run(command, env={**os.environ, **pinned}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


# ----------------------------------------------------------------------------------------------------- as a child


def make(case: Case, folder: Path, device: str) -> dict[str, Any]:
    """Write the model and prepared examples, all of them too long, so that each is cut at the longest there may be."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    from tests.tiny import build_tokenizer

    build_tokenizer(folder / "model") if (folder / "model").mkdir() is None else None
    model = built(case)
    model.save_pretrained(folder / "model")
    words = " ".join(["museum"] * 2 * case.length)
    row = {
        "text": words, "prompt": "when", "answer": words, "chosen": words, "rejected": words.replace("museum", "tower"),
        "label": "", "words": words, "tags": " ".join(["O"] * 2 * case.length),
    }  # fmt: skip
    if case.objective == "transform":
        row["prompt"] = words
    count = case.batch * STEPS
    rows = [{**row, "label": f"class {number % 3}", "id": f"{number:08x}"} for number in range(count + 2)]
    for number, each in enumerate(rows):
        each["split"] = "train" if number < count else "validation"
    (folder / "data").mkdir()
    parquet.write_table(pa.Table.from_pylist(rows), folder / "data" / "prepared.parquet")
    return {}


def built(case: Case) -> Any:
    """The model with random weights."""
    import torch
    import transformers as t

    torch.manual_seed(0)
    width, layers, words = case.sizes["width"], case.sizes["layers"], case.sizes["vocabulary"]
    tokens: dict[str, Any] = {"vocab_size": words, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    sizes = {"hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": width // 64}
    if case.family == "llama":
        inside = width * 8 // 3 // 64 * 64
        return t.LlamaForCausalLM(
            t.LlamaConfig(**tokens, **sizes, intermediate_size=inside, tie_word_embeddings=True)  # type: ignore
        )
    if case.family == "gpt2":
        shape = {"n_embd": width, "n_layer": layers, "n_head": width // 64, "n_positions": 1024}
        return t.GPT2LMHeadModel(t.GPT2Config(**tokens, **shape))  # type: ignore
    if case.family == "bert":
        return t.BertForMaskedLM(t.BertConfig(**tokens, **sizes, intermediate_size=4 * width))  # type: ignore
    shape = {"d_model": width, "d_ff": 4 * width, "d_kv": 64, "num_layers": layers, "num_heads": width // 64}
    config: Any = t.T5Config(**tokens, **shape)  # type: ignore
    config.decoder_start_token_id = 0
    return t.T5ForConditionalGeneration(config)


def config_of(case: Case, folder: Path, device: str) -> Any:
    """The RunConfig of a case."""
    from studio.core.config import RunConfig, edit

    plain = {
        "model.path": str(folder / "model"), "objective.id": case.objective, "method.id": case.method,
        "data.prepared": "prepared", "train.max_length": case.length, "train.batch_size": case.batch,
        "train.steps": STEPS, "train.device": device, "train.threads": 1, "train.learning_rate": 1e-5,
        "train.evaluate_every": STEPS, "train.patience": 0,
    }  # fmt: skip
    return edit(RunConfig(), {**plain, **case.settings})


def measure(case: Case, folder: Path, device: str) -> dict[str, Any]:
    """Train, and look at what the process (or the card) took at most, in all and in each part of the run."""
    import time

    from studio import plugins
    from studio.core.events import Stepped
    from studio.engine.jobs import find_job
    from studio.engine.parts import put_together
    from studio.engine.tracing_program import held_at_start
    from studio.engine.train import train
    from tests.tiny import Recorder

    plugins.use_real()
    held_at_start(device)
    program = now()
    parts = put_together(find_job(folder, folder / "runs" / "one", config_of(case, folder, device)))
    stages = {"loaded": peak(device)}
    voice, times = Recorder(), []

    def heard(event: Any) -> None:
        if isinstance(event, Stepped):
            times.append(time.perf_counter())
        if type(event).__name__ not in stages:
            stages[type(event).__name__] = peak(device)

    voice.on_say = heard
    train(parts, voice)
    stages["end"] = peak(device)
    return {
        "peak_bytes": peak(device),
        "program_bytes": program if device == "cpu" else 0,
        "left_bytes": now(),
        "stages": stages,
        "tokens": parts.progress.tokens // STEPS,
        "saves_activations": parts.progress.saves_activations,
        "seconds_per_step": round((times[-1] - times[0]) / (len(times) - 1), 3),
    }


def now() -> int:
    """Bytes of this process that are in memory."""
    import psutil

    return psutil.Process().memory_info().rss


def peak(device: str) -> int:
    """The most so far: of this process, or of torch's memory on the card."""
    import resource

    import torch

    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def predict(case: Case, folder: Path, device: str) -> dict[str, Any]:
    """What was to be expected, from config.json alone and from the model's facts."""
    from studio import plugins
    from studio.core.model_folder import read_model
    from studio.engine.devices import find_device
    from studio.engine.tracing_examples import Shape
    from studio.engine.tracing_program import foreseen
    from studio.services.estimate import estimate

    plugins.use_real()
    config, info, here = config_of(case, folder, device), read_model(folder / "model"), find_device(device)
    shape = Shape((case.length,) * case.batch, names=NAMES)
    traced = foreseen(config, info, here, shape)
    instant = estimate(info, plugins.methods()[case.method], config, here)
    return {"traced": traced, "analytic": {"memory_bytes": instant.memory_bytes, "parts": dict(instant.parts)}}


if __name__ == "__main__":
    main()
