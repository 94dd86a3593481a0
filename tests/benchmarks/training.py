"""How fast training is beside what engineers use by hand, and how much memory it takes: `python -m
tests.benchmarks.training`.

Prints one JSON object: for each case our side and the other, the ratios, what they must reach and whether they do.
CPU seconds of one pinned thread, each side in a process of its own and in turns, because a computer does other things
too. Tokens are those of examples, padding not counted. Memory is the growth of the process's peak from after the model
was loaded. Peers (transformers.Trainer, TRL) come with the `bench` extra, in an environment of their own.

`--only CASE…` measures some; `--rounds N` how often each; `--list` names them.
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

from tests.benchmarks.variants import VARIANTS, Sizes, measured


class Case(NamedTuple):
    """Two sides that do the same work, and how far ours has to be ahead: at least `speed` times as fast, at most
    `memory` times the extra memory."""

    ours: str
    theirs: str
    sizes: Sizes
    speed: float
    memory: float | None = None


SMALL = Sizes(width=384, layers=8, vocabulary=32_000)
LARGE_VOCABULARY = SMALL._replace(vocabulary=128_000)
TINY = Sizes(width=64, layers=2, vocabulary=512, steps=60)
TALL = Sizes(width=576, layers=30, heads=9, vocabulary=32_000, steps=4)

CASES = {
    "TRL with packing": Case("lora", "trl", SMALL, 2.5, 0.45),
    "TRL with packing, 128k words": Case("lora", "trl", LARGE_VOCABULARY, 3.0, 0.6),
    "our defaults, TRL's packing defaults": Case("lora by default", "trl by default", SMALL, 4.0),
    "eight taught tokens per row, 128k words, full logits": Case(
        "eight taught", "eight taught, full logits", LARGE_VOCABULARY, 3.2, 0.3
    ),
    "transformers.Trainer, padded by length": Case("lora", "trainer", SMALL, 1.3, 0.4),
    "last 6 of 30 layers, kept beginnings": Case("kept beginnings", "last layers", TALL, 1.7),
    "a bare loop": Case("lora", "same batches, bare", TINY, 1 / 1.1),
    "start to first step, worker in reserve": Case("start from reserve", "start cold", TINY, 5.0),
}


def main() -> None:
    """Measure the cases, or (as a child) one side of one."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", nargs="*", default=list(CASES), metavar="CASE")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--list", action="store_true")
    asked.add_argument("--child", nargs=2, metavar=("VARIANT", "SIZES"), help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.list:
        print("\n".join(CASES))
    elif options.child:
        with tempfile.TemporaryDirectory() as folder:
            name, sizes = options.child
            print(json.dumps(measured(VARIANTS[name], Sizes(**json.loads(sizes)), Path(folder))))
    else:
        print(json.dumps({name: compared(CASES[name], options.rounds) for name in options.only}, indent=1))


def compared(case: Case, rounds: int) -> dict[str, Any]:
    """Both sides in turns; medians, and ratios of neighbours in time."""
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    for _ in range(rounds):
        ours.append(in_child(case.ours, case.sizes))
        theirs.append(in_child(case.theirs, case.sizes))
    pairs = list(zip(ours, theirs, strict=True))
    speed = statistics.median(mine["per_cpu_second"] / other["per_cpu_second"] for mine, other in pairs)
    memory = statistics.median(mine["memory_bytes"] / max(1.0, other["memory_bytes"]) for mine, other in pairs)
    reached = speed >= case.speed and (case.memory is None or memory <= case.memory)
    told = {
        "speed": round(speed, 2),
        "speed_least": round(case.speed, 2),
        "memory": round(memory, 2) if case.memory else None,
        "memory_most": case.memory,
        "reached": reached,
        "ours": {"is": case.ours, **middle(ours)},
        "theirs": {"is": case.theirs, **middle(theirs)},
    }
    sys.stderr.write(json.dumps(told) + "\n")
    return told


def middle(found: list[dict[str, float]]) -> dict[str, float]:
    """The median of each number."""
    return {name: round(statistics.median(each[name] for each in found), 4) for name in found[0]}


def in_child(name: str, sizes: Sizes) -> dict[str, float]:
    """One side in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.training", "--child", name, json.dumps(sizes._asdict())]
    pinned = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env={**os.environ, **pinned}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
