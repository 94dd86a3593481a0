"""Where a model goes wrong: class by class and mark by mark, with what is most often taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from studio.api import Prediction
from studio.builtin.metrics.marks import spans

MOST_IN_MATRIX = 25
MOST_CONFUSIONS = 3
MOST_TEXTS, MOST_IN_CELL = 300, 8
LONGEST_TEXT = 400


def mistakes(metric: str, predictions: Sequence[Prediction], texts: Sequence[str] = ()) -> dict[str, Any]:
    """What can be told beside the numbers: for classes a table, a matrix of few of them, and texts that were taken for
    something else; for marks a table by kind. Empty where there is nothing of the sort."""
    if metric == "classes" and predictions:
        return _of_classes(predictions, texts)
    return {"marks": _of_marks(predictions)} if metric == "marks" and predictions else {}


def _of_classes(predictions: Sequence[Prediction], texts: Sequence[str]) -> dict[str, Any]:
    pairs = [(set(each.expected), set(each.predicted)) for each in predictions]
    names = sorted(set().union(*(right | told for right, told in pairs)))
    single = all(len(right) == len(told) == 1 for right, told in pairs)
    taken = Counter((next(iter(right)), next(iter(told))) for right, told in pairs) if single else Counter()
    rows = []
    for name in names:
        others = Counter({told: number for (right, told), number in taken.items() if right == name != told})
        rows.append(
            {
                "name": name,
                "there": sum(name in right for right, _ in pairs),
                "told": sum(name in told for _, told in pairs),
                "right": sum(name in right and name in told for right, told in pairs),
                "taken_for": [[other, number] for other, number in others.most_common(MOST_CONFUSIONS)],
            }
        )
    found: dict[str, Any] = {"classes": rows}
    if single and len(names) <= MOST_IN_MATRIX:
        found["confusion"] = {"names": names, "counts": [[taken[right, told] for told in names] for right in names]}
    if single and texts:
        found["misses"] = _misses(predictions, texts)
    return found


def _misses(predictions: Sequence[Prediction], texts: Sequence[str]) -> list[dict[str, str]]:
    """Texts that were taken for another class: some of each confusion, none too long to be read at a glance."""
    kept: Counter[tuple[str, str]] = Counter()
    found = []
    for each, text in zip(predictions, texts, strict=True):
        pair = each.expected[0], each.predicted[0]
        if pair[0] != pair[1] and kept[pair] < MOST_IN_CELL and len(found) < MOST_TEXTS:
            kept[pair] += 1
            shown = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
            found.append({"right": pair[0], "told": pair[1], "text": shown})
    return found


def _of_marks(predictions: Sequence[Prediction]) -> list[dict[str, Any]]:
    there, told, right = Counter[str](), Counter[str](), Counter[str]()
    for each in predictions:
        wanted, given = set(spans(each.expected)), set(spans(each.predicted))
        there.update(span.name for span in wanted)
        told.update(span.name for span in given)
        right.update(span.name for span in wanted & given)
    names = sorted({*there, *told})
    return [{"name": name, "there": there[name], "told": told[name], "right": right[name]} for name in names]
