"""Processes side by side."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regression.batched_processes import BatchedProcesses
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.gp_ensemble import CURVE_ALONE, WHOLE
from bandits.rng import rng_for

Floats = NDArray[np.float64]


def design(arms: int, seed: int, size: float = 1.0) -> Design:
    """Inputs of arms, at random."""
    numbers = size * np.random.default_rng(seed).normal(size=(arms, 12))
    return Design(numbers[:, :4], numbers[:, 4:8], numbers[:, 8:], numbers[:, 3])


def batched(members: tuple[AdditiveProcess, ...] = (*WHOLE, *CURVE_ALONE)) -> BatchedProcesses:
    """Processes fitted to 30 curves."""
    known = design(30, 0)
    y = known.last + known.static[:, 0] + 0.1 * np.random.default_rng(1).normal(size=30)
    return BatchedProcesses.of([member.fit(known, y, rng_for(0)) for member in members])


def one_by_one(together: BatchedProcesses, arms: Design) -> tuple[Floats, Floats]:
    """The predictions of each process by itself."""
    predictions = [process.posterior(arms) for process in together.processes]
    return np.array([mean for mean, _ in predictions]), np.array([std for _, std in predictions])


@pytest.mark.parametrize("arms", [1, 3, 200])
def test_predicts_what_each_process_predicts(arms: int) -> None:
    """The same numbers, for one arm and for many."""
    together = batched()
    for predicted, alone in zip(
        together.posterior(design(arms, 2)), one_by_one(together, design(arms, 2)), strict=True
    ):
        assert predicted.shape == (8, arms)
        np.testing.assert_allclose(predicted, alone, rtol=1e-12)


@pytest.mark.parametrize(
    "members",
    [
        (AdditiveProcess(),),
        (AdditiveProcess(local=False), AdditiveProcess(linear=False, warped=True)),
        (AdditiveProcess(blocks=("series",)), AdditiveProcess(blocks=("static", "summary", "series"))),
    ],
    ids=["one", "parts", "blocks"],
)
def test_processes_may_differ_in_kernel_and_blocks(members: tuple[AdditiveProcess, ...]) -> None:
    """Any parts of the kernel and any blocks of the inputs stand side by side."""
    together = batched(members)
    for predicted, alone in zip(together.posterior(design(2, 3)), one_by_one(together, design(2, 3)), strict=True):
        np.testing.assert_allclose(predicted, alone, rtol=1e-12)


@pytest.mark.parametrize("size", [1e100, 1e200, np.inf])
def test_arms_too_large_to_compute_with(size: float) -> None:
    """An arm whose squares overflow gets the answers of processes that do not look at what overflows."""
    together, arms = batched(), design(1, 4)
    odd = Design(arms.series, arms.summary, size * arms.static, arms.last)
    with np.errstate(all="ignore"):
        answers = together.posterior(odd)
        for predicted, alone in zip(answers, one_by_one(together, odd), strict=True):
            np.testing.assert_allclose(predicted, alone, rtol=1e-12)
        assert np.isfinite(answers[0][5:]).all()  # the members that see the curve alone
