"""Learning from preferences beside TRL, on the same batches: `python -m tests.benchmarks.against_trl`.

Runs 20 steps of DPO, IPO, KTO and a reward model on a tiny model, by the studio (packed rows) and by TRL's trainers
(padded ones), and prints the largest relative difference of the two loss curves as JSON; exits with 1 where one is
above 1e-4. Needs the `bench` extra in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from studio.builtin.yes_or_no import yes_or_no
from studio.core.config import RunConfig
from studio.engine.batches import examples_of_step
from studio.engine.examples import read_split
from studio.engine.jobs import find_job
from studio.engine.parts import copy_of_before, put_together
from tests.objectives.preferring import judged, learning, pairs, write
from tests.tiny import Recorder, build_model, train_in

STEPS, BATCH = 20, 8
ALLOWED = 1e-4
LEARNING_RATE = 1e-3


class Case(NamedTuple):
    """What is compared: an objective with its settings and method, and TRL's words for the same."""

    name: str
    objective: str
    method: str
    ours: dict[str, Any]
    theirs: dict[str, Any]


CASES = (
    Case("DPO, full", "prefer", "full", {}, {"beta": 0.1}),
    Case("DPO, LoRA", "prefer", "lora", {}, {"beta": 0.1}),
    Case("IPO, LoRA", "prefer", "lora", {"objective_loss": "ipo"}, {"beta": 0.1, "loss_type": "ipo"}),
    Case("KTO, full", "liked", "full", {"objective_desirable": 1.0, "objective_undesirable": 1.0}, {"beta": 0.1}),
    Case("KTO, LoRA", "liked", "lora", {"objective_desirable": 1.5, "objective_undesirable": 1.0}, {"beta": 0.1}),
    Case("reward model, full", "judge", "full", {"objective_centre": 0.01}, {}),
)


def main() -> None:
    """Compare all cases and print what was found."""
    torch.set_num_threads(1)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        build_model(home / "model", tied=False)
        write(home / "pairs" / "data" / "prepared.parquet", {"train": pairs(STEPS * BATCH)})
        write(home / "judged" / "data" / "prepared.parquet", {"train": judged(STEPS * BATCH)})
        for case in CASES:
            found[case.name] = compared(case, home)
    print(json.dumps(found, indent=1))
    sys.exit(any(each["largest relative difference"] > ALLOWED for each in found.values()))


def compared(case: Case, home: Path) -> dict[str, Any]:
    """Both curves of a case, and how far they are apart."""
    project = home / ("judged" if case.objective == "liked" else "pairs")
    config = learning(
        home / "model",
        case.objective,
        case.method,
        **case.ours,
        epochs=1,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        schedule="constant",
        warmup=0.0,
        weight_decay=0.0,
        clip=1.0,
        precision="fp32",
        evaluate_every=1000,
    )
    voice = Recorder()
    train_in(project, config, case.name, voice)
    ours, theirs = voice.losses(), trl_losses(case, project, config)
    apart = np.abs(np.array(ours) - theirs) / np.abs(theirs)
    return {
        "largest relative difference": float(apart.max()),
        "first and last loss": [ours[0], ours[-1]],
        "first and last loss of TRL": [float(theirs[0]), float(theirs[-1])],
    }


def trl_losses(case: Case, project: Path, config: RunConfig) -> np.ndarray:
    """The loss of every step by TRL, from the same weights, on the rows in the order in which the studio reads them."""
    import datasets  # pyright: ignore[reportMissingImports]
    import transformers
    import trl  # pyright: ignore[reportMissingImports]

    parts = put_together(find_job(project, project / "runs" / f"peer of {case.name}", config))
    rows = read_split(parts.job.prepared, "train")
    order = [int(place) for step in range(STEPS) for place in examples_of_step(step, len(rows), config.train)]
    data = datasets.Dataset.from_list([_row(rows[place]) for place in order])
    kinds = {
        "prefer": (trl.DPOTrainer, trl.DPOConfig),
        "liked": (trl.KTOTrainer, trl.KTOConfig),
        "judge": (trl.RewardTrainer, trl.RewardConfig),
    }
    trainer, settings = kinds[case.objective]
    weights = {"objective_desirable": "desirable_weight", "objective_undesirable": "undesirable_weight"}
    theirs = {weights[name]: value for name, value in case.ours.items() if name in weights}
    if "objective_centre" in case.ours:
        theirs["center_rewards_coefficient"] = case.ours["objective_centre"]
    arguments: Any = settings(
        output_dir=str(project / "trl"),
        max_steps=STEPS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        lr_scheduler_type="constant",
        warmup_steps=0,
        weight_decay=0.0,
        max_grad_norm=1.0,
        max_length=config.train.max_length,
        train_sampling_strategy="sequential",
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        seed=1,
        **case.theirs,
        **theirs,
    )
    heard: list[float] = []

    class Listening(trainer):
        def compute_loss(self, *given: Any, **named: Any) -> Any:
            loss = super().compute_loss(*given, **named)
            heard.append(float(loss.detach()))
            return loss

    reference = copy_of_before(parts.job, parts.model, parts.precision, parts.device)
    tokenizer = transformers.AutoTokenizer.from_pretrained(config.model.path, local_files_only=True)
    given: dict[str, Any] = {"ref_model": reference} if reference is not None else {}
    peer = Listening(model=parts.model, args=arguments, train_dataset=data, processing_class=tokenizer, **given)
    peer.remove_callback(transformers.PrinterCallback)
    peer.train()
    return np.array(heard)


def _row(row: dict[str, str]) -> dict[str, Any]:
    """A row as TRL reads it."""
    asked = [{"role": "user", "content": row["prompt"]}]
    if "liked" in row:
        return {"prompt": asked, "completion": _said(row["answer"]), "label": bool(yes_or_no(row["liked"]))}
    return {"prompt": asked, "chosen": _said(row["chosen"]), "rejected": _said(row["rejected"])}


def _said(words: str) -> Sequence[dict[str, str]]:
    return [{"role": "assistant", "content": words}]


if __name__ == "__main__":
    main()
