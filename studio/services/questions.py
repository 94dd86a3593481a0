"""Texts that stand in the prepared examples, for trying a model on what it was not trained on."""

from __future__ import annotations

from studio.api import Message
from studio.data.excerpts import with_gap
from studio.services import advice, runs
from studio.services.projects import Project

_MOST_READ = 200
LONGEST = 300
BEGINNING = 12
TEXT = "text"
"""The role of a message that is plain text."""


def questions(project: Project, run: str, split: str = "test", count: int = 4) -> tuple[str, ...]:
    """What the model is asked in the first examples of a split, as the run prepared them; each once. Of a text to be
    gone on with only the beginning, with a gap in it where the model fills gaps."""
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
        asked = objective.prompt(row, settings)
        text = _shown(asked[-1], objective.hides) if asked and asked[-1].role != "assistant" else ""
        if 0 < len(text) <= LONGEST:
            found[text] = None
        if len(found) == count:
            break
    return tuple(found)


def _shown(message: Message, fills: bool) -> str:
    if message.role != TEXT:
        return message.content.strip()
    return with_gap(message.content) if fills else " ".join(message.content.split()[:BEGINNING])
