"""Several Gaussian processes evaluated as one array: their predictions cost little more than those of one process.

For a few arms a prediction is little arithmetic, and most of its time goes into calls of NumPy. Processes that were
fitted to the same curves differ in a few numbers only, so their kernels are computed together.

An arm is forecast after every epoch. That takes a third of the time that the processes take one by one (100 curves, 3
tables, 3 splits each: `python -m benchmarks.prediction_cost.own_code`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regression.kernel import block_of, mean_squares
from bandits.predictors.regression.process import Process
from bandits.predictors.regression.warp import Warp

__all__ = ["BatchedProcesses"]

Floats = NDArray[np.float64]

_SMALL = 4096  # up to so many numbers in a kernel, calls of NumPy cost more than arithmetic


@dataclass(frozen=True, slots=True)
class _TrainingInputs:
    """One block of the training curves' design, warped or not.

    Args:
        block: its name.
        warp: how the arms' inputs are warped, or None.
        inputs: `[n, p]` of the training curves.
        squares: `[n]` their mean squares.
    """

    block: str
    warp: Warp | None
    inputs: Floats
    squares: Floats


@dataclass(frozen=True, slots=True)
class BatchedProcesses:
    """V processes that were fitted to the same n curves.

    Args:
        processes: the V processes.
        inputs: the S kinds of training inputs that they use.
        places: `[B, V]` which of these inputs is each process's first block, second block, ...
        linear: `[B, V]` weights of the linear terms; 0 where a process has none.
        local: `[V]` weights of the local terms; 0 where a process has none.
        widths: `[B, V]` widths of the local terms; 0 where a process has fewer blocks.
        intercepts, units, noises, totals: `[V]` as in `Process`, and the sums of its `sums`.
        anchored: `[V]` as in `Process`.
    """

    processes: tuple[Process, ...]
    inputs: tuple[_TrainingInputs, ...]
    places: NDArray[np.intp]
    linear: Floats
    local: Floats
    widths: Floats
    intercepts: Floats
    units: Floats
    noises: Floats
    totals: Floats
    anchored: NDArray[np.bool_]

    @classmethod
    def of(cls, processes: Sequence[Process]) -> BatchedProcesses:
        """Batch one or more processes."""
        kinds: dict[tuple[bool, str], _TrainingInputs] = {}
        for process in processes:
            for block in process.kernel.blocks:
                inputs = getattr(process.design, block)
                kind = _TrainingInputs(block, process.warp, inputs, mean_squares(inputs))
                kinds.setdefault((process.warp is not None, block), kind)
        order = {key: place for place, key in enumerate(kinds)}
        blocks, count = max(len(process.kernel.blocks) for process in processes), len(processes)
        places = np.zeros((blocks, count), dtype=np.intp)
        linear, widths, local = np.zeros((blocks, count)), np.zeros((blocks, count)), np.zeros(count)
        for column, process in enumerate(processes):
            kernel, weights, used = process.kernel, np.exp(process.logs), len(process.kernel.blocks)
            places[:used, column] = [order[process.warp is not None, block] for block in kernel.blocks]
            if kernel.linear:
                linear[:used, column] = weights[:used]
            if kernel.local:
                first = used if kernel.linear else 0
                local[column], widths[:used, column] = weights[first], weights[first + 1 : first + 1 + used]
        return cls(
            tuple(processes),
            tuple(kinds.values()),
            places,
            linear,
            local,
            widths,
            np.array([process.intercept for process in processes]),
            np.array([process.unit for process in processes]),
            np.array([process.noise for process in processes]),
            np.array([process.sums.sum() for process in processes]),
            np.array([process.anchored for process in processes]),
        )

    def posterior(self, design: Design) -> tuple[Floats, Floats]:
        """`Process.posterior` of each process: `[V, m]` predictions and `[V, m]` standard deviations."""
        if len(design.last) * len(self.processes[0].weights) > _SMALL:
            return self._one_by_one(design)
        inner, distances, squares = self._between(design)
        if not (np.isfinite(inner).all() and np.isfinite(distances).all()):  # 0 times inf is NaN
            return self._one_by_one(design)
        cross = self._kernels(inner, distances)
        weighted, summed, explained = (np.empty(cross.shape[:2]) for _ in range(3))
        for row, process in enumerate(self.processes):
            own = cross[row]
            weighted[row], summed[row] = own @ process.weights, own @ process.sums
            explained[row] = np.einsum("ij,ij->i", own @ process.precision, own)
        means = (weighted + self.intercepts[:, np.newaxis]) * self.units[:, np.newaxis]
        free = 1.0 - summed
        variances = np.repeat(self.local[:, np.newaxis], len(design.last), axis=1)
        for place, weights in zip(self.places, self.linear, strict=True):
            variances += weights[:, np.newaxis] * squares[place]
        noises = self.noises[:, np.newaxis]
        variances += noises + free**2 / self.totals[:, np.newaxis]
        variances -= explained
        stds = self.units[:, np.newaxis] * np.sqrt(np.maximum(variances, noises))
        means[self.anchored] += design.last
        return means, stds

    def _one_by_one(self, design: Design) -> tuple[Floats, Floats]:
        """See `posterior`."""
        cache: dict[tuple[bool, str], tuple[Floats, Floats, Floats]] = {}
        predictions = [process.posterior(design, cache) for process in self.processes]
        return np.array([mean for mean, _ in predictions]), np.array([std for _, std in predictions])

    def _between(self, design: Design) -> tuple[Floats, Floats, Floats]:
        """What `block_of` gives for m arms and the training curves, for each of S kinds of inputs.

        Returns:
            `[S, m, n]` inner products, `[S, m, n]` squared distances, and `[S, m]` mean squares of the arms.
        """
        inner, distances, squares = [], [], []
        for kind in self.inputs:
            arms = getattr(design, kind.block) if kind.warp is None else kind.warp.bent(design, kind.block)
            products, apart, own = block_of(arms, kind.inputs, kind.squares)
            inner.append(products)
            distances.append(apart)
            squares.append(own)
        return np.array(inner), np.array(distances), np.array(squares)

    def _kernels(self, inner: Floats, distances: Floats) -> Floats:
        """`[V, m, n]` kernels between m arms and the training curves."""
        wide = (slice(None), np.newaxis, np.newaxis)
        cross = self.linear[0][wide] * inner[self.places[0]]
        exponents = self.widths[0][wide] * distances[self.places[0]]
        for place, weights, widths in zip(self.places[1:], self.linear[1:], self.widths[1:], strict=True):
            cross += weights[wide] * inner[place]
            exponents += widths[wide] * distances[place]
        np.negative(exponents, out=exponents)
        np.exp(exponents, out=exponents)
        exponents *= self.local[wide]
        cross += exponents
        return np.asarray(cross)
