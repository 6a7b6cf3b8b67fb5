"""A predictor and a rule, joined: may this arm still win?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError, check_at_least
from bandits.forecasts import Abstain, Forecast
from bandits.predictors.base import Forecaster, Predictor
from bandits.rng import rng_for
from bandits.stopping.rules import ProbabilityRule, StoppingRule
from bandits.verdicts import Keep, Verdict

__all__ = ["EarlyStopper"]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A forecaster, how many curves it has learnt from, and how many there were when it last began from scratch."""

    forecaster: Forecaster
    curves: int
    from_scratch: int


class EarlyStopper:
    """Forecasts an arm's score at its horizon and applies a stopping rule to the forecast.

    Fits are remembered for each history and horizon. A fit is renewed when the curves that reach its horizon have
    grown by the factor `refit_growth`, so a run with n curves fits O(log n) times; it is made from scratch when they
    have grown by `scratch_growth`, and otherwise by `Predictor.refit`, which may keep hyperparameters.

    Args:
        predictor: how to forecast.
        rule: when to drop; `ProbabilityRule()` by default.
        refit_growth: how much larger a training set must be to be worth a new fit, >= 1 (1 refits whenever a
            curve has been added).
        scratch_growth: how much larger than at the last fit from scratch it must be to begin from scratch, >= 1 (1
            always does: what is fitted then depends on the training set alone, not on when earlier fits were made).
        seed: of the predictor's randomness, >= 0.

    Raises:
        SettingError: an argument breaks its rule.

    Example:
        >>> from bandits.predictors import LastSeenValue
        >>> stopper = EarlyStopper(LastSeenValue(min_curves=3), ProbabilityRule(confidence=0.9))
        >>> history = History.from_curves((Trial(i), Curve([i / 10, i / 10 + 0.01 * (i % 2)])) for i in range(4))
        >>> stopper.advise(Trial(9), Curve([0.1]), history, horizon=2, bar=0.31).reason
        'P(score at epoch 2 <= 0.31) = 1 >= 0.9'
    """

    def __init__(
        self,
        predictor: Predictor,
        rule: StoppingRule | None = None,
        *,
        refit_growth: float = 1.25,
        scratch_growth: float = 2.0,
        seed: int = 0,
    ) -> None:
        if not isinstance(predictor, Predictor):
            raise SettingError.broken("`predictor`", "must be a Predictor such as SRM()", predictor)
        if rule is not None and not isinstance(rule, StoppingRule):
            raise SettingError.broken("`rule`", "must be a StoppingRule such as ProbabilityRule()", rule)
        if not refit_growth >= 1:
            raise SettingError.broken("`refit_growth`", "must be >= 1", refit_growth)
        if not scratch_growth >= 1:
            raise SettingError.broken("`scratch_growth`", "must be >= 1", scratch_growth)
        self.predictor = predictor
        self.rule = ProbabilityRule() if rule is None else rule
        self.refit_growth = refit_growth
        self.scratch_growth = scratch_growth
        self.seed = check_at_least("seed", seed, 0)
        self._fits: WeakKeyDictionary[History, dict[int, _Fit]] = WeakKeyDictionary()

    @property
    def keep(self) -> int:
        """How many of the best arms must survive: the rule's n."""
        return self.rule.keep

    def settings(self) -> Mapping[str, Any]:
        """What a journal says about this stopper."""
        return {"predictor": self.predictor.name, "rule": self.rule.settings(), "seed": self.seed}

    def advise(self, trial: Trial, curve: Curve, history: History, *, horizon: int, bar: float | None) -> Verdict:
        """Judge one arm after an epoch.

        Args:
            trial: the arm.
            curve: its scores so far, `[tau]`, 1 <= tau < horizon.
            history: what the predictor may learn from, now.
            horizon: the epoch whose score decides.
            bar: the largest score at which the arm still loses; None while nobody has set one.

        Returns:
            `Keep` or `Drop`, with the reason.
        """
        return self.advise_many([(trial, curve)], history, horizon=horizon, bar=bar)[0]

    def advise_many(
        self, arms: Sequence[tuple[Trial, Curve]], history: History, *, horizon: int, bar: float | None
    ) -> list[Verdict]:
        """Judge many arms at once; the same answers as `advise`, in the same order."""
        if bar is None:
            return [_NO_BAR] * len(arms)
        too_few = self._too_few(history, horizon)
        if too_few is not None:
            return [too_few] * len(arms)
        forecasts = self._forecaster(history, horizon).forecast_many(arms)
        return [self._judge(forecast, bar) for forecast in forecasts]

    def _too_few(self, history: History, horizon: int) -> Keep | None:
        """Say so, without a fit, if the predictor needs more curves than there are."""
        needed, there = self.predictor.min_curves(horizon), history.count_reaching(horizon)
        if there >= needed:
            return None
        return Keep(f"no forecast: {self.predictor.name} needs {needed} curves that reach epoch {horizon}, has {there}")

    def _judge(self, forecast: Forecast | Abstain, bar: float) -> Verdict:
        if isinstance(forecast, Abstain):
            return Keep(f"no forecast: {forecast.reason}")
        return self.rule.judge(forecast, bar=bar)

    def _forecaster(self, history: History, horizon: int) -> Forecaster:
        """The fit for a horizon, renewed if the training set has grown enough."""
        fits = self._fits.setdefault(history, {})
        curves = history.count_reaching(horizon)
        fit = fits.get(horizon)
        if fit is not None and not (curves > fit.curves and curves >= self.refit_growth * fit.curves):
            return fit.forecaster
        rng = rng_for(self.seed, "fit", horizon, curves)
        if fit is None or curves >= self.scratch_growth * fit.from_scratch:
            fit = _Fit(self.predictor.fit(history, horizon=horizon, rng=rng), curves, curves)
        else:
            renewed = self.predictor.refit(fit.forecaster, history, horizon=horizon, rng=rng)
            fit = _Fit(renewed, curves, fit.from_scratch)
        fits[horizon] = fit
        return fit.forecaster


_NO_BAR = Keep("no bar yet: too few arms have finished to say what it takes to win")
