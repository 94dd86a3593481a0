"""Every objective with every method on every kind of model: `python -m tests.benchmarks.matrix [--write]`.

Each is trained for a few steps on a starter model, opened again, measured again, and merged where it can be; or it is
refused beforehand, in a sentence. Prints the tables; `--write` puts them into `studio/engine/README.md`. Takes about
half an hour on one core; `--only METHOD…` tries some,
and renews their lines.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studio.core.config import RunConfig
from studio.core.model_folder import read_model
from studio.core.model_info import Architecture
from studio.core.paths import program_root, resources
from studio.core.problem import StudioError
from studio.plugins import methods, objectives, use_real
from tests.objectives.learning import row as row_of
from tests.objectives.preferring import judged, pairs, write
from tests.tiny import Recorder
from tests.tiny import rows as questions

KINDS: tuple[Architecture, ...] = ("decoder", "encoder", "encoder-decoder")
BEGIN, END = "<!-- matrix begins -->", "<!-- matrix ends -->"
PAGE = program_root() / "studio" / "engine" / "README.md"
SETTINGS: Mapping[str, dict[str, Any]] = {
    "lora": {"rank": 8},
    "adapters": {"width": 8},
    "adalora": {"rank": 6, "target_rank": 3},
    "vera": {"rank": 32},
    "tokens": {"tokens": "5-200"},
    "prompt-tuning": {"tokens": 8},
    "p-tuning": {"tokens": 8, "width": 32},
    "prefix-tuning": {"tokens": 8},
}
RATES: Mapping[str, float] = {"full": 3e-4, "last-layers": 3e-4, "layers": 3e-4, "bitfit": 3e-3}
STEPS, BATCH = 8, 4


def main() -> None:
    """Try all, tell each, print the tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--write", action="store_true")
    asked.add_argument("--only", nargs="*", default=[])
    options = asked.parse_args()
    import torch

    torch.set_num_threads(1)
    use_real()
    wanted = [each.id for each in methods() if not options.only or each.id in options.only]
    with tempfile.TemporaryDirectory() as folder:
        tables = "\n\n".join(table(kind, wanted, Path(folder)) for kind in KINDS)
    print(tables)
    if options.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        old, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{renewed(old.strip(), tables)}\n\n{END}{after}", encoding="utf-8")


def renewed(old: str, new: str) -> str:
    """The old tables with the lines that were made anew; where columns changed, the new ones alone."""
    heads = [[table.splitlines()[0] for table in text.split("\n\n") if table] for text in (old, new)]
    if heads[0] != heads[1]:
        return new
    made: dict[tuple[int, str], str] = {}
    for number, table in enumerate(new.split("\n\n")):
        made |= {(number, line.split("|")[1]): line for line in table.splitlines()}
    tables = [
        "\n".join(made.get((number, line.split("|")[1]), line) for line in table.splitlines())
        for number, table in enumerate(old.split("\n\n"))
    ]
    return "\n\n".join(tables)


def table(kind: Architecture, wanted: Iterable[str], place: Path) -> str:
    """One kind of model: a line for each method, a column for each objective."""
    learnt = [each.id for each in objectives() if kind in each.architectures]
    lines = [f"| {kind} | {' | '.join(learnt)} |", f"|---{'|---' * len(learnt)}|"]
    for method in wanted:
        cells = [told(kind, objective, method, place / f"{kind}-{objective}") for objective in learnt]
        lines.append(f"| {method} | {' | '.join(cells)} |")
        sys.stderr.write(f"{lines[-1]}\n")
    return "\n".join(lines)


def told(kind: Architecture, objective: str, method: str, project: Path) -> str:
    """What came of one of them, in a few signs."""
    try:
        return tried(kind, objective, method, project)
    except Exception as error:  # noqa: BLE001 - a failure is a result too, and shown as one
        traceback.print_exc()
        return f"FAILED: {type(error).__name__}"
    finally:
        shutil.rmtree(project / "runs", ignore_errors=True)


def tried(kind: Architecture, objective: str, method: str, project: Path) -> str:
    """Trained, opened, measured and merged. "−12 %" is how the loss on other examples changed, "m": merging gives the
    same model, "–": refused beforehand."""
    from studio.core.anatomy import with_head
    from studio.engine.jobs import find_job
    from studio.engine.measure import measure, scores
    from studio.engine.parts import put_together
    from studio.engine.scorers import choose_scorer
    from studio.engine.train import train
    from studio.engine.tuned import open_merged, open_tuned, open_tuned_exact

    config = config_of(kind, objective, method)
    if not project.is_dir():
        write_rows(project, objective)
    job = find_job(project, project / "runs" / method, config)
    chosen = methods()[method].settings(config.method.settings)
    facts = with_head(read_model(Path(config.model.path)), job.objective.head, len(job.names))
    if any(problem.severity == "blocks" for problem in methods()[method].check(facts, chosen)):
        return "–"
    parts = put_together(job)
    result = train(parts, Recorder())
    before, after = result["base_validation"]["loss"], result["validation"]["loss"]

    def loss_of(model: Any) -> float:
        scorer = choose_scorer(model, kind, parts.precision)
        how = parts.measuring._replace(scorer=scorer)
        return float(scores(job.objective, measure(model, parts.validation, how))["loss"] or 0.0)

    compares = job.objective.compares(job.choices)
    if not compares:
        same(loss_of(open_tuned(job).model), after, "opened again")
    change = f"{100 * (after - before) / abs(before):+.0f} %".replace("-", "−")
    if compares:
        return change
    try:
        merged = open_merged(job)
    except StudioError:
        return change
    same(loss_of(merged), loss_of(open_tuned_exact(job)), "merged")
    return f"{change} m"


def same(found: float, kept: float, what: str) -> None:
    """Raises AssertionError when a model says something else than the one that was trained."""
    assert abs(found - kept) <= 2e-4 * max(1.0, abs(kept)), f"{what}: {found} instead of {kept}"


def config_of(kind: Architecture, objective: str, method: str) -> RunConfig:
    """A short run on the starter of a kind."""
    return RunConfig.model_validate(
        {
            "model": {"path": str(resources() / "starters" / kind)},
            "objective": {"id": objective},
            "method": {"id": method, **SETTINGS.get(method, {})},
            "data": {"prepared": "prepared"},
            "train": {
                "steps": STEPS,
                "batch_size": BATCH,
                "learning_rate": RATES.get(method, 3e-3),
                "max_length": 96,
                "evaluate_every": STEPS,
                "samples": [],
                "device": "cpu",
                "threads": 1,
                "precision": "fp32",
            },
        }
    )


def write_rows(project: Path, objective: str, train: int = 32, validation: int = 12) -> None:
    """Rows that the objective can learn something from."""
    count, chance = train + validation, random.Random(1)
    if objective in ("prefer", "judge"):
        made = pairs(count)
    elif objective == "liked":
        made = judged(count)
    elif objective == "instruct":
        made = questions(count)
    else:
        made = [row_of(objective, chance) for _ in range(count)]
    write(project / "data" / "prepared.parquet", {"train": made[:train], "validation": made[train:]})


if __name__ == "__main__":
    main()
