"""A Gaussian process with a kernel fitted by marginal likelihood: every arm has a mean and a standard deviation."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Literal

from bandits.errors.checks import check_whole
from bandits.forecasts import Link
from bandits.predictors.features import check_link
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.kernel_regression import KernelRegression
from bandits.predictors.regression.regressors import Regressor
from bandits.predictors.regression.sequential import SequentialPredictor

__all__ = ["GaussianProcess"]

_PROCESS = AdditiveProcess(anchored=False, blocks=("series", "summary", "static"), robust=False)


@dataclass(frozen=True)
class GaussianProcess(SequentialPredictor):
    """Gaussian process regression: arms with similar curves and similar configurations have similar ends.

    There is one process per tau. Its kernel is chosen by marginal likelihood. An arm's standard deviation grows with
    its distance from the training curves. See docs/predictors.md.

    Args:
        min_curves: abstain until so many curves reached the horizon, >= 2.
        link: scale of the scores; "auto" decides as `bandits.predictors.SRM` does.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Rasmussen, Williams, "Gaussian processes for machine learning" (2006), sections 2.2, 5.4.1 and 5.4.2, on
    the inputs of Baker et al. (2017).

    Example:
        >>> import numpy as np
        >>> from bandits.curves import Curve, History, Trial
        >>> from bandits.rng import rng_for
        >>> ramps = [(Trial(id=i), Curve(np.linspace(0.1, 0.5 + i / 100, 10))) for i in range(30)]
        >>> forecaster = GaussianProcess().fit(History.from_curves(ramps), horizon=10, rng=rng_for(0))
        >>> near, far = (forecaster.forecast(Trial(id=9), Curve(np.linspace(0.1, end, 10)[:4])) for end in (0.655, 1.5))
        >>> round(near.mean, 2), far.std > near.std
        (0.66, True)
    """

    _: KW_ONLY
    min_curves: int = 20
    link: Link | Literal["auto"] = "auto"

    name = "GaussianProcess"

    def __post_init__(self) -> None:
        check_whole("min_curves", self.min_curves, 2)
        check_link(self.link)

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.curves_needed`."""
        return self.min_curves

    def regressor(self) -> Regressor:
        """See `SequentialPredictor.regressor`."""
        return KernelRegression(_PROCESS)
