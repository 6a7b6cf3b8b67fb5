"""Processes side by side."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regression.consensus import CURVE_ALONE, WHOLE
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.panel import Panel
from bandits.rng import rng_for

Floats = NDArray[np.float64]


def design(arms: int, seed: int, size: float = 1.0) -> Design:
    """Inputs of arms, at random."""
    numbers = size * np.random.default_rng(seed).normal(size=(arms, 12))
    return Design(numbers[:, :4], numbers[:, 4:8], numbers[:, 8:], numbers[:, 3])


def panel(views: tuple[AdditiveProcess, ...] = (*WHOLE, *CURVE_ALONE)) -> Panel:
    """Views fitted to 30 curves."""
    known = design(30, 0)
    y = known.last + known.static[:, 0] + 0.1 * np.random.default_rng(1).normal(size=30)
    return Panel.of([view.fit(known, y, rng_for(0)) for view in views])


def one_by_one(views: Panel, arms: Design) -> tuple[Floats, Floats]:
    """What each process says when it is asked alone."""
    said = [process.look(arms) for process in views.processes]
    return np.array([mean for mean, _ in said]), np.array([std for _, std in said])


@pytest.mark.parametrize("arms", [1, 3, 200])
def test_says_what_each_process_says(arms: int) -> None:
    """The same numbers, for one arm and for many."""
    views = panel()
    for said, alone in zip(views.look(design(arms, 2)), one_by_one(views, design(arms, 2)), strict=True):
        assert said.shape == (8, arms)
        np.testing.assert_allclose(said, alone, rtol=1e-12)


@pytest.mark.parametrize(
    "views",
    [
        (AdditiveProcess(),),
        (AdditiveProcess(local=False), AdditiveProcess(linear=False, warped=True)),
        (AdditiveProcess(blocks=("series",)), AdditiveProcess(blocks=("static", "summary", "series"))),
    ],
    ids=["one", "parts", "blocks"],
)
def test_processes_may_differ_in_kernel_and_blocks(views: tuple[AdditiveProcess, ...]) -> None:
    """Any parts of the kernel and any blocks of the inputs stand side by side."""
    together = panel(views)
    for said, alone in zip(together.look(design(2, 3)), one_by_one(together, design(2, 3)), strict=True):
        np.testing.assert_allclose(said, alone, rtol=1e-12)


@pytest.mark.parametrize("size", [1e100, 1e200, np.inf])
def test_arms_too_large_to_compute_with(size: float) -> None:
    """An arm whose squares overflow gets the answers of processes that do not look at what overflows."""
    views, arms = panel(), design(1, 4)
    odd = Design(arms.series, arms.summary, size * arms.static, arms.last)
    with np.errstate(all="ignore"):
        told = views.look(odd)
        for said, alone in zip(told, one_by_one(views, odd), strict=True):
            np.testing.assert_allclose(said, alone, rtol=1e-12)
        assert np.isfinite(told[0][5:]).all()  # the views of the curve alone
