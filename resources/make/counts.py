"""What the text consists of: word forms, frames, topics and the pairs held out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from resources.make.composition import Document
from resources.make.frames import frames_in, is_held_out, load_frames
from resources.make.topics import load_topics

_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")


@dataclass(frozen=True)
class Counts:
    """The numbers that the model cards state."""

    topics: int
    frames: int
    pairs: int
    held_out_pairs: int


def counts() -> Counts:
    """Topics, frames, and pairs of both with those held out (talk without a topic is not counted in pairs)."""
    topics = load_topics()
    paired = [frame for name in ("dialogue", "prose") for frame in frames_in(load_frames(name))]
    loose = list(frames_in(load_frames("smalltalk")))
    held_out = sum(is_held_out(frame, topic) for frame in paired for topic in topics)
    return Counts(len(topics), len(paired) + len(loose), len(paired) * len(topics), held_out)


def word_forms(documents: Iterable[Document]) -> set[str]:
    """The different words of the documents, in small letters."""
    return {word for document in documents for word in _WORD.findall(document.text.lower())}
