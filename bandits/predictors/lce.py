"""Learning-curve extrapolation (Domhan, Springenberg, Hutter 2015): it needs only the curve itself."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors.checks import check_choice, check_flag, check_number, check_whole
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor
from bandits.predictors.extrapolation.fits import fit_families, recency_weights
from bandits.predictors.extrapolation.posterior import Combination
from bandits.predictors.extrapolation.sampler import require_sampler, sample
from bandits.predictors.extrapolation.unit_scale import UnitScale
from bandits.predictors.features import check_link
from bandits.predictors.threads import one_thread
from bandits.rng import rng_for

__all__ = ["LCE"]

Floats = NDArray[np.float64]

_QUANTILES = 1000  # how many are kept of the posterior predictive: a forecast's probabilities are multiples of 1 / 1000
_PLATEAU_RISE, _PLATEAU_LOOK_AHEAD = 0.05, 5  # how the paper's code tells that learning has begun
_LEAST_ACCEPTANCE = 0.001  # with a smaller acceptance, the walkers have hardly left their start
_FALLEN = 0.5  # a curve counts as falling if a falling line explains at least this share of its variance
_ONE_SIGMA = (0.15865525393145707, 0.8413447460685429)  # a Gaussian's mass below -1 and +1 standard deviation


@dataclass(frozen=True)
class LCE(Predictor):
    """Learning-curve extrapolation: a weighted sum of eleven families of curves, sampled by MCMC. Needs no other curve.

    The forecast holds quantiles of the posterior predictive; its mean is their median. docs/predictors.md explains how
    it works, how it differs from the paper, and how this library expresses the paper's stopping criterion.

    Args:
        min_epochs: abstain before so many epochs, >= 3.
        every: forecast an arm only at epochs that are multiples of this, >= 1.
        walkers: of the ensemble, >= 2; fewer than 60 are raised to 60, twice the numbers of a position.
        steps: of each walker, including burn-in, >= burn_in + thin.
        burn_in: steps that are thrown away, >= 0.
        thin: steps from one position that is kept to the next, >= 1.
        recency: how much more the last epoch counts than the first, > 0; with 1, all count alike.
        skip_plateau: leave out the epochs before a curve begins to rise.
        noise: add the measurement's noise to the forecast; without it, the error is the curve's alone.
        mode: "optimistic" treats the median as certain if the end has a standard deviation below `certain_std`;
            "conservative" never does.
        certain_std: standard deviation below which "optimistic" is certain, on the unit scale and without noise, > 0.
        max_std: abstain while the forecast's standard deviation is larger, on the unit scale; None never does.
        link: scale of the curve; "auto" takes the logarithm of a loss that falls to a third or less.

    Raises:
        SettingError: an argument breaks its rule.
        MissingDependency: emcee is not installed.

    Source: Domhan, Springenberg, Hutter, "Speeding up automatic hyperparameter optimization of deep neural networks by
    extrapolation of learning curves" (IJCAI 2015).
    """

    _: KW_ONLY
    min_epochs: int = 5
    every: int = 1
    walkers: int = 100
    steps: int = 1000
    burn_in: int = 250
    thin: int = 15
    recency: float = 10.0
    skip_plateau: bool = True
    noise: bool = True
    mode: Literal["conservative", "optimistic"] = "conservative"
    certain_std: float = 0.005
    max_std: float | None = None
    link: Link | Literal["auto"] = "auto"

    name = "LCE"

    def __post_init__(self) -> None:
        check_whole("min_epochs", self.min_epochs, 3)
        check_whole("every", self.every, 1)
        check_whole("walkers", self.walkers, 2)
        check_whole("thin", self.thin, 1)
        check_whole("burn_in", self.burn_in, 0)
        check_whole("steps", self.steps, self.burn_in + self.thin)
        check_number("recency", self.recency, above=0)
        check_flag("skip_plateau", self.skip_plateau)
        check_flag("noise", self.noise)
        check_choice("mode", self.mode, ("conservative", "optimistic"))
        check_number("certain_std", self.certain_std, above=0)
        check_number("max_std", self.max_std, above=0, or_none=True)
        check_link(self.link)
        require_sampler()

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:  # noqa: ARG002
        """See `Predictor.fit`. It learns nothing from `history`.

        Example:
            >>> from bandits.rng import rng_for
            >>> forecaster = LCE(steps=300, burn_in=100).fit(History(), horizon=50, rng=rng_for(0))
            >>> scores = 0.8 - 0.7 * np.arange(1, 26.0) ** -0.8
            >>> forecast = forecaster.forecast(Trial(id=0), Curve(scores))
            >>> bool(abs(forecast.mean - (0.8 - 0.7 * 50**-0.8)) < 0.02)
            True
        """
        check_whole("horizon", horizon, 1)
        return _Fitted(self, horizon, int(rng.integers(2**63)))

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.curves_needed`: 0, since no other curve is read."""
        return 0


