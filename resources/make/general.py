"""A general text beside which a model is trained further, so that it forgets less: stories, explanations, scenes,
letters and talks, composed as the starters' text is, from a seed of its own."""

from __future__ import annotations

import json
from pathlib import Path

from resources.make.composition import Composer

SEED, COUNT, TALKS = "general", 600, 0.4


def lines() -> list[str]:
    """One JSON object per text: {"text": …}, or {"messages": […]} for a talk."""
    documents = Composer(SEED).documents(dialogue_share=TALKS)
    found: list[dict[str, object]] = []
    while len(found) < COUNT:
        document = next(documents)
        found.append({"messages": document.messages} if document.messages else {"text": document.text})
    return [json.dumps(each, ensure_ascii=False) for each in found]


def write_general(folder: Path) -> None:
    """The same bytes on every system."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "texts.jsonl").write_bytes(("\n".join(lines()) + "\n").encode("utf-8"))
