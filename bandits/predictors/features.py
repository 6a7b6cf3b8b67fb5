"""What a regression knows of an arm: the start of its curve (TS) and its features (AP and HP).

The recipe is that of Baker et al. (2017, section 3.1): the scores of epochs 1 to tau, their first and second
differences, and the architecture and hyperparameters as numbers. Two things are added here. Both depend on the
training curves alone. Every input is standardised. An input that spans orders of magnitude (a learning rate, a
number of weights, a perplexity) is replaced by its logarithm.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Curve, Trial
from bandits.errors.checks import check_choice
from bandits.forecasts import Abstain, Link

__all__ = [
    "OUTSIZED",
    "Design",
    "Inputs",
    "Scaling",
    "StaticFeatures",
    "apply_link",
    "check_link",
    "choose_link",
    "feature_row",
    "in_proportion",
    "invert_link",
    "link_of",
    "summaries",
    "time_series",
]

Floats = NDArray[np.float64]

_LOG_FEATURE_SPAN = 10.0  # a positive feature that spans this factor or more is replaced by its logarithm
_LOG_LOSS_SPAN = 3.0  # a loss whose worst value is this many times its best is modelled by its logarithm
_CONSTANT = 1e-12  # a column of magnitude 1 whose spread is at most this holds only rounding noise
_RECENT = 5  # how many of the last epochs `summaries` averages

OUTSIZED = 1e6
"""A score this many times as large as a typical curve cannot measure the same quantity."""


def time_series(scores: Floats) -> Floats:
    """TS of Baker et al. (2017, section 3.1): scores, first differences, second differences.

    Args:
        scores: `[n, tau]`, tau >= 1.

    Returns:
        `[n, 3 tau - 3]`, or `[n, 1]` for tau = 1.

    Example:
        >>> time_series(np.array([[1.0, 4.0, 9.0]])).tolist()
        [[1.0, 4.0, 9.0, 3.0, 5.0, 2.0]]
    """
    first = scores[:, 1:] - scores[:, :-1]
    return np.concatenate((scores, first, first[:, 1:] - first[:, :-1]), axis=1)


def summaries(scores: Floats) -> Floats:
    """Seven numbers that describe a curve so far, however long or noisy it is.

    Args:
        scores: `[n, tau]`, tau >= 1.

    Returns:
        `[n, 7]`: first, middle, last and best score; mean of all epochs and of the last five; change of
        that mean over the last five epochs.
    """
    tau = scores.shape[1]
    recent = scores[:, max(0, tau - _RECENT) :].mean(axis=1)
    before = scores[:, max(0, tau - 2 * _RECENT) : max(1, tau - _RECENT)].mean(axis=1)
    return np.stack(
        (
            scores[:, 0],
            scores[:, (tau - 1) // 2],
            scores[:, -1],
            scores.max(axis=1),
            scores.mean(axis=1),
            recent,
            recent - before,
        ),
        axis=1,
    )


def choose_link(scores: Floats) -> Link:
    """The scale on which a set of curves is modelled.

    A loss or perplexity (all scores negative) whose worst value is at least three times its best gets
    `Link.LOG_LOSS`: its errors grow with its size. Everything else gets `Link.IDENTITY`.

    Args:
        scores: `[n, horizon]` scores of the training curves, larger is better.
    """
    best, worst = float(scores.max()), float(scores.min())
    return Link.LOG_LOSS if best < 0 and worst <= _LOG_LOSS_SPAN * best else Link.IDENTITY


def check_link(link: object) -> None:
    """Check that the setting `link` is "auto", a `Link` or the name of one.

    Raises:
        SettingError: it is none of these.
    """
    check_choice("link", link, ("auto", *(known.value for known in Link)))


def link_of(setting: Link | Literal["auto"], scores: Floats) -> Link:
    """The link that a predictor's setting asks for; "auto" decides by `choose_link` from `[n, horizon]` scores."""
    return choose_link(scores) if setting == "auto" else Link(setting)


