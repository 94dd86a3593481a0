"""The losses of learning from preferences are the papers' formulas, written here independently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.api import Prediction
from studio.builtin.objectives import pair_losses
from studio.plugins import metrics
from tests.objectives.preferring import run

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


LOGS = np.array([[-3.0, -4.0], [-8.5, -2.25], [-0.5, -0.75], [-12.0, -30.0]])
BEFORE = np.array([[-3.5, -3.75], [-8.0, -2.5], [-1.5, -0.25], [-11.0, -28.0]])
TOKENS = np.array([[3, 5], [7, 2], [1, 4], [10, 12]])


def made(logs: np.ndarray) -> pair_losses.Pairs:
    better, worse = torch.from_numpy(logs.T)
    return pair_losses.Pairs(better, worse, *torch.from_numpy(TOKENS.T).double())


def test_dpo_is_the_papers_formula() -> None:
    gain = LOGS - BEFORE
    expected = -np.log(sigmoid(0.3 * (gain[:, 0] - gain[:, 1])))
    np.testing.assert_allclose(pair_losses.dpo(made(LOGS).gap, made(BEFORE).gap, 0.3).numpy(), expected, rtol=1e-12)


def test_dpo_with_doubt_mixes_in_the_pair_turned_round() -> None:
    reward = 0.3 * ((LOGS - BEFORE)[:, 0] - (LOGS - BEFORE)[:, 1])
    expected = 0.8 * -np.log(sigmoid(reward)) + 0.2 * -np.log(sigmoid(-reward))
    found = pair_losses.dpo(made(LOGS).gap, made(BEFORE).gap, 0.3, 0.2)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_ipo_is_the_papers_formula_per_token() -> None:
    gain = (LOGS - BEFORE) / TOKENS
    expected = (gain[:, 0] - gain[:, 1] - 1 / (2 * 0.4)) ** 2
    found = pair_losses.ipo(made(LOGS).mean_gap, made(BEFORE).mean_gap, 0.4)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_simpo_is_the_papers_formula() -> None:
    means = LOGS / TOKENS
    expected = -np.log(sigmoid(2.5 * means[:, 0] - 2.5 * means[:, 1] - 1.4))
    np.testing.assert_allclose(pair_losses.simpo(made(LOGS).mean_gap, 2.5, 1.4).numpy(), expected, rtol=1e-12)


def test_orpo_is_the_papers_formula() -> None:
    chance = np.exp(LOGS / TOKENS)
    odds = chance / (1 - chance)
    expected = -np.log(chance[:, 0]) + 0.2 * -np.log(sigmoid(np.log(odds[:, 0] / odds[:, 1])))
    pair = made(LOGS)
    np.testing.assert_allclose(pair_losses.orpo(pair.better_mean, pair.worse_mean, 0.2).numpy(), expected, rtol=1e-12)


def test_orpo_stays_finite_for_an_answer_that_is_certain() -> None:
    sure = torch.tensor([0.0, -1e-12], dtype=torch.float64, requires_grad=True)
    pair_losses.orpo(sure, torch.full_like(sure, -2.0), 0.1).sum().backward()
    assert sure.grad is not None and bool(torch.isfinite(sure.grad).all())


def test_kto_is_the_papers_formula_for_both_kinds() -> None:
    gain, liked = (LOGS - BEFORE)[:, 0], np.array([1.0, -1.0, -1.0, 1.0])
    up, down = 1 - sigmoid(0.2 * (gain - 0.7)), 1 - sigmoid(0.2 * (0.7 - gain))
    found = pair_losses.kto(torch.from_numpy(gain), torch.from_numpy(liked), 0.7, 0.2)
    np.testing.assert_allclose(found.numpy(), np.where(liked > 0, up, down), rtol=1e-12)


def test_the_judges_loss_is_bradley_and_terrys() -> None:
    better, worse = LOGS.T
    expected = np.log(1 + np.exp(worse - better)) + 0.01 * (better + worse) ** 2
    found = pair_losses.bradley_terry(torch.from_numpy(better), torch.from_numpy(worse), 0.01)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_rewards_are_measured_as_in_rpo_with_a_share_of_plain_learning(project: Path) -> None:
    plain, _, _ = run(project, "rpo-0", "prefer", "dpo", steps=1)
    mixed, _, _ = run(project, "rpo-1", "prefer", "dpo", steps=1, objective_likelihood=0.5)
    only, _, _ = run(project, "rpo-2", "prefer", "orpo", steps=1, objective_odds=0.0)
    assert mixed[0] == pytest.approx(plain[0] + 0.5 * only[0], rel=1e-6)


def test_accuracy_of_pairs_counts_ties_as_half() -> None:
    numbers = [{"right": 1.0, "margin": 2.0}, {"right": 0.5, "margin": 0.0}, {"right": 0.0, "margin": -1.0}]
    found = _score("preferences", [Prediction(0.0, 1, numbers=each) for each in numbers])
    assert found == {"accuracy": 0.5, "margin": pytest.approx(1 / 3)}


def test_accuracy_of_likings_is_the_area_under_the_curve() -> None:
    chance = np.random.default_rng(5)
    rewards, liked = chance.integers(0, 6, 40).astype(float), chance.random(40) < 0.4
    up, down = rewards[liked], rewards[~liked]
    pairs_won = (up[:, None] > down).mean() + 0.5 * (up[:, None] == down).mean()
    found = _score(
        "likings",
        [Prediction(0.0, 1, numbers={"reward": r, "liked": float(y)}) for r, y in zip(rewards, liked, strict=True)],
    )
    assert found["accuracy"] == pytest.approx(pairs_won)
    assert found["margin"] == pytest.approx(up.mean() - down.mean())


def _score(name: str, predictions: list[Prediction]) -> dict[str, float]:
    metric = metrics()[name]
    score: Callable[..., dict[str, float]] = metric.score
    return score(predictions, metric.settings({}))
