"""Make one run's model of several runs'. The folder is the new run's, with its run.json; arguments:
{"project", "parts": {run: share}, "way"}."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio import plugins
from studio.core.paths import ProjectPaths
from studio.core.problem import StudioError
from studio.worker.work import Work


def run(work: Work) -> dict[str, Any]:
    """Write the joined weights as the new run's final ones; what a training would tell of them."""
    from studio.engine.final import RESULT, placed, read_final
    from studio.engine.jobs import find_job
    from studio.engine.staging import sha256, staged
    from studio.engine.tuned import no_final, open_untouched

    work.started()
    project = ProjectPaths(Path(work.arguments["project"]))
    folders = {run: project.run(run).folder for run in work.arguments["parts"]}
    for id, folder in folders.items():
        if read_final(folder / "final") is None:
            raise no_final(id)
    job = find_job(project.folder, work.folder, work.config())
    _require_same_names(folders, job.names)
    parts = {folders[run] / "final": float(share) for run, share in work.arguments["parts"].items()}
    work.progress(0, 1, "Joining the runs")
    final = work.folder / "final"
    with staged(final) as staging:
        plugins.methods()[job.config.method.id].join(open_untouched(job), parts, work.arguments["way"], staging)
        # Who has cancelled meanwhile gets nothing.
        work.check()
        file = max(staging.glob("*.safetensors"), key=lambda path: path.stat().st_size)
        nothing = {"loss": None, "perplexity": None}
        result = {
            "reason": "completed",
            "step": 0,
            "best_step": 0,
            **dict.fromkeys(("train", "validation", "base_validation"), nothing),
            "weights": {"path": file.name, "sha256": sha256(file)},
            "seconds": 0.0,
            "tokens": 0,
            "parts": work.arguments["parts"],
            "way": work.arguments["way"],
        }
        (staging / RESULT).write_text(json.dumps(result, indent=1), encoding="utf-8")
    return placed(result, final)


def _require_same_names(folders: dict[str, Path], names: tuple[str, ...]) -> None:
    """Runs that choose among other names, or in another order, mean different things by the same weights."""
    from studio.engine.jobs import NAMES

    for id, folder in folders.items():
        note = folder / NAMES
        if tuple(json.loads(note.read_bytes()) if note.is_file() else ()) != names:
            raise StudioError(
                "other-names",
                f"The run {id} chooses among other names than the rest.",
                data="The runs and their files are unchanged.",
                remedy="Join runs that were trained on the same classes.",
            )
