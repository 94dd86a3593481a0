"""Examples without words: as many tokens as real ones would have, for a step that is only traced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from studio.api import Example, Message, Objective, Row, Settings
from studio.core.config import RunConfig
from studio.core.device import Device
from studio.core.model_info import ModelInfo
from studio.core.schedule import steps_per_epoch
from studio.data.statistics import Counts
from studio.engine.batches import Portions, examples_of_step
from studio.engine.examples import Examples
from studio.engine.memory import tokens_at_once

OUTSIDE = "O"
MOST_STEPS = 5000
"""Steps that are looked through for the heaviest one."""


class Shape(NamedTuple):
    """How large the heaviest batch of a run is: the tokens of each example, what share of them is taught, and how many
    names a head chooses among. `apart`: the two texts of an example share its tokens, instead of having as many each.
    """

    lengths: tuple[int, ...]
    taught: float = 1.0
    names: int = 2
    apart: bool = False


@dataclass
class Blank:
    """Keeps the `Speaker` protocol with texts that have a length and no words. Every text has `length` tokens."""

    vocabulary: int
    max_length: int
    taught: float = 1.0
    apart: bool = False
    length: int = 1
    talks: bool = True

    def conversation(self, messages: Sequence[Message], learn: Literal["answers", "last", "all"]) -> Example:
        """A question and an answer; what the answer says decides about its tokens."""
        answer = max(1, min(self.length - 1, round(self.length * self.taught)))
        word = 1 + len(messages[-1].content) % (self.vocabulary - 1)
        ids = (1,) * (self.length - answer) + (word,) * answer
        return Example(ids, (learn == "all",) * (self.length - answer) + (True,) * answer)

    def text(self, text: str) -> Example:
        """A text, all of it taught."""
        ids = (1,) * self.length
        return Example(ids, (True,) * self.length, words=tuple(range(self.length)))

    def passages(self, text: str) -> list[Example]:
        """One passage."""
        return [self.text(text)]

    def reading(self, text: str) -> Example:
        """A text that is only read."""
        return replace(self.text(text), learn=(False,) * self.length)

    def pieces(self, words: Sequence[str]) -> Example:
        """One token for each word."""
        return replace(self.reading(""), ids=(1,) * len(words), words=tuple(range(len(words))))

    def transformed(self, source: str, target: str) -> Example:
        """A source and a target of the same length, or both together of that length."""
        written = max(2, round(self.length * self.taught)) if self.apart else self.length
        read = max(1, self.length - written) if self.apart else self.length
        other = Example((1,) * written, (False,) + (True,) * (written - 1))
        return Example((1,) * read, (False,) * read, other=other)

    def generation_prompt(self, messages: Sequence[Message]) -> Sequence[int]:
        """A single token."""
        return (1,)

    def decode(self, ids: Sequence[int]) -> str:
        """Nothing."""
        return ""

    def beginning(self, text: str, most: int) -> Sequence[int]:
        """A single token."""
        return (1,)

    def special(self, name: str) -> str | None:
        """No special token is written in any way."""
        return None

    def special_id(self, name: str) -> int | None:
        """The first token stands for every special one."""
        return 0

    def end_ids(self) -> frozenset[int]:
        """No token ends an answer."""
        return frozenset()


def names_for(objective: Objective[Settings], count: int) -> tuple[str, ...]:
    """So many names for the head to choose among; none where it needs none."""
    if objective.head not in ("labels", "tags"):
        return ()
    first = (OUTSIDE,) if objective.head == "tags" else ("0",)
    return (*first, *(f"B-{number}" for number in range(1, max(2, count))))


def examples_like(
    shape: Shape, objective: Objective[Settings], choices: Settings, speaker: Blank, names: Sequence[str]
) -> Examples:
    """One example for each length, encoded as the objective encodes its rows."""

    texts = 2 if shape.apart and any(role.id == "rejected" for role in objective.roles) else 1

    def encoded() -> Iterator[Example]:
        for length in shape.lengths:
            speaker.length = max(2, length // texts)
            (row,) = objective.together([_row(objective, speaker.length, names)], choices)
            yield from objective.examples(row, speaker, choices)

    return Examples.of(encoded(), names, objective.counts).teaching()


def _row(objective: Objective[Settings], length: int, names: Sequence[str]) -> Row:
    """A row with something in every column that the objective needs."""
    known = {
        "label": names[0] if names else "",
        "value": "1",
        "liked": "yes",
        "words": " ".join(["word"] * length),
        "tags": " ".join([OUTSIDE] * length),
        "prompt": "Which?",
        "chosen": "The better answer",
        "rejected": "A worse one",
    }
    return {role.id: known.get(role.id, "text") for role in objective.roles if role.required or role.id == "prompt"}


def heaviest(counts: Counts, config: RunConfig, info: ModelInfo, device: Device, names: int) -> Shape:
    """The batch of a run that has most to compute at once, of prepared examples whose tokens are counted."""
    total, learnt = np.maximum(counts.total, 1), counts.learnt
    longest = max(1, min(config.train.max_length, info.context, int(counts.lengths.max(initial=1))))
    texts = np.maximum(1, np.round(total / np.clip(counts.lengths, 1, longest))).astype(int)
    # A row that becomes several passages counts as so many examples; a pair of texts is one.
    passages = total > 2 * longest
    lengths = np.concatenate([total[~passages], np.repeat(longest, int(texts[passages].sum()))])
    portions = Portions(tokens_at_once(info, device, False), config.train.micro_batch, config.train.packing)

    def first_portion(step: int) -> int:
        chosen = lengths[examples_of_step(step, len(lengths), config.train)]
        portion = next(portions.split(range(len(chosen)), chosen))
        return int(chosen[portion].sum() if config.train.packing else chosen.max() * len(portion))

    steps = range(min(MOST_STEPS, steps_per_epoch(len(lengths), config.train)))
    worst = max(steps, key=first_portion)
    batch = sorted(lengths[examples_of_step(worst, len(lengths), config.train)].tolist(), reverse=True)
    return Shape(tuple(batch), float(learnt.sum() / total.sum()), names, apart=True)
