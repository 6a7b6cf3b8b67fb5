"""The default regression: an ensemble of Gaussian processes that assume different things about unusual arms.

Where training curves are dense, all sensible regressions predict nearly the same. Forecasts go wrong for unusual arms,
and ordinary curves do not tell how those end. So the members of the ensemble differ in what they assume there:

- whether an input far from the others counts in proportion or by its logarithm, and whether an unusual arm ends near
  its last score (a collapsed run stays collapsed) or near the scores of others (a slow starter comes back). The median
  of the members is taken, so an extreme forecast stands only if most of them make it. A median needs no weights,
  which 20 curves could not determine.
- whether configurations count, or the curve alone. Hyperparameters tell much about arms like the training arms, but
  mislead about networks that are deeper than any of these. Each group's standard deviation tells the two cases apart.
  So the two groups' medians are averaged by precision (Bates and Granger 1969, without their correlation).

At last the forecast is moved towards the last score, as far as that ranks arms better: see `last_value`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import ErrorShape
from bandits.predictors.features import Design
from bandits.predictors.regression.batched_processes import BatchedProcesses
from bandits.predictors.regression.error_model import ErrorModel
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.imputation import Imputed, ImputingFitted, ImputingRegressor
from bandits.predictors.regression.last_value import LastValue
from bandits.predictors.regression.process import Process
from bandits.predictors.regression.regressors import Fitted

__all__ = ["FittedEnsemble", "GPEnsemble"]

Floats = NDArray[np.float64]

_MEMBERS = (
    AdditiveProcess(),
    AdditiveProcess(warped=True),
    AdditiveProcess(warped=True, anchored=False),
)
WHOLE = (
    *_MEMBERS,
    AdditiveProcess(anchored=False),
    AdditiveProcess(warped=True, anchored=False, linear=False),
)
CURVE_ALONE = tuple(replace(member, blocks=("summary",)) for member in _MEMBERS)
_REACH = 3.0  # how far beyond the training targets a forecast may lie, in distances from their median to their ends
_ENOUGH = 500  # curves


@dataclass(frozen=True, slots=True)
class FittedEnsemble(ImputingFitted):
    """A fitted ensemble: its prediction, kept within a range, and the error of its prediction.

    Args:
        groups: members by group; a group predicts its median, and groups are averaged by precision.
        processes: all members, evaluated together.
        low, high: the range to which each member's prediction is clipped.
        residuals: `[n]` residuals of the leave-one-out predictions.
        stds: `[n]` standard deviations of their errors.
        model: of the errors.
        last_value: moves the prediction towards the last score; None leaves it.
        rows: see `Fitted.rows`.
    """

    groups: tuple[tuple[Process, ...], ...]
    processes: BatchedProcesses
    low: float
    high: float
    residuals: Floats
    stds: Floats
    model: ErrorModel
    last_value: LastValue | None = None
    rows: NDArray[np.intp] | None = None

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        return self.posterior(design)[0]

    def errors(self, design: Design) -> tuple[Floats, Sequence[ErrorShape]]:
        """See `Fitted.errors`."""
        return self.model.errors(*self.posterior(design))

    def own_errors(self) -> Floats:
        """See `Fitted.own_errors`."""
        return self.stds

    def predict_with_error(self, design: Design) -> tuple[Floats, Floats, Sequence[ErrorShape]]:
        """See `Fitted.predict_with_error`."""
        means, stds = self.posterior(design)
        return means, *self.model.errors(means, stds)

    def posterior(self, design: Design) -> tuple[Floats, Floats]:
        """Predictions for m arms, and the standard deviations that the members give them: `[m]` each."""
        means, stds = self.processes.posterior(design)
        ends = list(accumulate(map(len, self.groups)))
        parts = [slice(end - len(group), end) for end, group in zip(ends, self.groups, strict=True)]
        mean, std = _combined([(means[part], stds[part]) for part in parts], self.low, self.high)
        return self._moved(design, mean), std

    def impute(self, design: Design) -> Imputed:
        """See `ImputingFitted.impute`."""
        cache: dict[tuple[bool, str], tuple[Floats, Floats, Floats]] = {}
        means, stds, _ = self.predict_with_error(design)
        predictions = [[member.posterior_without(design, cache) for member in group] for group in self.groups]
        left_out, _ = _combined([_stacked(group) for group in predictions], self.low, self.high)
        return Imputed(means, stds**2, self._moved(design, left_out))

    def _moved(self, design: Design, predictions: Floats) -> Floats:
        """Predictions `[m]` or `[m, c]`, moved towards the last score and kept within the range."""
        if self.last_value is None:
            return predictions
        moved = self.last_value.move(design.last, predictions)
        return np.asarray(np.minimum(np.maximum(moved, self.low), self.high))


@dataclass(frozen=True, slots=True)
class GPEnsemble(ImputingRegressor):
    """The precision-weighted mean of medians of Gaussian processes, moved towards the last score where that is better.

    A forecast is clipped at a distance from the training targets: three times the distance from their median to their
    extreme on that side. Of more than 500 curves, 500 are used, spread evenly over their order, complete ones first.
    This bounds the cost of a fit, O(n^3); more curves would add little.

    Residuals are those of exact leave-one-out predictions, with hyperparameters and range held fixed.

    Args:
        groups: members by group. The second group, which sees the curve alone, is left out where there are no curves or
            no features.
        to_last_value: whether predictions are moved towards the last score, if there are curves.
    """

    groups: tuple[tuple[AdditiveProcess, ...], ...] = (WHOLE, CURVE_ALONE)
    to_last_value: bool = True

    def fit(
        self, design: Design, y: Floats, rng: np.random.Generator, imputed: Imputed | None = None
    ) -> FittedEnsemble:
        """See `ImputingRegressor.fit`."""
        rows = None
        if len(y) > _ENOUGH:
            rows = np.linspace(0, len(y) - 1, _ENOUGH).astype(np.intp)  # the same ones at every tau
            design, y, imputed = design.rows(rows), y[rows], None
        elif imputed is not None and len(y) + len(imputed) > _ENOUGH:
            others = np.sort(rng.permutation(len(imputed))[: _ENOUGH - len(y)])
            design = design.rows(np.concatenate((np.arange(len(y)), len(y) + others)))
            imputed = imputed.rows(others) if len(others) else None
        both = design.summary.shape[1] > 0 and design.static.shape[1] > 0
        groups = tuple(
            tuple(member.fit(design, y, rng, imputed) for member in group)
            for group in (self.groups if both else self.groups[:1])
        )
        middle = float(np.median(y))
        low = float(y.min()) - _REACH * (middle - float(y.min()))
        high = float(y.max()) + _REACH * (float(y.max()) - middle)
        left_out = [_stacked([(y - member.residuals, member.spread) for member in group]) for group in groups]
        predictions, spread = _combined(left_out, low, high)
        last_value = None
        if self.to_last_value and design.summary.shape[1] > 0:
            ends = y if imputed is None else np.concatenate((y, imputed.means))
            last_value, predictions = LastValue.learn(design.last, ends, predictions)
            predictions = np.clip(predictions, low, high)
        residuals = y - predictions
        model = ErrorModel.learn(predictions, spread, residuals)
        processes = BatchedProcesses.of([member for group in groups for member in group])
        stds, _ = model.errors(predictions, spread)
        return FittedEnsemble(groups, processes, low, high, residuals, stds, model, last_value, rows)

    def with_hyperparameters_of(self, fitted: Fitted) -> GPEnsemble:
        """See `Regressor.with_hyperparameters_of`."""
        if not isinstance(fitted, FittedEnsemble):
            return self
        found = fitted.groups + tuple(() for _ in self.groups[len(fitted.groups) :])
        groups = tuple(_with_logs(group, processes) for group, processes in zip(self.groups, found, strict=True))
        return replace(self, groups=groups)


def _with_logs(members: Sequence[AdditiveProcess], found: Sequence[Process]) -> tuple[AdditiveProcess, ...]:
    """Members with the hyperparameters that an earlier fit found, where it had all of them."""
    if len(found) < len(members):
        return tuple(members)
    return tuple(
        replace(member, logs=tuple(process.logs.tolist())) for member, process in zip(members, found, strict=True)
    )


def _median(rows: Floats) -> Floats:
    """`[m]` medians of `[members, m]`; for a few rows a tenth of the time of `np.median`. NaN where a row has one."""
    ordered = np.sort(rows, axis=0)
    middle = (ordered[(len(rows) - 1) // 2] + ordered[len(rows) // 2]) / 2.0
    return np.asarray(np.where(np.isnan(ordered[-1]), np.nan, middle))


def _stacked(predictions: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Means and standard deviations of each member as one array each."""
    return np.array([mean for mean, _ in predictions]), np.array([std for _, std in predictions])


def _combined(groups: Sequence[tuple[Floats, Floats]], low: float, high: float) -> tuple[Floats, Floats]:
    """The prediction of all groups together.

    Args:
        groups: `[members, m]` means and `[members, m]` standard deviations of each; m may be several axes.
        low, high: means are clipped here.

    Returns:
        `[m]` means and `[m]` standard deviations of a mixture of the groups. A standard deviation is larger where
        groups disagree, and where the members of a group disagree.
    """
    medians, variances = [], []
    for predicted, stds in groups:
        means = np.clip(predicted, low, high)
        middle = _median(means)
        apart = _median(np.abs(means - middle))
        medians.append(middle)
        variances.append(_median(stds) ** 2 + apart**2)
    means, spread = np.array(medians), np.array(variances)
    weights = spread.min(axis=0) / spread
    weights /= weights.sum(axis=0)
    mean = (weights * means).sum(axis=0)
    return mean, np.sqrt((weights * (spread + (means - mean) ** 2)).sum(axis=0))
