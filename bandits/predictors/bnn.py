"""A Bayesian neural network with a learning-curve layer (LC-Net, Klein et al. 2017): features to whole curves."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import MissingDependency
from bandits.errors.checks import check_choice, check_flag, check_number, check_whole
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor, too_few_curves
from bandits.predictors.features import Scaling, StaticFeatures, check_link, feature_row, link_of
from bandits.predictors.lc_net.common_scale import CommonScale
from bandits.rng import rng_for

if TYPE_CHECKING:
    from bandits.predictors.lc_net.posterior import CurveSet
    from bandits.predictors.lc_net.sampling import Chains, Mixture, SampledNetworks

__all__ = ["BNN"]

Floats = NDArray[np.float64]

_FARTHEST = (0.0, 1.0)  # on the unit scale, scores outside this range count as its ends: no asymptote lies outside
_FARTHEST_INPUT = 100.0  # a feature more standard deviations away is clipped to this many
_SAMPLES = 1000  # how many samples a forecast holds
_LEAST = 25  # least number of points that represent a Gaussian: fewer would miss its tails


@dataclass(frozen=True)
class BNN(Predictor):
    """LC-Net: one Bayesian neural network for whole curves, sampled by stochastic-gradient Hamiltonian MCMC.

    It learns from every epoch of every curve, also of partial curves, and needs features that differ between trials. A
    fit takes seconds, so use it where an epoch takes minutes. docs/predictors.md explains how it works, and how it
    differs from the paper.

    Args:
        min_curves: abstain until so many curves reached the horizon, >= 2.
        partial_curves: learn from curves that have not reached the horizon as well.
        latents: numbers that describe a curve besides its features, >= 0; 0 is the paper's network.
        noise: "shared", one variance for all (as in the authors' code), or "per configuration" (as in the paper).
        curve_layer: False gives the paper's plain network, which takes time as one more input.
        chains: of the sampler, each with its own start, >= 1.
        burn_in: steps of each chain that are thrown away, >= 0; during these the step sizes adapt.
        networks: how many are kept from each chain, >= 1.
        keep_every: steps between two networks that are kept, >= 1.
        batch: curves in a minibatch, for each chain, >= 1.
        batch_epochs: epochs of each curve in a minibatch, >= 1.
        step_size: of the sampler ("learning rate"), > 0.
        update_steps: without latents, further sampler steps for each arm's own curve, >= 0; 0 uses features alone.
        update_networks: how many networks take further steps for an arm, >= 1.
        link: scale of the scores; "auto" decides as `bandits.predictors.SRM` does.

    Raises:
        SettingError: an argument breaks its rule.
        MissingDependency: torch is not installed.

    Source: Klein, Falkner, Springenberg, Hutter, "Learning curve prediction with Bayesian neural networks" (ICLR 2017).
    """

    _: KW_ONLY
    min_curves: int = 20
    partial_curves: bool = True
    latents: int = 3
    noise: Literal["shared", "per configuration"] = "shared"
    curve_layer: bool = True
    chains: int = 8
    burn_in: int = 2000
    networks: int = 5
    keep_every: int = 100
    batch: int = 100
    batch_epochs: int = 10
    step_size: float = 3e-2
    update_steps: int = 200
    update_networks: int = 20
    link: Link | Literal["auto"] = "auto"

    name = "BNN"

    def __post_init__(self) -> None:
        check_whole("min_curves", self.min_curves, 2)
        for argument in ("latents", "burn_in", "update_steps"):
            check_whole(argument, getattr(self, argument), 0)
        for argument in ("chains", "networks", "keep_every", "batch", "batch_epochs", "update_networks"):
            check_whole(argument, getattr(self, argument), 1)
        for argument in ("partial_curves", "curve_layer"):
            check_flag(argument, getattr(self, argument))
        check_choice("noise", self.noise, ("shared", "per configuration"))
        check_number("step_size", self.step_size, above=0)
        check_link(self.link)
        if find_spec("torch") is None:
            raise MissingDependency(self.name, "torch", "torch")

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        """See `Predictor.fit`. This is cheap: the networks are sampled only at the first forecast.

        Example:
            >>> from bandits.rng import rng_for
            >>> curves = [(Trial(i, {}, {"limit": i / 30}), Curve(i / 30 - 0.5 / np.arange(1, 11))) for i in range(30)]
            >>> predictor = BNN(chains=2, burn_in=300, networks=5, keep_every=20)
            >>> forecaster = predictor.fit(History.from_curves(curves), horizon=10, rng=rng_for(0))
            >>> forecast = forecaster.forecast(Trial(99, {}, {"limit": 0.5}), Curve(0.5 - 0.5 / np.arange(1, 4)))
            >>> bool(abs(forecast.mean - 0.45) < 0.1)
            True
        """
        check_whole("horizon", horizon, 1)
        return _Fitted(self, history, horizon, int(rng.integers(2**63)))

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.curves_needed`."""
        return self.min_curves


class _Fitted(Forecaster):
    """What `BNN.fit` returns: training curves, and networks that are sampled at the first forecast."""

    def __init__(self, settings: BNN, history: History, horizon: int, seed: int) -> None:
        self._settings, self._horizon, self._seed = settings, horizon, seed
        self._sampled: SampledNetworks | None = None
        self._refusal = self._learn(_curves_of(history, horizon, settings.partial_curves))

    def _learn(self, pairs: list[tuple[Trial, Curve]]) -> Abstain | None:
        """Turn the history into training curves; return the reason if that cannot be done."""
        settings, horizon = self._settings, self._horizon
        reached = sum(curve.tau == horizon for _, curve in pairs)
        complete: list[int] = []
        if pairs:
            self._static, features, complete = StaticFeatures.learn(pairs)
        kept = [pairs[i] for i in complete]
        usable = sum(curve.tau == horizon for _, curve in kept)
        needed = settings.curves_needed(horizon)
        if usable < needed:
            return too_few_curves(settings.name, needed, horizon, usable, reached)
        self._scaling = Scaling.learn(features)
        if not len(self._scaling.kept):
            return Abstain(
                f"all {len(kept)} training curves have the same features, and {settings.name} has no other input",
                Cause.FEATURES_ALIKE,
            )
        scores = np.concatenate([curve.scores for _, curve in kept])
        link = link_of(settings.link, scores[np.newaxis])
        scale = CommonScale.learn(scores, link)
        if isinstance(scale, Abstain):
            return scale
        self._scale = scale
        self._ids = [trial.id for trial, _ in kept]
        self._x = self._scaling.apply(features)
        self._y = [np.clip(scale.to_unit(curve.scores), *_FARTHEST) for _, curve in kept]
        return None

    def _curves(self, without: int | None = None, more: tuple[Floats, Floats] | None = None) -> CurveSet:
        """The training curves; `without` leaves out one trial, `more` adds a curve: features `[1, k]` and scores."""
        from bandits.predictors.lc_net.posterior import CurveSet

        rows = [i for i, trial_id in enumerate(self._ids) if trial_id != without]
        x, y = self._x[rows], [self._y[i] for i in rows]
        if more is not None:
            x, y = np.concatenate((x, more[0])), [*y, more[1]]
        return CurveSet.of(x, y, self._horizon)

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """See `Forecaster.forecast`. The same trial at the same epoch gets the same random numbers."""
        if self._refusal is not None:
            return self._refusal
        if curve.tau >= self._horizon:
            return Abstain(f"the arm has already reached epoch {self._horizon}", Cause.AT_HORIZON)
        if curve.tau < 1:
            return Abstain("the arm has not been measured yet", Cause.TOO_FEW_EPOCHS)
        x = self._input(trial)
        if isinstance(x, Abstain):
            return x
        y = self._scale.to_unit(curve.scores)
        if not np.isfinite(y).all():
            return Abstain(
                f"a loss of trial {trial.id} is <= 0 or too large, and {self._settings.name} takes its logarithm",
                Cause.UNUSABLE_SCORES,
            )
        end = self._end(trial, x, np.clip(y, *_FARTHEST))
        if not len(end.means):
            return Abstain(
                f"every chain of networks diverged; a smaller `step_size` than {self._settings.step_size} helps",
                Cause.NO_FIT,
            )
        return self._summary(trial, end)

    def _input(self, trial: Trial) -> Floats | Abstain:
        """The network's input for a trial: `[1, k]`."""
        objection = self._static.objection(trial, self._settings.name)
        if objection is not None:
            return objection
        row = np.array([feature_row(trial.features, self._static.names)])
        with np.errstate(all="ignore"):
            x = self._scaling.apply(self._static.scale(row))
        if not np.isfinite(x).all():
            return Abstain(f"the features of trial {trial.id} are too large to compute with", Cause.MISSING_FEATURES)
        return np.clip(x, -_FARTHEST_INPUT, _FARTHEST_INPUT)

    def _end(self, trial: Trial, x: Floats, y: Floats) -> Mixture:
        """The networks' distribution of the score at the horizon."""
        settings = self._settings
        sampled = self._networks()
        seed = int(rng_for(self._seed, "trial", abs(trial.id), "tau", len(y)).integers(2**63))
        if not settings.latents and settings.update_steps and len(sampled):
            # The history also holds this arm's earlier epochs. They must not count twice.
            more = self._curves(trial.id, (x, y))
            number, steps = settings.update_networks, settings.update_steps
            sampled = sampled.updated(more, seed, self._walk(), networks=number, steps=steps)
        return sampled.end(x, y, self._horizon, seed)

    def _networks(self) -> SampledNetworks:
        """The networks that learnt from the training curves; the first call samples them."""
        if self._sampled is None:
            from bandits.predictors.lc_net.network import LCNet
            from bandits.predictors.lc_net.sampling import SampledNetworks

            settings, curves = self._settings, self._curves()
            self._sampled = SampledNetworks.sample(
                LCNet(curves.x.shape[1], settings.latents, noise=settings.noise, curve_layer=settings.curve_layer),
                curves,
                int(rng_for(self._seed, "chains").integers(2**63)),
                self._walk(),
                chains=settings.chains,
                burn_in=settings.burn_in,
                networks=settings.networks,
                keep_every=settings.keep_every,
            )
        return self._sampled

    def _walk(self) -> Chains:
        """How the sampler's chains walk."""
        from bandits.predictors.lc_net.sampling import Chains

        return Chains(self._settings.batch, self._settings.batch_epochs, self._settings.step_size)

    def _summary(self, trial: Trial, end: Mixture) -> Forecast | Abstain:
        """The forecast that represents a mixture of Gaussians on the unit scale."""
        scale = self._scale
        samples = scale.to_scores(_quantiles(end, _SAMPLES))
        centre = float(end.weights @ end.means)
        mean = float(scale.to_scores(np.array(centre)))
        spread = math.sqrt(float(end.weights @ ((end.means - centre) ** 2 + end.stds**2))) * scale.unit
        std = spread / scale.link.slope(mean) if math.isfinite(mean) and mean != 0.0 else math.inf
        if scale.link is Link.IDENTITY:
            std = spread
        if not (math.isfinite(mean) and math.isfinite(std) and np.isfinite(samples).all()):
            return Abstain(f"the scores of trial {trial.id} are too large to compute with", Cause.UNUSABLE_SCORES)
        return Forecast(mean, std, self._horizon, scale.link, tuple(samples.tolist()))


def _quantiles(end: Mixture, count: int) -> Floats:
    """Equally likely values of a mixture, ascending: `[count]`."""
    each = max(_LEAST, math.ceil(4 * count / len(end.means)))
    steps = ndtri((np.arange(each) + 0.5) / each)
    values = (end.means[:, np.newaxis] + end.stds[:, np.newaxis] * steps).ravel()
    order = np.argsort(values)
    reached = np.cumsum(np.repeat(end.weights / each, each)[order])
    places = np.searchsorted(reached, (np.arange(count) + 0.5) / count * reached[-1])
    return np.asarray(values[order][np.minimum(places, len(values) - 1)], dtype=np.float64)


def _curves_of(history: History, horizon: int, partial: bool) -> list[tuple[Trial, Curve]]:
    """Every curve of a history, cut at the horizon; without `partial`, those that reach it."""
    if not partial:
        return history.reaching(horizon)
    pairs = ((trial, history.curve(trial.id)) for trial, _ in history.reaching(1))
    return [(trial, curve.prefix(min(curve.tau, horizon))) for trial, curve in pairs]
