"""The process over curves: its evidence, gradient and posterior, against dense matrices."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bandits.predictors.curve_process.covariance import Covariance, Places
from bandits.predictors.curve_process.evidence import evidence
from bandits.predictors.curve_process.hyperparameters import prior
from bandits.predictors.curve_process.posterior import Posterior
from bandits.predictors.curve_process.system import Group, System

Floats = NDArray[np.float64]


def _case(features: int) -> tuple[Floats, Places, list[Group]]:
    """Nine arms with three lengths."""
    rng = np.random.default_rng(0)
    X = rng.random((9, features))
    times = np.linspace(0.0, 1.0, 6)
    groups = [
        Group(np.arange(3 * i, 3 * i + 3), np.arange(seen), rng.standard_normal((3, seen)).cumsum(axis=1))
        for i, seen in enumerate((2, 3, 5))
    ]
    places = Places(times, 6, np.linspace(0.0, 1.0, 3), X, X[: 4 if features else 0])
    return prior(features)[0] + 0.1 * rng.standard_normal(8 + features), places, groups


def _dense(part: Covariance, groups: list[Group]) -> tuple[Floats, Floats, list[tuple[int, int]]]:
    """The covariance of all observations, cell by cell."""
    cells = [(int(arm), int(time)) for g in groups for arm in g.arms for time in g.times]
    y = np.concatenate([g.values.ravel() for g in groups])
    arms, times = (np.array(column) for column in zip(*cells, strict=True))
    K = (part.A @ part.A.T)[np.ix_(times, times)]
    K = K + (part.F @ part.F.T)[np.ix_(arms, arms)] * (part.U @ part.U.T)[np.ix_(times, times)]
    K = K + (arms[:, None] == arms) * part.own[np.ix_(times, times)] + part.noise * np.eye(len(y))
    return K, y, cells


@pytest.mark.parametrize("features", [0, 2])
def test_evidence_is_that_of_the_dense_covariance(features: int) -> None:
    """Sums over arms of one length give the log density that a plain Cholesky factor gives."""
    theta, places, groups = _case(features)
    K, y, _ = _dense(Covariance(theta, places), groups)
    expected = 0.5 * (y @ np.linalg.solve(K, y) + np.linalg.slogdet(K)[1])

    assert evidence(theta, places, groups)[0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("features", [0, 2])
def test_gradient_is_that_of_finite_differences(features: int) -> None:
    """Each derivative of the evidence is the slope that small steps show."""
    theta, places, groups = _case(features)
    steps = 1e-5 * np.eye(len(theta))
    slopes = [(evidence(theta + s, places, groups)[0] - evidence(theta - s, places, groups)[0]) / 2e-5 for s in steps]

    assert evidence(theta, places, groups)[1] == pytest.approx(np.array(slopes), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("features", [0, 2])
def test_posterior_is_that_of_the_dense_covariance(features: int) -> None:
    """The forecast of a training arm is the conditional Gaussian of its later score, given all observations."""
    theta, places, groups = _case(features)
    part = Covariance(theta, places)
    K, y, cells = _dense(part, groups)
    group, later = groups[1], 5
    mean, std = Posterior(System(part, groups)).predict(
        group.values, part.features_of(places.features[group.arms]), later
    )
    for at, arm in enumerate(group.arms):
        across = np.array(
            [
                part.A[later] @ part.A[t]
                + (part.F[arm] @ part.F[a]) * (part.U[later] @ part.U[t])
                + (a == arm) * part.own[later, t]
                for a, t in cells
            ]
        )
        itself = part.A[later] @ part.A[later] + part.own[later, later] + part.noise
        itself += (part.F[arm] @ part.F[arm]) * (part.U[later] @ part.U[later])
        solved = np.linalg.solve(K, across)
        assert mean[at] == pytest.approx(solved @ y, rel=1e-6)
        assert std[at] == pytest.approx(np.sqrt(itself - solved @ across), rel=1e-6)
