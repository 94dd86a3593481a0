"""Sentence frames, and the rule by which a frame and a topic never meet in training.

A frame is a sentence with gaps. One in eight pairs of frame and topic is held out by a hash of their names: in
training that frame is never filled with that topic, under any seed. Held-out text is led by such pairs.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from resources.make.topics import Topic

FOLDER = Path(__file__).parent / "frames"
_HELD_OUT_ONE_IN = 8


@dataclass(frozen=True)
class Frame:
    """A sentence with gaps; its id tells file, section, kind and place."""

    id: str
    text: str

    @property
    def gaps(self) -> frozenset[str]:
        """The names of the gaps in the text."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.text) if name)


Section = dict[str, tuple[Frame, ...]]
"""Frames of one intent by kind, such as ask, answer, short and list."""


@cache
def load_frames(name: str, folder: Path = FOLDER) -> dict[str, Section]:
    """The sections of one file of frames: "dialogue", "prose", "smalltalk" or "exercises"."""
    content = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    return {
        section: {
            kind: tuple(Frame(f"{name}.{section}.{kind}.{place}", text) for place, text in enumerate(texts))
            for kind, texts in kinds.items()
        }
        for section, kinds in content.items()
    }


def load_words(folder: Path = FOLDER) -> dict[str, list[str]]:
    """Names, weekdays, weather and the other words that belong to no topic."""
    return tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))


def frames_in(sections: dict[str, Section]) -> Iterator[Frame]:
    """Every frame of the sections."""
    for kinds in sections.values():
        for frames in kinds.values():
            yield from frames


def is_held_out(frame: Frame, topic: Topic) -> bool:
    """Whether this frame is kept away from this topic in training."""
    digest = hashlib.blake2b(f"{frame.id}|{topic.id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) % _HELD_OUT_ONE_IN == 0
