"""What a predictor can say about an arm: a forecast with its own error, or that it abstains.

Scores are oriented (larger is better), as everywhere inside the library.
"""

from __future__ import annotations

import enum
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from bandits.errors import SettingError

__all__ = ["Abstain", "Forecast", "Link"]


class Link(enum.Enum):
    """The scale on which a forecast's error is taken to be Gaussian.

    IDENTITY suits accuracies. LOG_LOSS suits losses and perplexities, whose errors grow with their size: a
    score s = -loss maps to -ln(loss), which still increases with s.
    """

    IDENTITY = "identity"
    LOG_LOSS = "log of the loss"

    def apply(self, score: float) -> float:
        """Map a score to the scale of the errors; -inf or inf outside its domain (a loss of 0 or less)."""
        if self is Link.IDENTITY:
            return score
        return -math.log(-score) if score < 0 else math.inf

    def invert(self, value: float) -> float:
        """Map a value on the scale of the errors back to a score."""
        return value if self is Link.IDENTITY else -math.exp(-value)

    def slope(self, score: float) -> float:
        """Derivative of `apply` at a score; scores lie in the link's domain."""
        return 1.0 if self is Link.IDENTITY else -1.0 / score


@dataclass(frozen=True, slots=True)
class Forecast:
    """The score that an arm is expected to have at a horizon, and how far off that may be.

    On the link's scale the error is Gaussian (Baker et al. 2017, section 3.3, with sigma independent of the
    configuration), centred at `link(mean)` with standard deviation `std * link'(mean)`. A predictor that samples
    what may happen gives its `samples`; probabilities are then counted among them.

    Args:
        mean: expected score (median, under a non-identity link), in score units, finite.
        std: standard deviation of the error near the mean, in score units, >= 0.
        horizon: the epoch that is forecast.
        link: scale of the error.
        samples: equally likely scores at the horizon, ascending; None where the error is Gaussian. With n of
            them, a probability is a multiple of 1 / n.

    Raises:
        SettingError: a number is not finite, std < 0, horizon < 1, or the samples are none or not ascending.

    Example:
        >>> round(Forecast(mean=0.29, std=0.11, horizon=3).prob_at_most(0.481), 3)
        0.959
    """

    mean: float
    std: float
    horizon: int
    link: Link = Link.IDENTITY
    samples: tuple[float, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise SettingError.broken("mean", "must be finite", self.mean)
        if not (math.isfinite(self.std) and self.std >= 0):
            raise SettingError.broken("std", "must be finite and >= 0", self.std)
        if self.horizon < 1:
            raise SettingError.broken("horizon", "must be >= 1", self.horizon)
        if not math.isfinite(self.link.apply(self.mean)):
            raise SettingError.broken("mean", f"must lie in the domain of the link {self.link.value!r}", self.mean)
        if self.samples is not None:
            if not self.samples:
                raise SettingError.broken("samples", "must not be empty", self.samples)
            if not all(map(math.isfinite, self.samples)):
                bad = next(sample for sample in self.samples if not math.isfinite(sample))
                raise SettingError.broken("samples", "must be finite", bad)
            for before, after in pairwise(self.samples):
                if after < before:
                    raise SettingError.broken("samples", "must ascend", (before, after))

    def prob_at_most(self, score: float) -> float:
        """Probability that the arm's score at the horizon is at most `score`; increases with `score`."""
        if self.samples is not None:
            return bisect_right(self.samples, score) / len(self.samples)
        distance = self.link.apply(score) - self.link.apply(self.mean)
        std = self.std * self.link.slope(self.mean)
        if std == 0.0 or math.isinf(distance):
            return 1.0 if distance >= 0 else 0.0
        return 0.5 * math.erfc(-distance / (std * math.sqrt(2.0)))


@dataclass(frozen=True, slots=True)
class Abstain:
    """A predictor has nothing to say about an arm yet.

    Args:
        reason: why, as the rest of "no forecast: ..."; not empty.
    """

    reason: str
