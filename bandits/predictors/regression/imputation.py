"""Curves that stopped before the horizon, and the forecasts that stand in for the scores that they never had.

A search leaves many curves behind that were dropped or cut. The end of such a curve is unknown, but a regression at its
last epoch L says what to expect. By the law of total expectation

    E[y | x_tau] = E[ E[y | x_L] | x_tau ]    for every tau < L,

a regression at tau may learn from that expectation as from a score. It is regression imputation for monotone missing
data (Little and Rubin 2002, chapter 7), with an epoch for each variable. It also removes the bias of learning from
survivors alone: what decided whether a curve went on was seen up to L, and is among the inputs at L.

Rules of this file:

1. Complete curves stand first, in the order of `History.reaching`; curves that stopped follow, longest first.
2. A forecast that stands in for a score is made at the curve's last epoch or before, never after.
3. Residuals are those of complete curves alone: the error of a stand-in is unknown.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Link
from bandits.predictors.features import Design, StaticFeatures, apply_link, feature_row
from bandits.predictors.regression.regressors import Fitted, Regressor
from bandits.predictors.score_scale import ScoreScale

__all__ = ["Imputed", "ImputingFitted", "ImputingRegressor", "StoppedCurves", "stopped_curves"]

Floats = NDArray[np.float64]

_LENGTHS = 8  # the most lengths of curves with stand-ins: each needs a regression of its own
_FAR_OUT = 10.0  # times the largest number among complete curves: nothing is known about larger ones


@dataclass(frozen=True, slots=True)
class Imputed:
    """Forecasts that stand in for the scores at the horizon of p curves, made from c complete ones.

    Args:
        means: `[p]` in target units.
        variances: `[p]` of the scores that they stand for.
        left_out: `[p, c]` the same forecasts, if each complete curve in turn had been left out.
    """

    means: Floats
    variances: Floats
    left_out: Floats

    def __len__(self) -> int:
        return len(self.means)

    @property
    def usable(self) -> bool:
        """Whether all numbers are finite."""
        return all(bool(np.isfinite(part).all()) for part in (self.means, self.variances, self.left_out))

    def rows(self, chosen: NDArray[np.intp]) -> Imputed:
        """Those of some of the curves."""
        return Imputed(self.means[chosen], self.variances[chosen], self.left_out[chosen])

    @classmethod
    def together(cls, parts: Sequence[Imputed]) -> Imputed:
        """One after the other; one part or more."""
        return cls(
            np.concatenate([part.means for part in parts]),
            np.concatenate([part.variances for part in parts]),
            np.concatenate([part.left_out for part in parts]),
        )


class ImputingFitted(Fitted):
    """A fitted regression whose forecasts may stand in for scores. `residuals` are `[c]`, of complete curves."""

    @abstractmethod
    def impute(self, design: Design) -> Imputed:
        """What stands in for the scores of arms that stopped here."""


class ImputingRegressor(Regressor):
    """A regression that can learn from stand-ins."""

    @abstractmethod
    def fit(
        self, design: Design, y: Floats, rng: np.random.Generator, imputed: Imputed | None = None
    ) -> ImputingFitted:
        """See `Regressor.fit`.

        Args:
            design: inputs of c complete curves, then of p that stopped.
            y: `[c]` targets of the complete ones.
            rng: consumed.
            imputed: stand-ins for the others; None if there are none.
        """


@dataclass(frozen=True, slots=True)
class StoppedCurves:
    """Curves that stopped at one epoch, or were cut there to be together with others.

    Args:
        length: that epoch.
        scores: `[p, length]` on the link's scale, in units of the complete curves' scores.
        features: `[p, k]` scaled as the complete ones'.
    """

    length: int
    scores: Floats
    features: Floats


def stopped_curves(
    history: History, horizon: int, static: StaticFeatures, link: Link, scale: ScoreScale
) -> list[StoppedCurves]:
    """The curves of a history that did not reach a horizon, by length, longest first.

    Where there are more than eight lengths, eight are kept: the shortest, the longest, and others between them, at
    equal shares of the curves. The other curves are cut to the next shorter length that is kept. Curves are left out if
    their features or scores are not finite, or ten times as large as those of any complete curve: no complete curve is
    near them.

    Args:
        history: read now.
        horizon: of the complete curves.
        static, link, scale: how the features and scores of complete curves were brought to magnitude 1.
    """
    if history.count_reaching(1) == history.count_reaching(horizon):
        return []
    stopped = [(trial, curve) for trial, curve in _all_of(history) if curve.tau < horizon]
    raw = np.array([feature_row(trial.features, static.names) for trial, _ in stopped], dtype=np.float64)
    lengths = np.array([curve.tau for _, curve in stopped])
    with np.errstate(all="ignore"):
        features = static.scale(raw.reshape(len(stopped), len(static.names)))
        scores = [scale.apply(apply_link(link, curve.scores)) for _, curve in stopped]
    usable = _near(features) & np.array([_near(row[np.newaxis])[0] for row in scores])
    if not usable.any():
        return []
    kept = np.unique(lengths[usable])
    if len(kept) > _LENGTHS:
        kept = np.unique(np.quantile(lengths[usable], np.linspace(0.0, 1.0, _LENGTHS), method="lower"))
    places = np.searchsorted(kept, lengths, side="right") - 1
    groups = []
    for place in range(len(kept) - 1, -1, -1):
        members = np.flatnonzero(usable & (places == place))
        length = int(kept[place])
        groups.append(StoppedCurves(length, np.stack([scores[i][:length] for i in members]), features[members]))
    return groups


def _all_of(history: History) -> list[tuple[Trial, Curve]]:
    """Every curve, as long as it is."""
    return [(trial, history.curve(trial.id)) for trial, _ in history.reaching(1)]


def _near(rows: Floats) -> NDArray[np.bool_]:
    """Which rows of numbers are finite and not far out."""
    return np.asarray((np.abs(rows) <= _FAR_OUT).all(axis=1))
