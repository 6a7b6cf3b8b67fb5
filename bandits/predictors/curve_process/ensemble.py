"""Processes and last values on several scales, weighted by how well they forecast later scores of arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.curve_process.covariance import Covariance
from bandits.predictors.curve_process.cross_validation import Check, cross_validate
from bandits.predictors.curve_process.hyperparameters import prior
from bandits.predictors.curve_process.members import (
    LastValue,
    Member,
    Process,
    groups_of,
    inducing_rows,
    places_of,
)
from bandits.predictors.curve_process.observations import Observations
from bandits.predictors.curve_process.scales import Scale, ScaleKind, kinds_for
from bandits.predictors.curve_process.search import most_probable

__all__ = ["Ensemble", "Learnt", "WeightedMember"]

Floats = NDArray[np.float64]

_SHARED_PLACES = 5  # in time
_INDUCING_ARMS = 30
_FIRST_STEPS, _NEXT_STEPS = 20, 8  # of the search for hyperparameters: from the prior, and from those of another fit
_FLATTENING = 0.5  # of sums of log densities: two cuts of an arm count as one
_LEAST_WEIGHT = 0.02
_FOLD_SEED = 3


@dataclass(frozen=True, slots=True)
class WeightedMember:
    """A member of the ensemble.

    Args:
        member: forecasts on the scale.
        scale: maps scores to the member's scale.
        weight: its share; the weights of all members add up to 1.
        factor: multiplies its stated errors.
    """

    member: Member
    scale: Scale
    weight: float
    factor: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a later fit may keep.

    Args:
        theta: hyperparameters of the process on each scale.
        weights, factors: of each member, by its scale and whether it is a process.
        epochs: how many observations they were learnt from.
    """

    theta: Mapping[ScaleKind, Floats]
    weights: Mapping[tuple[ScaleKind, bool], float]
    factors: Mapping[tuple[ScaleKind, bool], float]
    epochs: int

    def fits(self, arms: Observations) -> bool:
        """Whether this suits the arms: the scales with a weight still apply, and there are as many features."""
        kinds = set(kinds_for(arms.on_grid().known()))
        features = 8 + arms.places.shape[1]
        return {kind for kind, _ in self.weights} <= kinds and all(len(t) == features for t in self.theta.values())


class Ensemble:
    """Members fitted to the arms.

    Args:
        members: the members with their weights.
        learnt: what the next fit may keep.
    """

    def __init__(self, members: Sequence[WeightedMember], learnt: Learnt) -> None:
        self.members = members
        self.learnt = learnt

    @classmethod
    def learn(cls, arms: Observations, epochs: int, earlier: Learnt | None = None) -> Ensemble:
        """Learn hyperparameters, then weights by cross-validation, then condition on all that was seen."""
        gridded = arms.on_grid()
        known = gridded.known()
        theta: dict[ScaleKind, Floats] = {}
        checks: dict[tuple[ScaleKind, bool], Check] = {}
        totals: dict[tuple[ScaleKind, bool], float] = {}
        start, steps = prior(arms.places.shape[1])[0], _FIRST_STEPS
        for kind in kinds_for(known):
            scale = Scale.learn(kind, known)
            scaled = gridded.scaled(scale)
            known_before = None if earlier is None else earlier.theta.get(scale.kind)
            if known_before is not None and len(known_before) == len(start):
                begin, allowed = known_before, _NEXT_STEPS
            else:
                begin, allowed = start, steps
            places = places_of(scaled, arms.places[inducing_rows(arms.places, _INDUCING_ARMS)], _SHARED_PLACES)
            theta[scale.kind] = most_probable(begin, places, groups_of(scaled), allowed)
            start, steps = theta[scale.kind], _NEXT_STEPS  # hyperparameters of one scale are near those of the next
            for process in (True, False):
                key = (scale.kind, process)
                fit = partial(_process, theta[scale.kind]) if process else LastValue
                check = checks[key] = cross_validate(
                    fit, scaled, scale.to_unit(gridded.values), np.random.default_rng(_FOLD_SEED)
                )
                outcomes = gridded.values[check.rows, gridded.passed[check.rows] - 1]
                totals[key] = float((check.densities + scale.log_slope(outcomes)).sum())
        weights = _weights(totals)
        factors = {key: check.factor for key, check in checks.items()}
        learnt = Learnt(theta, weights, factors, epochs)
        return cls.condition(arms, learnt)

    @classmethod
    def condition(cls, arms: Observations, learnt: Learnt) -> Ensemble:
        """The members of an earlier fit, conditioned also on all that has been seen since."""
        known = arms.on_grid().known()
        scales = {kind: Scale.learn(kind, known) for kind in dict.fromkeys(kind for kind, _ in learnt.weights)}
        members = []
        for (kind, process), weight in learnt.weights.items():
            scale = scales[kind]
            scaled = arms.scaled(scale)
            member: Member = _process(learnt.theta[kind], scaled) if process else LastValue(scaled)
            members.append(WeightedMember(member, scale, weight, learnt.factors[kind, process]))
        return cls(members, learnt)


def _process(theta: Floats, arms: Observations) -> Process:
    places = places_of(arms, arms.places[inducing_rows(arms.places, _INDUCING_ARMS)], _SHARED_PLACES)
    return Process(Covariance(theta, places), arms)


def _weights(totals: Mapping[tuple[ScaleKind, bool], float]) -> dict[tuple[ScaleKind, bool], float]:
    best = max(totals.values())
    raw = {key: float(np.exp(_FLATTENING * (total - best))) for key, total in totals.items()}
    whole = sum(raw.values())
    kept = {key: value for key, value in raw.items() if value >= _LEAST_WEIGHT * whole}
    whole = sum(kept.values())
    return {key: value / whole for key, value in kept.items()}