class _Fitted(Forecaster):
    """What `LCE.fit` returns: the horizon and a seed. All work happens in `forecast`."""

    def __init__(self, settings: LCE, horizon: int, seed: int) -> None:
        self._settings, self._horizon, self._seed = settings, horizon, seed

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """See `Forecaster.forecast`. The same trial at the same epoch gets the same random numbers."""
        settings, tau = self._settings, curve.tau
        if tau >= self._horizon:
            return Abstain(f"the arm has already reached epoch {self._horizon}", Cause.AT_HORIZON)
        if tau < settings.min_epochs:
            return Abstain(
                f"{settings.name} needs {settings.min_epochs} epochs of the arm, has {tau}", Cause.TOO_FEW_EPOCHS
            )
        if tau % settings.every:
            return Abstain(
                f"{settings.name} looks at epochs that are multiples of {settings.every}, not at {tau}",
                Cause.NO_FORECAST,
            )
        scale = UnitScale.choose(curve.scores, settings.link)
        if scale is None:
            return Abstain(
                f"the scores of trial {trial.id} are too large or too small, or its loss is <= 0", Cause.UNUSABLE_SCORES
            )
        y = scale.to_unit(curve.scores)
        skipped = plateau(y) if settings.skip_plateau else 0
        y = y[skipped:]
        if len(y) < settings.min_epochs:
            return Abstain(
                f"{settings.name} needs {settings.min_epochs} epochs from where the curve begins to rise;"
                f" trial {trial.id} has {len(y)}",
                Cause.TOO_FEW_EPOCHS,
            )
        if falls(y):
            return Abstain(f"no family of rising curves fits trial {trial.id}", Cause.NO_FIT)
        with one_thread():
            ends, noise = self._sampled(y, self._horizon - skipped, scale.ceiling, trial.id, tau)
        if not len(ends):
            return Abstain(
                f"sampling the curves of trial {trial.id} failed: its walkers did not leave their start", Cause.NO_FIT
            )
        return self._summary(trial, scale, ends, noise)

    def _sampled(self, y: Floats, end: int, ceiling: float, trial_id: int, tau: int) -> tuple[Floats, Floats]:
        """Draws of the curve's end and of the noise there, on the unit scale; empty if sampling failed."""
        settings = self._settings
        weights = recency_weights(len(y), settings.recency)
        posterior = Combination(fit_families(y, weights), y, weights, end=end, ceiling=ceiling)
        rng = rng_for(self._seed, "trial", abs(trial_id), "tau", tau)
        start = posterior.start(max(settings.walkers, 2 * posterior.size), rng)
        drawn = sample(posterior, start, rng, steps=settings.steps, burn_in=settings.burn_in, thin=settings.thin)
        ends = posterior.ends(drawn.positions, rng)
        possible = np.isfinite(ends) & (drawn.acceptance >= _LEAST_ACCEPTANCE)
        noise = np.exp(drawn.positions[possible, -1]) * rng.standard_normal(int(possible.sum()))
        return ends[possible], noise

    def _summary(self, trial: Trial, scale: UnitScale, ends: Floats, noise: Floats) -> Forecast | Abstain:
        """The forecast that represents draws on the unit scale: their median, spread and quantiles."""
        settings = self._settings
        predicted = ends + noise if settings.noise else ends
        middle, spread = float(np.median(predicted)), _spread(predicted)
        if settings.max_std is not None and spread > settings.max_std:
            return Abstain(
                f"the forecast of trial {trial.id} has a std of {spread:.3g}, more than {settings.max_std:g}",
                Cause.NO_FORECAST,
            )
        mean = float(scale.to_scores(np.asarray(middle)))
        if (
            settings.mode == "optimistic"
            and _spread(ends) < settings.certain_std
            and math.isfinite(scale.link.apply(mean))
        ):
            return Forecast(mean, 0.0, self._horizon, scale.link)
        levels = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        samples = scale.to_scores(np.quantile(predicted, levels))
        std = spread * scale.unit * (1.0 if scale.link is Link.IDENTITY else -mean)
        if not (math.isfinite(scale.link.apply(mean)) and math.isfinite(std) and np.isfinite(samples).all()):
            return Abstain(f"the scores of trial {trial.id} are too large to compute with", Cause.UNUSABLE_SCORES)
        return Forecast(mean, std, self._horizon, scale.link, tuple(samples.tolist()))


def _spread(draws: Floats) -> float:
    """Half the width of the central 68 %: a standard deviation that does not depend on the tails."""
    low, high = np.quantile(draws, _ONE_SIGMA)
    return float(high - low) / 2


def falls(y: Floats) -> bool:
    """Whether a curve falls: a line in ln(epoch) goes down and explains half of its variance or more.

    Args:
        y: `[n]` scores on the unit scale, n >= 2.
    """
    x = np.log(np.arange(1.0, len(y) + 1.0))
    x, y = x - x.mean(), y - y.mean()
    together = float(x @ y)
    return together < 0.0 and together**2 >= _FALLEN * float(x @ x) * float(y @ y)


def plateau(y: Floats) -> int:
    """How many epochs pass before a curve begins to rise; 0 if it rises at once or has not begun to rise.

    Args:
        y: `[n]` scores on the unit scale.
    """
    ahead = _PLATEAU_LOOK_AHEAD
    for first in range(len(y) - ahead + 1):
        if (y[first : first + ahead] > y[0] + _PLATEAU_RISE).all():
            return first
    return 0
