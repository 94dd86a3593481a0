"""How likely the model finds the right answers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from studio.api import Metric, NoSettings, Prediction


class Likelihood(Metric[NoSettings]):
    """Loss in nats per taught token, and perplexity, which is e to the loss."""

    id = "likelihood"
    title = "How sure it is of the right answer"
    term = "loss and perplexity"
    summary = "Perplexity says among how many words the model wavers at each word of the right answer."
    explanation = (
        "The model reads each question and then the right answer, word by word. At each word it had some trust in "
        "what really comes. Perplexity 1 is complete trust; perplexity 20 means that it wavered as if between 20 "
        "equally likely words. Perplexities of models with different vocabularies can't be compared."
    )
    order = 10
    lower_is_better = frozenset({"loss", "perplexity"})

    def score(self, predictions: Sequence[Prediction], settings: NoSettings) -> dict[str, float]:
        """Every taught token counts the same, however long its example."""
        loss = sum(each.loss for each in predictions) / max(1, sum(each.units for each in predictions))
        return {"loss": loss, "perplexity": math.exp(min(loss, 700.0))}
