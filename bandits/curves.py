"""The vocabulary: metrics, trials, learning curves, and the history that predictors learn from.

Rules of this file:

1. Scores are oriented: larger is better, always. A raw value ("perplexity 73.2") becomes a score once, at
   the edge, through `Metric.orient`, and a score becomes a raw value again only to be shown.
2. Epochs count from 1. The score of epoch `t` stands at index `t - 1`.
3. What has been measured is never changed. A `History` only grows.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.censoring import Censoring
from bandits.errors import ProtocolError, SettingError
from bandits.errors.checks import check_choice, check_instance, check_whole

__all__ = ["Curve", "Goal", "History", "Metric", "Trial"]

Goal = Literal["maximize", "minimize"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured after each epoch, and which way is better.

    Args:
        name: what people call it ("validation accuracy").
        goal: "maximize" or "minimize".
        unit: unit of the raw values ("nats"); empty for a plain number.

    Raises:
        SettingError: name or unit is no text, or the goal is neither of the two.

    Example:
        >>> perplexity = Metric("perplexity", goal="minimize")
        >>> perplexity.orient(73.2)
        -73.2
    """

    name: str
    goal: Goal = None  # type: ignore[assignment]  # so that a metric without a goal gets our sentence, not a TypeError
    unit: str = ""

    def __post_init__(self) -> None:
        check_instance("name", self.name, str, "must be a text")
        check_choice("goal", self.goal, ("maximize", "minimize"))
        check_instance("unit", self.unit, str, "must be a text")

    def orient(self, raw: float) -> float:
        """Turn a raw value into a score (larger is better)."""
        return raw if self.goal == "maximize" else -raw

    def restore(self, score: float) -> float:
        """Turn a score back into the raw value that was measured."""
        return score if self.goal == "maximize" else -score


