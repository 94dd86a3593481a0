"""Writing an export, loading it back, comparing, and only then putting it where it was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from studio.api import Exporter, Message, Settings, Trained
from studio.core.problem import StudioError
from studio.engine.examples import read_split
from studio.engine.final import read_final
from studio.engine.generate import EXACT
from studio.engine.job import Job
from studio.engine.staging import sha256, staged
from studio.engine.tuned import no_final, open_merged, open_tuned_exact, open_untouched
from studio.export.card import render_card
from studio.export.certificate import PROMPTS, Answered, Check, answers, compare
from studio.plugins import exporters, objectives

CERTIFICATE = "certificate.json"
SPLITS = ("train", "validation", "test")
SPARE_QUESTIONS = (
    "Hello.",
    "Who are you?",
    "What can you do for me?",
    "Where should I begin?",
    "Tell me more about it.",
    "What does it cost?",
    "When can I come?",
    "Thank you. Is there anything else?",
    "Please say that again in one sentence.",
    "Why is that so?",
    "Can you give an example?",
    "Goodbye.",
)
"""For projects with so few examples that their own questions do not suffice."""
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wish:
    """What to take away, how, and where to."""

    exporter: str
    out: Path
    settings: Mapping[str, Any]
    tested: Mapping[str, Any] | None = None


def take_away(job: Job, wish: Wish, tell: Tell = lambda *_: None) -> dict[str, Any]:
    """Make one export. Nothing appears at `out` unless the comparison succeeded.

    Returns the shape of the command line's `export`. Raises StudioError when the folder is taken, the exporter
    does not suit the run, or the export does not answer as the trained model does.
    """
    refuse_taken(wish.out)
    exporter = exporters()[wish.exporter]
    trained = describe(job, wish)
    chosen = exporter.settings(wish.settings)
    refuse_unsuited(exporter, trained, chosen)
    tell("Asking the trained model", 0, 4)
    expected = trained_answers(job)
    with staged(wish.out, listed=False) as folder:
        tell("Writing and reading back", 1, 4)
        check, chosen = written(job, exporter, trained, folder, (expected, chosen))
        if not check.ok:
            raise differs(check)
        files = listed(folder)
        facts = {"run": trained.run, "exporter": exporter.id, "settings": chosen.model_dump(mode="json")}
        certificate = {**facts, "check": check._asdict(), "files": files}
        (folder / CERTIFICATE).write_text(json.dumps(certificate, indent=1), encoding="utf-8")
        tell("Putting it into place", 3, 4)
    return {"folder": str(wish.out), "files": listed(wish.out), "check": check._asdict()}


def written(
    job: Job, exporter: Exporter[Settings], trained: Trained, folder: Path, plan: tuple[list[Answered], Settings]
) -> tuple[Check, Settings]:
    """Write and compare. An exporter whose number format is left to it (`dtype` is "auto") gets a second go in
    float32 when rounding changed an answer."""
    expected, chosen = plan
    check = _attempt(job, exporter, trained, folder, plan)
    if check.ok or getattr(chosen, "dtype", "") != "auto":
        return check, chosen
    for path in folder.iterdir():
        path.unlink()
    exact = chosen.model_copy(update={"dtype": "float32"})
    return _attempt(job, exporter, trained, folder, (expected, exact)), exact


def _attempt(
    job: Job, exporter: Exporter[Settings], trained: Trained, folder: Path, plan: tuple[list[Answered], Settings]
) -> Check:
    expected, chosen = plan
    exporter.export(trained, lambda: open_merged(job), folder, chosen)
    return compare(job.voice(exporter.reload(trained, folder), EXACT), expected, dtype_of(trained, chosen))


def dtype_of(trained: Trained, chosen: Settings) -> str:
    """The number format in which an export holds its weights."""
    dtype = getattr(chosen, "dtype", "float32")
    return trained.base.dtype if dtype == "auto" else dtype


def describe(job: Job, wish: Wish) -> Trained:
    """The run as exporters see it, with its model card."""
    result = read_final(job.folder / "final")
    if result is None:
        raise no_final(job.folder.name)
    rows = {split: len(read_split(job.prepared, split)) for split in SPLITS}
    return Trained(
        run=job.folder.name,
        base=job.model,
        method=job.config.method.id,
        final=job.folder / "final",
        card=render_card(wish.out.name, job.model, job.config, result, rows, wish.tested),
        template=job.template,
        untouched=lambda: open_untouched(job),
    )


def trained_answers(job: Job) -> list[Answered]:
    """What the trained model says to questions of the test split; others fill up where there are few."""
    objective = objectives()[job.config.objective.id]
    chosen = objective.settings(job.config.objective.settings)
    rows = (row for split in reversed(SPLITS) for row in read_split(job.prepared, split))
    asked = (objective.prompt(row, chosen) for row in rows)
    spare = ([Message("user", text)] for text in SPARE_QUESTIONS)
    voice = job.voice(open_tuned_exact(job), EXACT)
    askable = islice((messages for messages in chain(asked, spare) if voice.can_ask(messages)), PROMPTS)
    return answers(voice, [voice.prompt(messages) for messages in askable])


def listed(folder: Path) -> list[dict[str, Any]]:
    """Every file with its size and sha256."""
    return [
        {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def refuse_taken(out: Path) -> None:
    """Never write into a folder that holds something, nor below what is no folder."""
    below = next(parent for parent in out.parents if parent.exists())
    if not below.is_dir():
        raise StudioError(
            "no-such-place",
            f"“{below.name}” is a file, so no folder can be made in it.",
            data="Nothing was written; the file is unchanged.",
            remedy="Choose a folder.",
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StudioError(
            "folder-taken",
            f"There is something in “{out.name}” already.",
            data="Nothing was written; what is there is unchanged.",
            remedy="Choose a new or an empty folder.",
        )


def refuse_unsuited(exporter: Exporter[Settings], trained: Trained, chosen: Settings) -> None:
    """Raise what the exporter itself has against this run."""
    for problem in exporter.check(trained, chosen):
        if problem.severity == "blocks":
            raise StudioError(problem.id, problem.sentence, data="Nothing was written.", remedy=problem.remedy)


def differs(check: Check) -> StudioError:
    """The export answers otherwise than the trained model."""
    return StudioError(
        "export-differs",
        f"Loaded back, the export gave the same answer to {check.agree} of {check.prompts} questions only.",
        data="The export was thrown away; your run is unchanged.",
        remedy="Try another kind of export or another number format. If it happens again, save the report.",
    )
