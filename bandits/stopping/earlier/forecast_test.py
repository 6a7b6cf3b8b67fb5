"""Test whether new curves end as earlier curves would: each new end is compared with a forecast by earlier curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from bandits.curves import Curve, Trial
from bandits.forecasts import Forecast
from bandits.predictors.base import Forecaster
from bandits.stopping.earlier.exchangeability import ExchangeabilityTest
from bandits.stopping.earlier.past_curves import Pair
from bandits.stopping.earlier.tester import Tester, epochs_at

__all__ = ["ForecastTest", "Reference"]

_SHARES = (1 / 8, 1 / 4, 1 / 2)  # shares of the horizon, after which forecasts are compared with ends
_FITTED = 1 / 3  # of the earlier curves make the forecasts; the others are the reference
_LEAST_REFERENCE = 5  # earlier curves that a forecast has not seen, for its errors to be ranked among


@dataclass(frozen=True, slots=True)
class Reference:
    """Forecasts of earlier curves by other earlier curves.

    Args:
        forecaster: fitted to some of them.
        probabilities: by epoch of the forecast, P(end <= the end that came) of each of the others.
    """

    forecaster: Forecaster
    probabilities: dict[int, list[float]]

    @classmethod
    def of(cls, pairs: Sequence[Pair], horizon: int, tester: Tester) -> Reference:
        """Fit every third curve, or as many as the predictor needs, and forecast the others."""
        size = max(tester.predictor.curves_needed(horizon), math.ceil(_FITTED * len(pairs)))
        apart = [*pairs[::3], *pairs[1::3], *pairs[2::3]]
        fitted, rest = apart[:size], apart[size:]
        forecaster = tester.fit(fitted, horizon, "test")
        probabilities: dict[int, list[float]] = {}
        for tau in epochs_at(_SHARES, horizon) if len(rest) >= _LEAST_REFERENCE else ():
            forecasts = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in rest])
            known = [
                forecast.prob_at_most(float(curve.scores[-1]))
                for forecast, (_, curve) in zip(forecasts, rest, strict=True)
                if isinstance(forecast, Forecast)
            ]
            if len(known) >= _LEAST_REFERENCE:
                probabilities[tau] = known
        return cls(forecaster, probabilities)


@dataclass(slots=True)
class ForecastTest:
    """Ranks the probabilities of new ends among those of earlier ends; finds a difference when bets on it pay.

    If new and earlier curves are exchangeable, it finds a difference at any time with probability `risk` at most.

    Args:
        reference: the forecasts of earlier curves.
        risk: the probability of a false finding, shared by the epochs of forecasts.
    """

    reference: Reference
    risk: float
    _tests: dict[int, ExchangeabilityTest] = field(default_factory=dict)  # by epoch of the forecast

    @property
    def checked(self) -> int:
        """How many new curves were compared with the reference, at the epoch with the most."""
        return max((len(test.shares) for test in self._tests.values()), default=0)

    def add(self, trial: Trial, curve: Curve, asked: int) -> str:
        """Test one more new curve, `[horizon]`.

        Args:
            trial, curve: the new one, under the features of the earlier ones.
            asked: from this epoch on it trained towards the horizon; earlier forecasts are not looked at.

        Returns:
            The finding, in words; empty if there is none.
        """
        for tau, before in self.reference.probabilities.items():
            if tau < asked:
                continue
            forecast = self.reference.forecaster.forecast(trial, curve.prefix(tau))
            if not isinstance(forecast, Forecast):
                continue
            test = self._tests.setdefault(tau, ExchangeabilityTest(before))
            test.add(forecast.prob_at_most(float(curve.scores[-1])))
            if test.wealth >= len(self.reference.probabilities) / self.risk:
                return _found(test, tau)
        return ""


def _found(test: ExchangeabilityTest, tau: int) -> str:
    """What a test found, in words."""
    shares, total = test.shares, len(test.shares)
    if test.side == "either":
        far = sum(not 0.25 <= share <= 0.75 for share in shares)
        return f"{far} of {total} ended outside the middle half of what was forecast at epoch {tau}"
    count = sum(share < 0.5 if test.side == "below" else share > 0.5 for share in shares)
    return f"{count} of {total} ended {test.side} what was forecast at epoch {tau}"
