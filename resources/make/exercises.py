"""Exercises for the decoder: copying, spelling and small sums.

They are about nothing, so that the model learns to take words from the question, and to expect a word it has never
seen in such a place.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from resources.make.frames import load_frames
from resources.make.topics import Topic

Message = dict[str, str]

_STARTS = (
    "Ash",
    "Bram",
    "Cor",
    "Dun",
    "El",
    "Fern",
    "Gar",
    "Hol",
    "Ing",
    "Kes",
    "Lark",
    "Mar",
    "Nor",
    "Os",
    "Pen",
    "Quin",
)
_ENDS = ("bury", "combe", "dale", "field", "ford", "ham", "ley", "mere", "ow", "sby", "stead", "ton", "wick", "worth")


def words_of(topics: Sequence[Topic]) -> list[str]:
    """Every word that the topics use, in order of the alphabet."""
    texts = [text for topic in topics for text in (*topic.facts, *topic.tools, *topic.steps, *topic.tips, *topic.likes)]
    return sorted({word for text in texts for word in re.findall(r"[a-z]{3,}", text.lower())})


def exercise(words: Sequence[str], chance: random.Random) -> tuple[Message, Message]:
    """A task and its solution."""
    section = load_frames("exercises")
    kind = chance.choice(sorted(section))
    values = _values(words, chance)
    ask, solution = chance.choice(section[kind]["ask"]).text, section[kind]["answer"][0].text
    if "{invented}" in ask and kind == "spell":
        values["letters"] = "-".join(values["invented"])
    return _said("user", ask.format_map(values)), _said("assistant", solution.format_map(values))


def _values(words: Sequence[str], chance: random.Random) -> dict[str, str]:
    drawn = chance.sample(words, chance.randint(3, 8))
    left, right = chance.randint(1, 20), chance.randint(1, 20)
    return {
        "words": ", ".join(drawn),
        "first": drawn[0],
        "second": drawn[1],
        "third": drawn[2],
        "letters": "-".join(drawn[0]),
        "invented": chance.choice(_STARTS) + chance.choice(_ENDS),
        "left": str(left),
        "right": str(right),
        "total": str(left + right),
    }


def _said(role: str, content: str) -> Message:
    return {"role": role, "content": content}
