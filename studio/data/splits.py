"""Dividing examples into train, validation and a sealed test, so that no question stands on two sides.

Examples with the same question, overlooking spacing, capitals and punctuation, stay together. The division depends on
the seed and the questions alone: adding rows moves few of those that were there.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from studio.api import Message
from studio.core.config import SplitSettings

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
Keys = npt.NDArray[np.uint64]
_NOT_WORDS = re.compile(r"[\W_]+")
_FEWEST = 3
"""With fewer different questions than this there is nothing to divide."""


def question_key(asked: Sequence[Message], id: str) -> int:
    """A number (64 bits) that is the same for the same question. An example without one stands alone by its id."""
    text = "\n".join(message.content for message in asked if message.role not in ("system", "tools"))
    plain = normalised(text)
    return number_of(f"question {plain}" if plain else f"example {id}")


def normalised(text: str) -> str:
    """A question without what does not matter: capitals, spacing, punctuation, and forms of the same letter."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_WORDS.sub(" ", folded).strip() or folded.strip()


def number_of(text: str) -> int:
    """A stable 64-bit number for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little")


def divide(keys: Keys, settings: SplitSettings) -> npt.NDArray[np.uint8]:
    """The split of each example (0 train, 1 validation, 2 test), by the keys of their questions.

    Whole questions are given to the test, then to validation, in an order drawn by the seed, until each has its share
    of the examples; at least one question each where there are three or more. Train is never empty.
    """
    split = np.zeros(len(keys), np.uint8)
    questions, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    if len(questions) < _FEWEST:
        return split
    order = np.argsort(_shuffled(questions, settings.seed), kind="stable")
    of_question = np.zeros(len(questions), np.uint8)
    free = len(questions) - 1
    begin = 0
    for number, share in ((2, settings.test), (1, settings.validation)):
        if share > 0 and free > 0:
            wanted = max(1, round(share * len(keys)))
            taken = _taken(counts[order[begin:]], wanted, free)
            of_question[order[begin : begin + taken]] = number
            begin += taken
            free -= taken
    return of_question[place]


def _taken(counts: npt.NDArray[np.int64], wanted: int, free: int) -> int:
    """How many questions, from the first, come closest to the wanted number of examples; at least one."""
    reached = np.cumsum(counts)
    place = int(np.searchsorted(reached, wanted))
    if place > 0 and (place >= len(reached) or reached[place] - wanted > wanted - reached[place - 1]):
        place -= 1
    return max(1, min(place + 1, free))


def _shuffled(questions: Keys, seed: int) -> Keys:
    """A number for each question that looks drawn by chance but depends on the seed and the question alone."""
    mixed = questions ^ np.uint64(number_of(f"seed {seed}"))
    for multiplier in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(multiplier)
    return mixed ^ (mixed >> np.uint64(31))


def leaks(keys: Keys, split: npt.NDArray[np.uint8]) -> int:
    """How many validation and test examples ask what is also asked in a part the model learns from or is chosen by."""
    train, validation, test = (keys[split == number] for number in range(3))
    in_validation = int(np.isin(validation, train).sum())
    return in_validation + int(np.isin(test, np.concatenate([train, validation])).sum())
