"""Sequential regression models (Baker et al. 2017): one regression per epoch, from a curve's start to its end.

For every tau < horizon that is needed, a regression maps x = (curve up to tau, its differences, features of the
trial) to the score at the horizon. The forecast's standard deviation is the regression's out-of-sample error on the
training curves, one number per tau (section 3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from bandits.errors.checks import check_choice, check_flag, check_whole
from bandits.forecasts import Link
from bandits.predictors.features import check_link
from bandits.predictors.regression.bootstrap import Bootstrap
from bandits.predictors.regression.gp_ensemble import GPEnsemble
from bandits.predictors.regression.regressors import OLS, Forest, Regressor, Ridge
from bandits.predictors.regression.sequential import SequentialPredictor
from bandits.predictors.regression.support_vectors import SVR

__all__ = ["SRM"]

Model = Literal["auto", "svr_rbf", "svr_linear", "forest", "ols", "ridge"]

_MODELS: dict[Model, tuple[Callable[[int, int], Regressor], int]] = {
    # name: (regressor from draws and folds, default draws)
    "auto": (lambda _draws, _folds: GPEnsemble(), 1),
    "svr_rbf": (lambda draws, folds: SVR("rbf", draws, folds), 1000),
    "svr_linear": (lambda draws, folds: SVR("linear", draws, folds), 1000),
    "forest": (lambda draws, folds: Forest(draws, folds), 2),
    "ols": (lambda _draws, _folds: OLS(), 1),
    "ridge": (lambda _draws, _folds: Ridge(), 1),
}


@dataclass(frozen=True)
class SRM(SequentialPredictor):
    """Sequential regression models: one regression per tau, from curve, architecture and hyperparameters to the end.

    Args:
        model: "auto" (an ensemble of eight Gaussian processes with a model of its errors), one of the paper's
            ("svr_rbf", "svr_linear", "forest", "ols") or "ridge", with one Gaussian sigma per tau.
        min_curves: abstain until so many curves reached the horizon, >= 2.
        link: scale of the scores. "auto" takes the logarithm of a loss or perplexity whose worst training value is at
            least three times its best, and leaves everything else as it is.
        draws: how many settings a random search tries, if the model uses it, >= 1. None takes 1000 for nu-SVR (the
            paper's) and 2 for a forest.
        folds: folds of the random search, >= 2 (the paper's 3).
        uncertainty: "loo" takes the errors of leave-one-out; "bootstrap" lets them grow where 20 refits disagree.
        use_curve: False forecasts from architecture and hyperparameters alone.
        partial: also learn from curves that stopped before the horizon, as "auto" with "loo" can.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Baker, Gupta, Raskar, Naik (arXiv 1705.10823), section 3; "auto" is ours. See docs/predictors.md.

    Example:
        >>> import numpy as np
        >>> from bandits.curves import Curve, History, Trial
        >>> from bandits.rng import rng_for
        >>> ramps = [(Trial(id=i), Curve(np.linspace(0.1, 0.5 + i / 100, 10))) for i in range(30)]
        >>> forecaster = SRM().fit(History.from_curves(ramps), horizon=10, rng=rng_for(0))
        >>> forecast = forecaster.forecast(Trial(id=99), Curve(np.linspace(0.1, 0.655, 10)[:4]))
        >>> abs(forecast.mean - 0.655) < 0.005
        True
    """

    model: Model = "auto"
    _: KW_ONLY
    min_curves: int = 10
    link: Link | Literal["auto"] = "auto"
    draws: int | None = None
    folds: int = 3
    uncertainty: Literal["loo", "bootstrap"] = "loo"
    use_curve: bool = True
    partial: bool = True

    name = "SRM"

    def __post_init__(self) -> None:
        check_choice("model", self.model, _MODELS)
        check_whole("min_curves", self.min_curves, 2)
        check_link(self.link)
        check_whole("draws", self.draws, 1, or_none=True)
        check_whole("folds", self.folds, 2)
        check_choice("uncertainty", self.uncertainty, ("loo", "bootstrap"))
        check_flag("use_curve", self.use_curve)
        check_flag("partial", self.partial)

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.curves_needed`."""
        return self.min_curves

    def regressor(self) -> Regressor:
        """The regression that these settings name."""
        make, default_draws = _MODELS[self.model]
        regressor = make(self.draws or default_draws, self.folds)
        return regressor if self.uncertainty == "loo" else Bootstrap(regressor)

    def resists_explosions(self) -> bool:
        """See `SequentialPredictor.resists_explosions`. The paper's models do not."""
        return self.model == "auto"
