"""The losses of learning from preferences, as functions of log-probabilities alone; each gives nats per example.

`gap` is always the better answer's log-probability minus the worse one's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch

    from studio.api import Batch

LEAST_DOUBT = 1e-7
"""A mean log-probability closer to 0 than this counts as this, so that its odds stay finite."""


class Pairs(NamedTuple):
    """Log-probabilities of better and worse answers, summed over their tokens, and how many tokens they have; each of
    shape (pairs,), in double precision."""

    better: torch.Tensor
    worse: torch.Tensor
    better_tokens: torch.Tensor
    worse_tokens: torch.Tensor

    @property
    def gap(self) -> torch.Tensor:
        """Of the whole answers."""
        return self.better - self.worse

    @property
    def better_mean(self) -> torch.Tensor:
        """Per token."""
        return self.better / self.better_tokens

    @property
    def worse_mean(self) -> torch.Tensor:
        """Per token."""
        return self.worse / self.worse_tokens

    @property
    def mean_gap(self) -> torch.Tensor:
        """Per token."""
        return self.better_mean - self.worse_mean


def pairs_of(batch: Batch, losses: torch.Tensor) -> Pairs:
    """From the loss of each taught token; the worse answers are the batch's second texts."""
    exact = losses.double()
    sums, counts = -batch.per_text(exact), batch.per_text(exact.new_ones(len(exact)))
    pairs = batch.examples
    return Pairs(sums[:pairs], sums[pairs:], counts[:pairs], counts[pairs:])


def dpo(gap: torch.Tensor, before: torch.Tensor, beta: float, doubt: float = 0.0) -> torch.Tensor:
    """−log σ(β (gap − gap before training)): Rafailov et al., arXiv 2305.18290, equation 7. With `doubt`, that share of
    the pairs is taken to be the wrong way round (conservative DPO, Mitchell, 2023; see arXiv 2403.00409)."""
    from torch.nn.functional import logsigmoid

    reward = beta * (gap - before)
    return -(1 - doubt) * logsigmoid(reward) - doubt * logsigmoid(-reward)


def ipo(mean_gap: torch.Tensor, before: torch.Tensor, beta: float) -> torch.Tensor:
    """(h − 1/(2β))², where h is by how much the gap has grown: Azar et al., arXiv 2310.12036, equation 17. Gaps are per
    token, as in the authors' own experiments; over whole answers the square would grow with their length."""
    return (mean_gap - before - 1 / (2 * beta)) ** 2


def simpo(mean_gap: torch.Tensor, beta: float, margin: float) -> torch.Tensor:
    """−log σ(β · gap per token − γ): Meng et al., arXiv 2405.14734."""
    from torch.nn.functional import logsigmoid

    return -logsigmoid(beta * mean_gap - margin)


def log_odds_ratio(better_mean: torch.Tensor, worse_mean: torch.Tensor) -> torch.Tensor:
    """log of odds(better) / odds(worse), where odds(p) = p / (1 − p) and log p is a mean over tokens: Hong et al.,
    arXiv 2403.07691."""
    import torch

    def odds(log: torch.Tensor) -> torch.Tensor:
        sure = log.clamp(max=-LEAST_DOUBT)
        return sure - torch.log(-torch.expm1(sure))

    return odds(better_mean) - odds(worse_mean)


def orpo(better_mean: torch.Tensor, worse_mean: torch.Tensor, weight: float) -> torch.Tensor:
    """−log p(better) per token − λ log σ(log odds ratio): Hong et al., arXiv 2403.07691."""
    from torch.nn.functional import logsigmoid

    return -better_mean - weight * logsigmoid(log_odds_ratio(better_mean, worse_mean))


def kto(gain: torch.Tensor, liked: torch.Tensor, point: float | torch.Tensor, beta: float) -> torch.Tensor:
    """1 − σ(± β (gain − z0)), + for liked answers: Ethayarajh et al., arXiv 2402.01306, equation 7, before weighting.
    `gain` is by how much an answer's log-probability has grown, `liked` is +1 or −1."""
    import torch

    return 1 - torch.sigmoid(beta * liked * (gain - point))


def bradley_terry(better: torch.Tensor, worse: torch.Tensor, centre: float = 0.0) -> torch.Tensor:
    """−log σ(better − worse) for two marks (Bradley and Terry, 1952; Ouyang et al., arXiv 2203.02155), and
    `centre` times the square of their sum, which keeps marks around 0 (Eisenstein et al., arXiv 2312.09244)."""
    from torch.nn.functional import logsigmoid

    return -logsigmoid(better - worse) + centre * (better + worse) ** 2
