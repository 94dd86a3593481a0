"""The ways in which a run's model can be taken away, and what speaks against each."""

from __future__ import annotations

from pathlib import Path

from studio import plugins
from studio.api import Trained
from studio.core.model_folder import read_model
from studio.core.problem import StudioError
from studio.services import models, results, runs
from studio.services.facts import Fact
from studio.services.projects import Project


class Way(Fact):
    """One kind of export. `refusal` and `remedy` say why it can't be made of this run; `bytes` is about its size."""

    id: str
    title: str
    term: str
    summary: str
    explanation: str
    bytes: int | None = None
    refusal: str = ""
    remedy: str = ""


def ways(project: Project, run: str) -> tuple[Way, ...]:
    """Every exporter for a run with kept weights. Raises StudioError when the run has none."""
    results.require_weights(project, run)
    folder = runs.folder(project, run)
    config = folder.config()
    try:
        base = read_model(models.located(config.model, project.paths.folder))
    except StudioError as error:
        return tuple(_refused(exporter.id, error) for exporter in plugins.exporters())
    trained = Trained(run=run, base=base, method=config.method.id, final=folder.paths.final, card="")
    return tuple(_way(exporter.id, trained) for exporter in plugins.exporters())


def _way(id: str, trained: Trained) -> Way:
    exporter = plugins.exporters()[id]
    settings = exporter.settings({})
    against = next((problem for problem in exporter.check(trained, settings) if problem.severity == "blocks"), None)
    size = None if against else exporter.size(trained, settings)
    return _described(id).model_copy(
        update={
            "bytes": size,
            "refusal": against.sentence if against else "",
            "remedy": against.remedy if against else "",
        }
    )


def _refused(id: str, error: StudioError) -> Way:
    return _described(id).model_copy(update={"refusal": error.happened, "remedy": error.remedy})


def _described(id: str) -> Way:
    exporter = plugins.exporters()[id]
    return Way(
        id=id,
        title=exporter.title,
        term=exporter.term,
        summary=exporter.summary,
        explanation=exporter.explanation,
    )


def certificate(folder: Path) -> str:
    """The certificate that lies in an export, as it was written. Raises StudioError when it is gone."""
    path = folder / "certificate.json"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise StudioError(
            "certificate-gone",
            "The certificate is no longer in the folder of this export.",
            data="The export itself was not touched.",
            remedy="Export once more; the new folder has its own certificate.",
        ) from error
