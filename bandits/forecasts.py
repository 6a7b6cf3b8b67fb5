"""What a predictor can say about an arm: a forecast with its own error, or that it abstains.

Scores are oriented (larger is better), as everywhere inside the library.
"""

from __future__ import annotations

import enum
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import NormalDist

from bandits.causes import Cause
from bandits.errors import SettingError
from bandits.errors.checks import check_instance, check_number, check_whole

__all__ = ["GAUSSIAN", "Abstain", "ErrorShape", "Forecast", "Link", "check_reason"]

_NORMAL = NormalDist()
_LARGEST_LOG = 709.0  # exp of more overflows


class Link(enum.StrEnum):
    """The scale on which a forecast's error is taken to be Gaussian.

    IDENTITY suits accuracies. LOG_LOSS suits losses and perplexities, whose errors grow with their size: a
    score s = -loss maps to -ln(loss), which still increases with s.
    """

    IDENTITY = "identity"
    LOG_LOSS = "log_loss"

    def __repr__(self) -> str:
        return f"Link.{self.name}"

    def apply(self, score: float) -> float:
        """Map a score to the scale of the errors; -inf or inf outside its domain (a loss of 0 or less)."""
        if self is Link.IDENTITY:
            return score
        return -math.log(-score) if score < 0 else math.inf

    def invert(self, value: float) -> float:
        """Map a value on the scale of the errors back to a score."""
        if self is Link.IDENTITY:
            return value
        return -math.exp(-value) if value > -_LARGEST_LOG else -math.inf

    def slope(self, score: float) -> float:
        """Derivative of `apply` at a score; scores lie in the link's domain."""
        return 1.0 if self is Link.IDENTITY else -1.0 / score


def _check_ascending(argument: str, values: Sequence[float]) -> None:
    """Check that values are a tuple of finite numbers, none smaller than the one before."""
    check_instance(argument, values, tuple, "must be a tuple of numbers")
    if set(map(type, values)) == {float} and all(map(math.isfinite, values)) and values == tuple(sorted(values)):
        return  # the usual case; one number at a time takes ten times as long
    for place, value in enumerate(values):
        check_number(f"{argument}[{place}]", value)
    for before, after in pairwise(values):
        if after < before:
            raise SettingError.broken(f"`{argument}`", "must ascend", (before, after))


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """A distribution of errors in units of their standard deviation; it may be skewed or have heavy tails.

    It is given as an increasing map from the quantiles of the standard normal distribution to those of the error:
    knots joined by straight lines; the first and the last line have no end. Two knots on the diagonal are a Gaussian.

    Args:
        normal: ascending quantiles of the standard normal distribution, 2 or more.
        errors: the quantiles of the error at the same probabilities, ascending.

    Raises:
        SettingError: the knots are fewer than 2, not equally many, not finite or not ascending.

    Example:
        >>> skewed = ErrorShape(normal=(-1.0, 0.0, 1.0), errors=(-3.0, 0.0, 1.0))
        >>> round(skewed.prob_at_most(-3.0), 3), round(skewed.quantile(0.5), 3)
        (0.159, 0.0)
    """

    normal: tuple[float, ...]
    errors: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, knots in (("normal", self.normal), ("errors", self.errors)):
            _check_ascending(name, knots)
            for before, after in pairwise(knots):
                if before == after:
                    raise SettingError.broken(f"`{name}`", "must ascend", (before, after))
        if not len(self.normal) == len(self.errors) >= 2:
            raise SettingError.broken("`normal` and `errors`", "must be 2 or more pairs", (self.normal, self.errors))

    def prob_at_most(self, error: float) -> float:
        """Probability that the standardised error is at most `error`."""
        return 0.5 * math.erfc(-_along(self.errors, self.normal, error) / math.sqrt(2.0))

    def quantile(self, probability: float) -> float:
        """The quantile of the standardised error at `probability`, in (0, 1)."""
        return _along(self.normal, self.errors, _NORMAL.inv_cdf(probability))


GAUSSIAN = ErrorShape((-1.0, 1.0), (-1.0, 1.0))
"""The Gaussian error of Baker et al. (2017, section 3.3)."""


