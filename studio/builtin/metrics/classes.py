"""How often the right class was told, and how well each class is known."""

from __future__ import annotations

from collections.abc import Sequence

from studio.api import Metric, NoSettings, Prediction


class Classes(Metric[NoSettings]):
    """Accuracy and F1 of classes."""

    id = "classes"
    title = "How often it tells the right class"
    term = "accuracy and F1"
    summary = "The share of texts sorted rightly, and the mean over classes of how well each one is found."
    explanation = (
        "Accuracy is the share of texts whose class, or whose whole set of classes, was told rightly. F1 looks at each "
        "class by itself: how many of its texts were found, and how many of those found belong there. Its mean over "
        "classes (macro) counts rare classes as much as common ones."
    )
    order = 20

    def score(self, predictions: Sequence[Prediction], settings: NoSettings) -> dict[str, float]:
        """accuracy, f1 (mean over the classes that occur or were told) and f1_micro, each from 0 to 1."""
        pairs = [(set(each.expected), set(each.predicted)) for each in predictions]
        names = sorted(set().union(*(right | told for right, told in pairs)))
        counts = [
            (
                sum(name in right and name in told for right, told in pairs),
                sum(name in right for right, _ in pairs) + sum(name in told for _, told in pairs),
            )
            for name in names
        ]
        found, both = sum(hits for hits, _ in counts), sum(total for _, total in counts)
        return {
            "accuracy": sum(right == told for right, told in pairs) / max(1, len(pairs)),
            "f1": sum(2 * hits / total for hits, total in counts) / max(1, len(counts)),
            "f1_micro": 2 * found / max(1, both),
        }
