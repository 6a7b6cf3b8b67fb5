"""The default regression: what several views of an arm agree on, above all of an arm unlike those seen before.

Where training curves are dense, any sensible regression says much the same. Forecasts go wrong on odd arms, and
nothing in ordinary curves tells how they end. So Gaussian processes are fitted that differ in just what they take
for granted there:

- whether inputs far out pull in proportion or by their logarithm, and whether an odd arm ends near where it is (a
  collapsed run stays collapsed) or near where others end (a slow starter comes back). An extreme forecast stands only
  if most of these views make it: their median is taken, which also needs no weights that 20 curves could not tell.
- whether configurations count, or the curve alone. Hyperparameters tell much about arms like those seen, and mislead
  about deeper networks than any seen. Each group's own standard deviation says which case an arm is in, so the two
  medians are averaged by precision (Bates and Granger 1969, without their correlation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import ErrorShape
from bandits.predictors.features import Design
from bandits.predictors.regression.error_model import ErrorModel
from bandits.predictors.regression.gaussian_process import AdditiveProcess, Process
from bandits.predictors.regression.imputation import Imputed, ImputingFitted, ImputingRegressor
from bandits.predictors.regression.panel import Panel
from bandits.predictors.regression.regressors import Fitted

__all__ = ["Agreement", "Consensus"]

Floats = NDArray[np.float64]

_VIEWS = (
    AdditiveProcess(),
    AdditiveProcess(warped=True),
    AdditiveProcess(warped=True, anchored=False),
)
WHOLE = (
    *_VIEWS,
    AdditiveProcess(anchored=False),
    AdditiveProcess(warped=True, anchored=False, linear=False),
)
CURVE_ALONE = tuple(replace(view, blocks=("summary",)) for view in _VIEWS)
_REACH = 3.0  # how far beyond the training targets a forecast may lie, in distances from their median to their ends
_ENOUGH = 500  # curves


@dataclass(frozen=True, slots=True)
class Agreement(ImputingFitted):
    """What fitted views agree on, kept within a range, and how far off it is.

    Args:
        groups: views whose median is taken, in groups that are averaged by precision.
        panel: all of them.
        low, high: each view's prediction is cut off here.
        residuals: `[n]` of the leave-one-out predictions.
        stds: `[n]` of the errors of those.
        model: of the errors.
        rows: see `Fitted.rows`.
    """

    groups: tuple[tuple[Process, ...], ...]
    panel: Panel
    low: float
    high: float
    residuals: Floats
    stds: Floats
    model: ErrorModel
    rows: NDArray[np.intp] | None = None

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        return self.look(design)[0]

    def errors(self, design: Design) -> tuple[Floats, Sequence[ErrorShape]]:
        """See `Fitted.errors`."""
        return self.model.errors(*self.look(design))

    def own_errors(self) -> Floats:
        """See `Fitted.own_errors`."""
        return self.stds

    def outlook(self, design: Design) -> tuple[Floats, Floats, Sequence[ErrorShape]]:
        """See `Fitted.outlook`."""
        means, stds = self.look(design)
        return means, *self.model.errors(means, stds)

    def look(self, design: Design) -> tuple[Floats, Floats]:
        """Predictions for m arms, and the standard deviations that the views give them: `[m]` each."""
        means, stds = self.panel.look(design)
        ends = list(accumulate(map(len, self.groups)))
        parts = [slice(end - len(group), end) for end, group in zip(ends, self.groups, strict=True)]
        return _agree([(means[part], stds[part]) for part in parts], self.low, self.high)

    def impute(self, design: Design) -> Imputed:
        """See `ImputingFitted.impute`."""
        seen: dict[tuple[bool, str], tuple[Floats, Floats, Floats]] = {}
        means, stds, _ = self.outlook(design)
        said = [[view.look_without(design, seen) for view in group] for group in self.groups]
        return Imputed(means, stds**2, _agree([_stacked(group) for group in said], self.low, self.high)[0])


@dataclass(frozen=True, slots=True)
class Consensus(ImputingRegressor):
    """The precision-weighted mean of medians of Gaussian processes.

    No forecast lies further beyond the training targets than three times the distance from their median to their
    end on that side. Of more than 500 curves, 500 spread evenly over their order are used, which bounds the cost of a
    fit (O(n^3)) where more curves would teach little; complete ones come first.

    Residuals are those of exact leave-one-out predictions, with hyperparameters and range held fixed.

    Args:
        groups: of views. Those of the curve alone are left out where there is no curve, or nothing but the curve.
    """

    groups: tuple[tuple[AdditiveProcess, ...], ...] = (WHOLE, CURVE_ALONE)

    def fit(self, design: Design, y: Floats, rng: np.random.Generator, imputed: Imputed | None = None) -> Agreement:
        """See `ImputingRegressor.fit`."""
        rows = None
        if len(y) > _ENOUGH:
            rows = np.linspace(0, len(y) - 1, _ENOUGH).astype(np.intp)  # the same ones at every tau
            design, y, imputed = design.rows(rows), y[rows], None
        elif imputed is not None and len(y) + len(imputed) > _ENOUGH:
            others = np.sort(rng.permutation(len(imputed))[: _ENOUGH - len(y)])
            design = design.rows(np.concatenate((np.arange(len(y)), len(y) + others)))
            imputed = imputed.rows(others) if len(others) else None
        told_apart = design.summary.shape[1] > 0 and design.static.shape[1] > 0
        groups = tuple(
            tuple(view.fit(design, y, rng, imputed) for view in group)
            for group in (self.groups if told_apart else self.groups[:1])
        )
        middle = float(np.median(y))
        low = float(y.min()) - _REACH * (middle - float(y.min()))
        high = float(y.max()) + _REACH * (float(y.max()) - middle)
        predictions, spread = _agree(
            [_stacked([(y - view.residuals, view.spread) for view in group]) for group in groups], low, high
        )
        residuals = y - predictions
        model = ErrorModel.learn(predictions, spread, residuals)
        panel = Panel.of([view for group in groups for view in group])
        return Agreement(groups, panel, low, high, residuals, model.errors(predictions, spread)[0], model, rows)

    def settled(self, fitted: Fitted) -> Consensus:
        """See `Regressor.settled`."""
        if not isinstance(fitted, Agreement):
            return self
        done = fitted.groups + tuple(() for _ in self.groups[len(fitted.groups) :])
        return Consensus(tuple(_settled(views, found) for views, found in zip(self.groups, done, strict=True)))


def _settled(views: Sequence[AdditiveProcess], found: Sequence[Process]) -> tuple[AdditiveProcess, ...]:
    """Views with the hyperparameters that an earlier fit found, where it had them."""
    if len(found) < len(views):
        return tuple(views)
    return tuple(replace(view, logs=tuple(process.logs.tolist())) for view, process in zip(views, found, strict=True))


def _median(rows: Floats) -> Floats:
    """`[m]` medians of `[views, m]`; for a few rows a tenth of the time of `np.median`. NaN where a row has one."""
    ordered = np.sort(rows, axis=0)
    middle = (ordered[(len(rows) - 1) // 2] + ordered[len(rows) // 2]) / 2.0
    return np.asarray(np.where(np.isnan(ordered[-1]), np.nan, middle))


def _stacked(said: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Means and standard deviations of each view as one array each."""
    return np.array([mean for mean, _ in said]), np.array([std for _, std in said])


def _agree(groups: Sequence[tuple[Floats, Floats]], low: float, high: float) -> tuple[Floats, Floats]:
    """What groups of views say together.

    Args:
        groups: `[views, m]` means and `[views, m]` standard deviations of each; m may be several axes.
        low, high: means are cut off here.

    Returns:
        `[m]` means and `[m]` standard deviations: those of a mixture of the groups, so that they are larger where
        groups disagree, as a group's is where its views do.
    """
    medians, variances = [], []
    for said, stds in groups:
        means = np.clip(said, low, high)
        middle = _median(means)
        apart = _median(np.abs(means - middle))
        medians.append(middle)
        variances.append(_median(stds) ** 2 + apart**2)
    means, spread = np.array(medians), np.array(variances)
    weights = spread.min(axis=0) / spread
    weights /= weights.sum(axis=0)
    mean = (weights * means).sum(axis=0)
    return mean, np.sqrt((weights * (spread + (means - mean) ** 2)).sum(axis=0))
