"""How well marks in texts are found (Tjong Kim Sang and De Meulder, 2003)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from studio.api import Metric, NoSettings, Prediction

OUTSIDE = "O"


class Span(NamedTuple):
    """A mark: its name, its first tag and the one after its last."""

    name: str
    start: int
    end: int


class Marks(Metric[NoSettings]):
    """Precision, recall and F1 of whole marks, and accuracy of single tags."""

    id = "marks"
    title = "How well it finds the marks"
    term = "entity F1"
    summary = "Of the marks that are there, how many it found; of those it set, how many are right."
    explanation = (
        "A mark counts as found only when it begins and ends at the right words and has the right name. Recall is the "
        "share of marks that were found, precision the share of set marks that are right, and F1 stands between them. "
        "Accuracy counts single words, most of which carry no mark, so it looks better than it is."
    )
    order = 40

    def score(self, predictions: Sequence[Prediction], settings: NoSettings) -> dict[str, float]:
        """f1, precision, recall and accuracy, each from 0 to 1; 0 where there is nothing to divide by."""
        right = [set(spans(each.expected)) for each in predictions]
        told = [set(spans(each.predicted)) for each in predictions]
        hits = sum(len(a & b) for a, b in zip(right, told, strict=True))
        there, said = sum(map(len, right)), sum(map(len, told))
        tags = [pair for each in predictions for pair in zip(each.expected, each.predicted, strict=True)]
        return {
            "f1": 2 * hits / max(1, there + said),
            "precision": hits / max(1, said),
            "recall": hits / max(1, there),
            "accuracy": sum(a == b for a, b in tags) / max(1, len(tags)),
        }


def spans(tags: Sequence[str]) -> list[Span]:
    """The marks in a row of tags: B-x begins one, I-x goes on with it, and begins one where none of that name is
    open. Tags without a letter before them count as going on."""
    found: list[Span] = []
    name, start = "", 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        letter, _, kind = tag.partition("-") if tag[1:2] == "-" else ("I", "", tag)
        kind = "" if tag == OUTSIDE else kind
        if name and (kind != name or letter == "B"):
            found.append(Span(name, start, place))
            name = ""
        if kind and not name:
            name, start = kind, place
    return found