@dataclass(frozen=True, slots=True)
class Trial:
    """One configuration under training: an arm of the bandit.

    Args:
        id: its number in the run, from 0; ties between scores are broken by it, smaller first.
        config: what the objective trains, by parameter name.
        features: u_x of Baker et al. (2017, section 3.1): architecture parameters (AP) and hyperparameters
            (HP) as finite numbers, by name. The same names for every trial of an objective.
        seed: for whatever is random in its training, >= 0.

    Raises:
        SettingError: an argument is of the wrong type, or the seed is negative.
    """

    id: int
    config: Mapping[str, object] = field(default_factory=dict)
    features: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        usual = type(self.id) is type(self.seed) is int and type(self.config) is type(self.features) is dict
        if usual and self.seed >= 0:
            return  # the checks below cost more than all else that makes a trial
        check_whole("id", self.id)
        check_instance("config", self.config, Mapping, "must map parameter names to values")
        check_instance("features", self.features, Mapping, "must map names to numbers")
        check_whole("seed", self.seed, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A partial learning curve: the scores of epochs 1 to tau. Equal to a curve with the same scores.

    Args:
        scores: `[tau]` float64, larger is better, the score of epoch t at index t - 1, all finite.

    Raises:
        SettingError: the scores are not one row of finite numbers.

    Example:
        >>> Curve([0.3, 0.5, 0.6]).prefix(2).tau
        2
    """

    scores: NDArray[np.float64]

    def __post_init__(self) -> None:
        try:
            scores = np.asarray(self.scores, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise SettingError.broken("`scores`", "must be one row of numbers", self.scores) from error
        if scores.ndim != 1:
            raise SettingError.broken("`scores`", "must have one dimension, [tau]", scores.shape)
        if not np.isfinite(scores).all():
            raise SettingError.broken("`scores`", "must be finite", float(scores[~np.isfinite(scores)][0]))
        object.__setattr__(self, "scores", scores)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Curve) and np.array_equal(self.scores, other.scores)

    def __hash__(self) -> int:
        return hash(self.scores.tobytes())

    @property
    def tau(self) -> int:
        """How many epochs have been measured."""
        return len(self.scores)

    def prefix(self, tau: int) -> Curve:
        """The curve as it stood after epoch `tau` (1 <= tau <= self.tau).

        Raises:
            SettingError: the curve is shorter, or tau < 1.
        """
        if not 1 <= tau <= self.tau:
            raise SettingError.broken("tau", f"must be between 1 and {self.tau}", tau)
        return Curve(self.scores[:tau])


class History:
    """Every curve measured so far, finished or partial: what a predictor may learn from.

    It only grows, one epoch of one trial at a time, and answers in constant time how many curves reach an
    epoch. Predictors and stoppers read a history when they receive it, and never record into it. It also knows which
    curves a forecast has censored.

    Args:
        whole: the history of which this one is a part; None for a history of its own.

    Example:
        >>> history = History()
        >>> for epoch, score in enumerate([0.3, 0.5], start=1):
        ...     history.record(Trial(id=0), epoch, score)
        >>> history.count_reaching(2), history.count_reaching(3)
        (1, 0)
    """

    __slots__ = ("__weakref__", "_censoring", "_reached", "_scores", "_trials", "_whole")

    def __init__(self, whole: History | None = None) -> None:
        self._whole = check_instance("whole", whole, History, "must be a History", or_none=True)
        self._censoring: Censoring = Censoring() if whole is None else whole._censoring
        self._trials: dict[int, Trial] = {}
        self._scores: dict[int, array[float]] = {}
        self._reached: list[int] = [0]  # how many curves have at least this many epochs

    @classmethod
    def from_curves(cls, curves: Iterable[tuple[Trial, Curve]]) -> History:
        """Build a history from curves that were measured earlier.

        Args:
            curves: pairs of a trial and its curve; ids must differ.

        Raises:
            SettingError: two trials have the same id.
        """
        history = cls()
        for trial, curve in curves:
            if trial.id in history._trials:
                raise SettingError.broken("trial ids of a history", "must differ", trial.id)
            for epoch, score in enumerate(curve.scores.tolist(), start=1):
                history.record(trial, epoch, score)
        return history

    def record(self, trial: Trial, epoch: int, score: float) -> None:
        """Append one measured epoch.

        Args:
            trial: whose curve grows.
            epoch: one more than the curve's length so far.
            score: finite, larger is better.

        Raises:
            ProtocolError: the epoch is not the next one.
            SettingError: the score is not finite.
        """
        scores = self._scores.get(trial.id)
        if epoch != (1 if scores is None else len(scores) + 1):
            raise ProtocolError(f"epoch of trial {trial.id} must be {len(scores or ()) + 1}, got {epoch}")
        if not math.isfinite(score):
            raise SettingError.broken("score", "must be finite", score)
        if scores is None:
            scores = self._scores[trial.id] = array("d")
            self._trials[trial.id] = trial
        scores.append(score)
        if epoch == len(self._reached):
            self._reached.append(0)
        self._reached[epoch] += 1

    @property
    def whole(self) -> History:
        """The history that this one is a part of; this history itself if it is not a part."""
        return self if self._whole is None else self._whole

    def part(self) -> History:
        """Make an empty part of this history, to which `adopt` adds curves. Both share curves and censoring."""
        return History(self.whole)

    def adopt(self, trial_id: int) -> None:
        """Add a curve of the whole history to this part; the curve must not grow afterwards.

        Raises:
            KeyError: the whole history has no such trial.
            ProtocolError: this part has its curve already.
        """
        scores = self.whole._scores[trial_id]
        if trial_id in self._scores:
            raise ProtocolError(f"trial {trial_id} must be new to this part of a history, it is there already")
        self._trials[trial_id], self._scores[trial_id] = self.whole._trials[trial_id], scores
        self._reached += [0] * (len(scores) + 1 - len(self._reached))
        for epoch in range(1, len(scores) + 1):
            self._reached[epoch] += 1

    def censor(self, trial_id: int, horizon: int) -> None:
        """Note that a forecast decided whether a trial goes on towards `horizon`; see `Censoring`."""
        curves = self.whole._scores.items()
        reached = (known for known, scores in curves if len(scores) >= horizon)
        self._censoring.censor(trial_id, horizon=horizon, reached=reached)

    def is_uncensored(self, trial_id: int, horizon: int) -> bool:
        """Whether no forecast has decided if a trial goes on towards `horizon`."""
        return self._censoring.is_uncensored(trial_id, horizon)

    def is_audit(self, trial_id: int, horizon: int) -> bool:
        """Whether a trial is uncensored, and had not reached `horizon` when the first curve was censored there."""
        return self._censoring.is_audit(trial_id, horizon)

    @property
    def epochs(self) -> int:
        """How many epochs of all curves have been measured."""
        return sum(self._reached)

    def __len__(self) -> int:
        """How many trials have at least one measured epoch."""
        return len(self._trials)

    def count_reaching(self, horizon: int) -> int:
        """How many curves have at least `horizon` epochs, in constant time."""
        return self._reached[horizon] if horizon < len(self._reached) else 0

    def scores(self, trial_id: int) -> tuple[float, ...]:
        """The scores of one trial so far; empty if it has no measured epoch."""
        return tuple(self._scores.get(trial_id, ()))

    def curve(self, trial_id: int) -> Curve:
        """The curve of one trial so far.

        Raises:
            KeyError: the trial has no measured epoch.
        """
        return Curve(np.array(self._scores[trial_id]))

    def reaching(self, horizon: int) -> list[tuple[Trial, Curve]]:
        """The training set for a horizon: every curve with at least `horizon` epochs, cut there.

        Returns:
            Pairs in the order in which the trials first reported; every curve has exactly `horizon` epochs,
            so a predictor cannot look past it.
        """
        return [
            (self._trials[trial_id], Curve(np.array(scores[:horizon])))
            for trial_id, scores in self._scores.items()
            if len(scores) >= horizon
        ]