def _along(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """The polygon through (xs, ys) at x; its first and last line go on for ever."""
    right = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    left = right - 1
    return ys[left] + (x - xs[left]) * ((ys[right] - ys[left]) / (xs[right] - xs[left]))


@dataclass(frozen=True, slots=True)
class Forecast:
    """The score that an arm is expected to have at a horizon, and the distribution of the error.

    On the link's scale the error is centred at `link(mean)`, has the standard deviation `std * link'(mean)` and the
    given shape. A predictor that draws possible scores gives these `samples` instead; a probability is then the share
    of the samples.

    Args:
        mean: expected score (median, under a non-identity link), in score units, finite.
        std: standard deviation of the error near the mean, in score units, >= 0.
        horizon: the epoch that is forecast.
        link: scale of the error.
        samples: equally likely scores at the horizon, ascending; None if the error has a shape. With n of
            them, a probability is a multiple of 1 / n.
        shape: of the error on the link's scale, in units of its standard deviation; ignored if there are
            samples.

    Raises:
        SettingError: a number is not finite, std < 0, horizon < 1, or the samples are empty or not ascending.

    Example:
        >>> forecast = Forecast(mean=0.29, std=0.11, horizon=3)
        >>> round(forecast.prob_at_most(0.481), 3)
        0.959
        >>> [round(score, 3) for score in forecast.interval(0.9)]
        [0.109, 0.471]
    """

    mean: float
    std: float
    horizon: int
    link: Link = Link.IDENTITY
    samples: tuple[float, ...] | None = field(default=None, repr=False)
    shape: ErrorShape = field(default=GAUSSIAN, repr=False)

    def __post_init__(self) -> None:
        if self._is_usual():
            return  # the checks below cost more than all else that makes a forecast
        check_number("mean", self.mean)
        check_number("std", self.std, least=0)
        check_whole("horizon", self.horizon, 1)
        check_instance("link", self.link, Link, "must be Link.IDENTITY or Link.LOG_LOSS")
        if self.link is not Link.IDENTITY and not math.isfinite(self.link.apply(self.mean)):
            raise SettingError.broken("`mean`", f"must lie in the domain of the link {self.link.value!r}", self.mean)
        if self.samples is not None:
            _check_ascending("samples", self.samples)
            if not self.samples:
                raise SettingError.broken("`samples`", "must not be empty", self.samples)
        check_instance("shape", self.shape, ErrorShape, "must be an ErrorShape")

    def _is_usual(self) -> bool:
        """Whether this is a forecast of the plainest kind, which breaks no rule."""
        return (
            type(self.mean) is type(self.std) is float
            and -math.inf < self.mean < math.inf
            and 0.0 <= self.std < math.inf
            and type(self.horizon) is int
            and self.horizon >= 1
            and self.link is Link.IDENTITY
            and self.samples is None
            and type(self.shape) is ErrorShape
        )

    def prob_at_most(self, score: float) -> float:
        """Probability that the arm's score at the horizon is at most `score`; increases with `score`."""
        if self.samples is not None:
            return bisect_right(self.samples, score) / len(self.samples)
        if self.link is Link.IDENTITY:  # asked for every arm after every epoch
            distance, std = score - self.mean, self.std
        else:
            distance = self.link.apply(score) - self.link.apply(self.mean)
            std = self.std * self.link.slope(self.mean)
        if std == 0.0 or math.isinf(distance):
            return 1.0 if distance >= 0 else 0.0
        return self.shape.prob_at_most(distance / std)

    def quantile(self, probability: float) -> float:
        """The score that the arm does not exceed with this probability.

        Args:
            probability: in (0, 1); increases with it. Between samples, quantiles are interpolated.

        Raises:
            SettingError: the probability is not in (0, 1).
        """
        check_number("probability", probability, above=0, below=1)
        if self.samples is not None:
            place = probability * len(self.samples) - 0.5
            low = min(max(math.floor(place), 0), len(self.samples) - 1)
            high = min(low + 1, len(self.samples) - 1)
            share = min(max(place - low, 0.0), 1.0)
            return self.samples[low] + share * (self.samples[high] - self.samples[low])
        std = self.std * self.link.slope(self.mean)
        return self.link.invert(self.link.apply(self.mean) + std * self.shape.quantile(probability))

    def interval(self, coverage: float) -> tuple[float, float]:
        """The central interval in which the arm's score at the horizon lies with this probability.

        Args:
            coverage: in (0, 1).

        Returns:
            Its lower and upper end, scores; each is missed with probability (1 - coverage) / 2.

        Raises:
            SettingError: the coverage is not in (0, 1).
        """
        check_number("coverage", coverage, above=0, below=1)
        tail = (1.0 - coverage) / 2.0
        return self.quantile(tail), self.quantile(1.0 - tail)


@dataclass(frozen=True, slots=True)
class Abstain:
    """A predictor gives no forecast for an arm.

    Args:
        reason: why, as the rest of "no forecast: ..."; not empty.
        cause: the reason as a value, which code compares.
    """

    reason: str
    cause: Cause = Cause.NO_FORECAST

    def __post_init__(self) -> None:
        check_reason(self.reason, self.cause)


def check_reason(reason: str, cause: Cause) -> None:
    """Check why an abstention or a verdict was given: the reason must be a sentence, the cause a `Cause`.

    Raises:
        SettingError: the reason is empty or no text, or the cause is no `Cause`.
    """
    check_instance("reason", reason, str, "must be a sentence")
    if not reason:
        raise SettingError.broken("`reason`", "must not be empty", reason)
    check_instance("cause", cause, Cause, "must be a Cause")
