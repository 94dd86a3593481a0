"""Learning from preferences beside TRL, on the same batches: `python -m tests.benchmarks.against_trl`.

Runs 20 steps of DPO, IPO, KTO and a reward model on a tiny model, by the studio (packed rows) and by TRL's trainers
(padded ones), and prints the largest relative difference of the two loss curves as JSON; exits with 1 where one is
above 1e-4. Needs the `bench` extra in an environment of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from studio.builtin.yes_or_no import yes_or_no
from studio.core.config import RunConfig
from studio.engine.parts import copy_of_before
from tests.benchmarks.beside import BATCH, STEADY, STEPS, THEIRS, apart, listening, ours, peer_of, tell
from tests.objectives.preferring import judged, learning, pairs, write
from tests.tiny import build_model

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
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home)
        tell({case.name: compared(case, home) for case in CASES})


def prepare(home: Path) -> None:
    """The model, and a project for each kind of rows."""
    build_model(home / "model", tied=False)
    write(home / "pairs" / "data" / "prepared.parquet", {"train": pairs(STEPS * BATCH)})
    write(home / "judged" / "data" / "prepared.parquet", {"train": judged(STEPS * BATCH)})


def compared(case: Case, home: Path) -> dict[str, Any]:
    """Both curves of a case, and how far they are apart."""
    project = home / ("judged" if case.objective == "liked" else "pairs")
    settings = {**STEADY, "learning_rate": LEARNING_RATE, "schedule": "constant", **case.ours}
    config = learning(home / "model", case.objective, case.method, **settings)
    return apart(ours(project, config, case.name), trl_losses(case, project, config))


def trl_losses(case: Case, project: Path, config: RunConfig) -> list[float]:
    """The loss of every step by TRL, from the same weights, on the rows in the order in which the studio reads them."""
    import datasets  # pyright: ignore[reportMissingImports]
    import transformers
    import trl  # pyright: ignore[reportMissingImports]

    peer = peer_of(project, config, case.name)
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
        learning_rate=LEARNING_RATE,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        max_length=config.train.max_length,
        **THEIRS,
        **case.theirs,
        **theirs,
    )
    parts = peer.parts
    reference = copy_of_before(parts.job, parts.model, parts.precision, parts.device)
    given: dict[str, Any] = {"ref_model": reference} if reference is not None else {}
    kind, heard = listening(trainer)
    run = kind(
        model=parts.model,
        args=arguments,
        train_dataset=datasets.Dataset.from_list([_row(row) for row in peer.rows]),
        processing_class=transformers.AutoTokenizer.from_pretrained(config.model.path, local_files_only=True),
        **given,
    )
    run.remove_callback(transformers.PrinterCallback)
    run.train()
    return heard


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
