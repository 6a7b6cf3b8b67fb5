"""Stopping rules, which decide when a forecast drops an arm: the role, and the paper's rule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from inspect import signature
from typing import Any

from bandits.causes import Cause
from bandits.errors.checks import check_number, check_whole
from bandits.forecasts import Forecast
from bandits.stopping.calibration_set import CalibrationSet
from bandits.stopping.check_epochs import every_epoch
from bandits.verdicts import Drop, Evidence, Keep, Verdict

__all__ = ["ProbabilityRule", "StoppingRule", "settings_of", "unusual_settings"]


class StoppingRule(ABC):
    """Compares a forecast with a bar.

    Attributes:
        keep: how many of the best arms the bar protects.
        audit: share of arms that are never dropped, so that the rule can be checked, in [0, 1].
        from_epoch: the first epoch after which an arm may be dropped, >= 1.
        learns: whether the rule learns from forecasts and their ends, by `learn`; a calibration set is made for it.
        burn_in: how many arms should train in full before it judges; None where schedulers and pruners decide.
    """

    keep: int
    audit: float = 0.0
    from_epoch: int = 1
    learns: bool = False
    burn_in: int | None = None

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The arguments that build an equal rule; JSON values. Arguments that are left out have their defaults."""

    @abstractmethod
    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        """Keep or drop an arm.

        Args:
            forecast: forecast of the arm's score at its horizon; larger is better.
            bar: the largest score at which the arm still loses.
        """

    def check_epochs(self, horizon: int) -> Sequence[int]:
        """The epochs after which arms are judged on their way to a horizon, ascending; unless a rule says otherwise,
        all of them from `from_epoch` on."""
        return every_epoch(horizon, self.from_epoch)

    @property
    def least_curves(self) -> int:
        """How many uncensored curves the rule needs to drop an arm; 0 unless a rule overrides it."""
        return 0

    def learn(self, calibration: CalibrationSet) -> Mapping[int, StoppingRule] | Keep:
        """Learn from the errors of forecasts: the rule for each check epoch.

        Args:
            calibration: leave-one-out forecasts of uncensored curves beside their ends.

        Returns:
            A rule for each check epoch of the calibration set; or why no arm may be dropped yet.
        """
        return dict.fromkeys(calibration.epochs, self)


@dataclass(frozen=True)
class ProbabilityRule(StoppingRule):
    """Drop an arm when P(score at the horizon <= bar - margin) >= confidence.

    Args:
        confidence: an arm is dropped once P(it loses) is at least this: Delta in the paper, in (0, 1). The
            default is the paper's for whole searches; an arm is tested after every epoch, so the chance of dropping it
            wrongly at some point of its life is several times that of one test.
        margin: delta in the paper: an arm that may end within this distance of the bar is kept; in score units,
            >= 0.
        keep: n of the paper's n-th best: the bar is the n-th best score, so that the best n arms survive, >= 1.
        from_epoch: no arm is dropped before this epoch, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Baker et al. (2017), section 3.3.

    Example:
        >>> rule = ProbabilityRule(confidence=0.95)
        >>> rule.judge(Forecast(mean=0.29, std=0.11, horizon=3), bar=0.481).reason
        'P(score at epoch 3 <= 0.481) = 0.9588 >= 0.95'
    """

    confidence: float = 0.99
    margin: float = 0.0
    keep: int = 1
    from_epoch: int = 1

    def __post_init__(self) -> None:
        check_number("confidence", self.confidence, above=0, below=1)
        check_number("margin", self.margin, least=0)
        check_whole("keep", self.keep, 1)
        check_whole("from_epoch", self.from_epoch, 1)

    def settings(self) -> Mapping[str, Any]:
        return settings_of(self)

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        bar -= self.margin
        evidence = Evidence(forecast, bar, forecast.prob_at_most(bar), self.confidence)
        if evidence.probability >= self.confidence:
            return Drop(evidence.sentence(), evidence, cause=Cause.BELOW_BAR)
        return Keep(evidence.sentence(), evidence, cause=Cause.MAY_WIN)


def settings_of(rule: StoppingRule) -> dict[str, Any]:
    """The fields of a rule that is a dataclass; without `from_epoch` where it is 1, as older journals have it."""
    names = [field.name for field in fields(rule)]  # type: ignore[arg-type]
    return {name: getattr(rule, name) for name in names if name != "from_epoch" or rule.from_epoch > 1}


def unusual_settings(built: object, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an object that are not the defaults of its constructor."""
    parameters = signature(type(built)).parameters
    usual = {name: parameters[name].default for name in settings if name in parameters}
    return {name: value for name, value in settings.items() if name not in usual or value != usual[name]}
