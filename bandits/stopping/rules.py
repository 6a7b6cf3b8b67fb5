"""When a forecast is reason enough to drop an arm: the role, and the paper's rule."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from bandits.errors import SettingError, check_at_least
from bandits.forecasts import Forecast
from bandits.stopping.check_epochs import every_epoch
from bandits.stopping.track_record import TrackRecord
from bandits.verdicts import Drop, Evidence, Keep, Verdict

__all__ = ["ProbabilityRule", "StoppingRule", "is_number"]


class StoppingRule(ABC):
    """Holds a forecast against a bar.

    Attributes:
        keep: how many of the best arms the bar protects.
        audit: share of arms that are never dropped, so that the rule can be checked, in [0, 1].
        learns: whether `learn` says more than `judge` can; then a record is kept for it.
    """

    keep: int
    audit: float = 0.0
    learns: bool = False

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The arguments that build this rule; JSON values."""

    @abstractmethod
    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        """Keep or drop an arm.

        Args:
            forecast: of the arm's score at its horizon; larger is better.
            bar: the largest score at which the arm still loses.
        """

    def checkpoints(self, horizon: int) -> Sequence[int]:
        """The epochs after which arms are judged on their way to a horizon, ascending; unless a rule says otherwise,
        all of them."""
        return every_epoch(horizon)

    def learn(self, record: TrackRecord) -> Mapping[int, StoppingRule] | Keep:
        """What to judge by at each checkpoint, for a rule that learns how wrong forecasts are.

        Args:
            record: forecasts of fair curves held against their ends.

        Returns:
            A rule for each checkpoint of the record; or why no arm may be dropped yet.
        """
        return dict.fromkeys(record.epochs, self)


class ProbabilityRule(StoppingRule):
    """Drop an arm when P(score at the horizon <= bar - margin) >= confidence.

    Args:
        confidence: Delta in the paper, in (0, 1). The default is the paper's for whole searches; an arm is tested
            after every epoch, so the chance of dropping it wrongly at some point of its life is several times
            that of one test.
        margin: delta in the paper: an arm that may end within this distance of the bar is kept; in score units,
            >= 0.
        keep: n of the paper's n-th best: the bar is the n-th best score, so that the best n arms survive, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Baker et al. (2017), section 3.3.

    Example:
        >>> rule = ProbabilityRule(confidence=0.95)
        >>> rule.judge(Forecast(mean=0.29, std=0.11, horizon=3), bar=0.481).reason
        'P(score at epoch 3 <= 0.481) = 0.9588 >= 0.95'
    """

    def __init__(self, confidence: float = 0.99, margin: float = 0.0, keep: int = 1) -> None:
        if not is_number(confidence) or not 0 < confidence < 1:
            raise SettingError.broken("`confidence`", "must be in (0, 1)", confidence)
        if not is_number(margin) or not 0 <= margin < math.inf:
            raise SettingError.broken("`margin`", "must be finite and >= 0", margin)
        self.confidence = confidence
        self.margin = margin
        self.keep = check_at_least("keep", keep, 1)

    def settings(self) -> Mapping[str, Any]:
        return {"confidence": self.confidence, "margin": self.margin, "keep": self.keep}

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        bar -= self.margin
        evidence = Evidence(forecast, bar, forecast.prob_at_most(bar), self.confidence)
        verdict = Drop if evidence.probability >= self.confidence else Keep
        return verdict(evidence.sentence(), evidence)


def is_number(value: object) -> bool:
    """Whether an argument is a real number, and no truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)
