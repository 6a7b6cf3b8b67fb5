"""Keep one fit for each history and horizon, and renew it as the training set grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary, ref

from bandits.curves import History
from bandits.predictors.base import Forecaster, Predictor
from bandits.rng import rng_for
from bandits.stopping.calibration_set import leave_one_out
from bandits.stopping.rules import StoppingRule
from bandits.verdicts import Keep

__all__ = ["Fit", "FitCache"]


@dataclass(frozen=True, slots=True)
class Fit:
    """A forecaster, and what the rule has learnt from its errors.

    Args:
        forecaster: the fit.
        rules: the learnt rule for each check epoch; or why no arm is judged.
        size: size of its training set.
        from_scratch: size of the training set at the last fit from scratch.
        training: its training set, by weak reference: another object once earlier curves are dropped.
    """

    forecaster: Forecaster
    rules: Mapping[int, StoppingRule] | Keep
    size: int
    from_scratch: int
    training: ref[History]


class FitCache:
    """Fits a predictor when its training set has grown enough, and lets the rule learn from every fit.

    The size of a training set is the number of curves that reach the horizon; or of all measured epochs, for a
    predictor that learns from every step. A fit is renewed when the size has grown by the factor `refit_growth`, so a
    run with n curves fits O(log n) times. It begins from scratch when the size has grown by `scratch_growth`, and is
    otherwise made by `Predictor.refit`, which may keep hyperparameters.

    Args:
        predictor: makes the forecasts.
        rule: judges the forecasts.
        refit_growth, scratch_growth: these factors, >= 1.
        seed: seed of the predictor.
    """

    def __init__(
        self, predictor: Predictor, rule: StoppingRule, *, refit_growth: float, scratch_growth: float, seed: int
    ) -> None:
        self._predictor = predictor
        self._rule = rule
        self._refit_growth, self._scratch_growth = refit_growth, scratch_growth
        self._seed = seed
        self._fits: WeakKeyDictionary[History, dict[int, Fit]] = WeakKeyDictionary()

    def __len__(self) -> int:
        """The number of histories with fits."""
        return len(self._fits)

    def fit(self, training: History, history: History, horizon: int) -> Fit:
        """The fit for a horizon, renewed if its training set has grown enough.

        Args:
            training: the training set of the predictor.
            history: history of the run, which identifies the fit and knows what was censored.
            horizon: the epoch to forecast.
        """
        fits = self._fits.setdefault(history, {})
        size = self._size(training, horizon)
        fit = fits.get(horizon)
        if fit is not None and fit.training() is not training:
            fit = None
        if fit is not None and not (size > fit.size and size >= self._refit_growth * fit.size):
            return fit
        rng = rng_for(self._seed, "fit", horizon, size)
        if fit is None or size >= self._scratch_growth * fit.from_scratch:
            forecaster, from_scratch = self._predictor.fit(training, horizon=horizon, rng=rng), size
        else:
            forecaster = self._predictor.refit(fit.forecaster, training, horizon=horizon, rng=rng)
            from_scratch = fit.from_scratch
        rules = self._rules(forecaster, training, history, horizon)
        fits[horizon] = fit = Fit(forecaster, rules, size, from_scratch, ref(training))
        return fit

    def _size(self, training: History, horizon: int) -> int:
        every_step = self._predictor.learns_from_every_step
        return training.epochs if every_step else training.count_reaching(horizon)

    def _rules(
        self, forecaster: Forecaster, training: History, history: History, horizon: int
    ) -> Mapping[int, StoppingRule] | Keep:
        """The learnt rule for each check epoch."""
        epochs = self._rule.check_epochs(horizon)
        if not self._rule.learns:
            return dict.fromkeys(epochs, self._rule)
        return self._rule.learn(
            leave_one_out(
                self._predictor, forecaster, training, history, horizon=horizon, epochs=epochs, seed=self._seed
            )
        )
