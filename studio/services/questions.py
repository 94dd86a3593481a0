"""Questions that stand in the prepared examples, for trying a model on what it was not trained on."""

from __future__ import annotations

from studio.services import advice, runs
from studio.services.projects import Project

_MOST_READ = 200
LONGEST = 300


def questions(project: Project, run: str, split: str = "test", count: int = 4) -> tuple[str, ...]:
    """The last thing a person says in the first examples of a split, as the run prepared them; each once."""
    from studio.data.pages import Pages

    config = runs.folder(project, run).config()
    path = project.paths.dataset(config.data.prepared)
    if not config.data.prepared or not path.is_file():
        return ()
    objective = advice.objective_of(config)
    settings = objective.settings(config.objective.settings)
    pages = Pages(path)
    places = [place for place, value in enumerate(pages.column("split")) if value == split][:_MOST_READ]
    found: dict[str, None] = {}
    for row in pages.at(places):
        asked = [message.content.strip() for message in objective.prompt(row, settings) if message.role == "user"]
        if asked and 0 < len(asked[-1]) <= LONGEST:
            found[asked[-1]] = None
        if len(found) == count:
            break
    return tuple(found)
