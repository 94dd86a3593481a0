"""Whether a model prefers what people preferred."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from studio.api import Metric, NoSettings, Prediction


class Preferences(Metric[NoSettings]):
    """How often, and by how much, the better of two answers is ahead."""

    id = "preferences"
    title = "How often it prefers the better answer"
    term = "preference accuracy and reward margin"
    summary = "The share of pairs in which the better answer is ahead, and by how much it is."
    explanation = (
        "For each pair of answers that the model never saw, it is looked up which one the model finds likelier word "
        "for word, or gives the higher mark. 50 percent is guessing. The margin says by how much the better answer is "
        "ahead on average; for a model that is compared with what it was, by how much further than before."
    )
    order = 40

    def score(self, predictions: Sequence[Prediction], settings: NoSettings) -> dict[str, float]:
        """accuracy (0 to 1) and margin; where the model is compared with what it was, reward_accuracy: the share of
        pairs in which the better answer is further ahead than before."""
        numbers = [each.numbers for each in predictions]
        found = {"accuracy": _mean(each["right"] for each in numbers), "margin": _mean(e["margin"] for e in numbers)}
        if all("gained" in each for each in numbers):
            found["reward_accuracy"] = _mean(each["gained"] for each in numbers)
        return found


class Likings(Metric[NoSettings]):
    """Whether liked answers have become likelier and disliked ones rarer."""

    id = "likings"
    title = "How often it follows thumbs up and down"
    term = "reward accuracy and margin"
    summary = "How well liked answers are told from disliked ones by what training has made of them."
    explanation = (
        "Each answer has become likelier or rarer through training. Of every liked answer and every disliked one it is "
        "looked up whether the liked one gained more. 50 percent is guessing, and what an untrained model gets. The "
        "margin says how much more liked answers gained on average."
    )
    order = 41

    def score(self, predictions: Sequence[Prediction], settings: NoSettings) -> dict[str, float]:
        """accuracy: the share of all pairs of a liked and a disliked answer in which the liked one gained more, half
        for ties (the area under the ROC curve); 0.5 and 0 where one kind is missing. margin: difference of means."""
        rewards = [(each.numbers["reward"], each.numbers["liked"] > 0) for each in predictions]
        up, down = [reward for reward, liked in rewards if liked], [reward for reward, liked in rewards if not liked]
        if not up or not down:
            return {"accuracy": 0.5, "margin": 0.0}
        return {"accuracy": _area(rewards, len(up), len(down)), "margin": _mean(up) - _mean(down)}


def _area(rewards: list[tuple[float, bool]], up: int, down: int) -> float:
    """By ranks, equal ones sharing theirs (Mann and Whitney, 1947)."""
    ordered = sorted(rewards)
    total, begin = 0.0, 0
    while begin < len(ordered):
        end = begin
        while end < len(ordered) and ordered[end][0] == ordered[begin][0]:
            end += 1
        total += sum(liked for _, liked in ordered[begin:end]) * (begin + end + 1) / 2
        begin = end
    return (total - up * (up + 1) / 2) / (up * down)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / max(1, len(listed))