def in_proportion(scores: Floats, setting: Link | Literal["auto"]) -> NDArray[np.bool_]:
    """Which curves a predictor can learn from together: `[n]`.

    In floating point, a score of 1e200 makes all other scores look equal. So a curve is left out if one of its scores
    is a million times as large as those of a typical curve. None is left out if logarithms are taken.

    Args:
        scores: `[n, horizon]`, n >= 1.
        setting: the predictor's link.
    """
    if link_of(setting, scores) is Link.LOG_LOSS:
        return np.ones(len(scores), dtype=np.bool_)
    sizes = np.abs(scores).max(axis=1)
    ordered = np.sort(sizes[sizes > 0])
    typical = float(ordered[len(ordered) // 2]) if len(ordered) else 0.0  # a median without a mean that could overflow
    return np.asarray(sizes <= OUTSIZED * typical)


def apply_link(link: Link, scores: Floats) -> Floats:
    """`link.apply` for an array; scores outside the link's domain become inf."""
    if link is Link.IDENTITY:
        return scores
    return np.where(scores < 0, -np.log(np.where(scores < 0, -scores, 1.0)), np.inf)


def invert_link(link: Link, values: Floats) -> Floats:
    """`link.invert` for an array; -inf where a loss would be too large for a number."""
    if link is Link.IDENTITY:
        return values
    with np.errstate(over="ignore"):
        return np.asarray(-np.exp(-values))


def feature_row(features: Mapping[str, float], names: Sequence[str]) -> list[float]:
    """The features of one trial in the order of `names`; NaN for what is missing or not a number."""
    try:
        return [float(features[name]) for name in names]
    except (KeyError, TypeError, ValueError, OverflowError):
        return [_number(features, name) for name in names]


def _number(features: Mapping[str, float], name: str) -> float:
    try:
        return float(features[name])
    except (KeyError, TypeError, ValueError, OverflowError):
        return math.nan


@dataclass(frozen=True, slots=True)
class StaticFeatures:
    """AP and HP as columns: their names, and which of them are replaced by their logarithms.

    Args:
        names: sorted names of the features.
        floors: `[k]` smallest training value of each column that is replaced by its logarithm, NaN for the
            others. Only as a logarithm is a log-uniform hyperparameter equally informative at each scale. The
            logarithm replaces the value; if both were inputs, the feature would count twice in a distance.
        sizes: `[k]` largest magnitude of each training column, by which it is divided, so that no square
            overflows.
    """

    names: tuple[str, ...]
    floors: Floats
    sizes: Floats

    @classmethod
    def learn(cls, pairs: Sequence[tuple[Trial, Curve]]) -> tuple[StaticFeatures, Floats, list[int]]:
        """Read the features of the training trials.

        Trials whose features are incomplete or not finite are left out. The set of names that most trials have
        decides which features a trial must have.

        Args:
            pairs: the training set.

        Returns:
            The columns, their values `[m, k]`, and the m positions in `pairs` that are complete.
        """
        names = tuple(sorted(Counter(frozenset(trial.features) for trial, _ in pairs).most_common(1)[0][0]))
        raw = np.array([feature_row(trial.features, names) for trial, _ in pairs]).reshape(len(pairs), len(names))
        complete = np.flatnonzero(np.isfinite(raw).all(axis=1))
        raw = raw[complete]
        floors = np.full(len(names), np.nan)
        if len(raw):
            low, high = raw.min(axis=0), raw.max(axis=0)
            wide = (low > 0) & (high / _LOG_FEATURE_SPAN >= low)
            floors[wide] = low[wide]
        sizes = np.abs(cls(names, floors, np.ones(len(names))).scale(raw)).max(axis=0, initial=0.0)
        columns = cls(names, floors, np.where(sizes > 0, sizes, 1.0))
        return columns, columns.scale(raw), complete.tolist()

    def objection(self, trial: Trial, predictor: str) -> Abstain | None:
        """Why the features of a trial cannot be used by the predictor of that name; None if they can."""
        for name, value in zip(self.names, feature_row(trial.features, self.names), strict=True):
            if name not in trial.features:
                reason = f"{predictor} learned from the feature {name!r}, which trial {trial.id} lacks"
                return Abstain(reason, Cause.MISSING_FEATURES)
            if not math.isfinite(value):
                reason = f"feature {name!r} of trial {trial.id} is not a finite number: {trial.features[name]!r}"
                return Abstain(reason, Cause.MISSING_FEATURES)
        return None

    def scale(self, raw: Floats) -> Floats:
        """Take the logarithms of the columns with a floor, and bring each column to magnitude 1.

        Args:
            raw: `[m, k]` values in the order of `names`.

        Returns:
            `[m, k]`. In a logarithmic column, a value below the training range counts as the lower end of that
            range, so that 0 and negative values are possible.
        """
        logarithmic = np.isfinite(self.floors)
        scaled = raw.copy()
        scaled[:, logarithmic] = np.log(np.maximum(raw[:, logarithmic], self.floors[logarithmic]))
        return scaled / self.sizes


@dataclass(frozen=True, slots=True)
class Design:
    """Standardised inputs of `n` arms that have all trained for `tau` epochs, in three blocks.

    Args:
        series: `[n, p]` TS, epoch by epoch.
        summary: `[n, q]` the same epochs in a few numbers (`summaries`).
        static: `[n, k]` AP and HP.
        last: `[n]` the score at epoch tau, not standardised: in the units of the targets.
    """

    series: Floats
    summary: Floats
    static: Floats
    last: Floats

    def columns(self, *blocks: str) -> Floats:
        """Blocks side by side: `[n, sum of their widths]`."""
        return np.concatenate([getattr(self, block) for block in blocks], axis=1)

    def rows(self, chosen: NDArray[np.intp]) -> Design:
        """The design of some of the arms."""
        return Design(self.series[chosen], self.summary[chosen], self.static[chosen], self.last[chosen])

    @property
    def paper(self) -> Floats:
        """TS + AP + HP, the inputs of Baker et al. (2017): `[n, p + k]`."""
        return self.columns("series", "static")


@dataclass(frozen=True, slots=True)
class Scaling:
    """Standardises columns with the statistics of the training set; constant columns are dropped.

    Args:
        kept: `[p]` positions of the columns that vary.
        centre: `[p]` their means.
        spread: `[p]` their standard deviations.
    """

    kept: NDArray[np.intp]
    centre: Floats
    spread: Floats

    @classmethod
    def learn(cls, X: Floats) -> Scaling:
        """Measure the columns of a design matrix.

        Args:
            X: `[n, q]`, computed from numbers of magnitude 1. Differences of equal scores then have a tiny spread,
                which is rounding noise, and their column is dropped.
        """
        centre = X.mean(axis=0)
        spread = np.sqrt(((X - centre) ** 2).mean(axis=0))
        kept = np.flatnonzero(spread > _CONSTANT)
        return cls(kept, centre[kept], spread[kept])

    def apply(self, X: Floats) -> Floats:
        """`[m, q]` raw columns to `[m, p]` standardised ones."""
        return (X[:, self.kept] - self.centre) / self.spread


@dataclass(frozen=True, slots=True)
class Inputs:
    """How arms become a `Design` at one tau, learned from the training set.

    Args:
        series, summary, static: scaling of each block.
        use_curve: if False, the blocks that are made of scores have no columns, and `Design.last` is 0.
    """

    series: Scaling
    summary: Scaling
    static: Scaling
    use_curve: bool = True

    @classmethod
    def learn(cls, scores: Floats, features: Floats, *, use_curve: bool = True) -> Inputs:
        """Learn the scaling of `[n, tau]` scores and `[n, k]` features, all of magnitude 1."""
        static = Scaling.learn(features)
        if not use_curve:
            nothing = Scaling(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0))
            return cls(nothing, nothing, static, use_curve)
        return cls(Scaling.learn(time_series(scores)), Scaling.learn(summaries(scores)), static)

    @property
    def width(self) -> int:
        """How many inputs of TS + AP + HP vary."""
        return len(self.series.kept) + len(self.static.kept)

    def design(self, scores: Floats, features: Floats) -> Design:
        """The design of `[m, tau]` scores and `[m, k]` features, in the units of the training set."""
        return Design(
            self.series.apply(time_series(scores)),
            self.summary.apply(summaries(scores)),
            self.static.apply(features),
            scores[:, -1] if self.use_curve else np.zeros(len(scores)),
        )
