"""What this library's own numerical code saves, beside the library calls that could stand in its place.

See README.md beside this file.

python -m benchmarks.prediction_cost.own_code [--splits N] [--draws N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any
from unittest.mock import patch

import numpy as np
from sklearn import config_context
from sklearn.ensemble import RandomForestRegressor
from sklearn.svm import NuSVR

from bandits.predictors.features import Design
from bandits.predictors.regression import support_vectors
from bandits.predictors.regression.flat_trees import FlatTrees, single_precision
from bandits.predictors.regression.gp_ensemble import GPEnsemble
from bandits.predictors.threads import one_thread
from bandits.rng import rng_for
from benchmarks.prediction_cost.search import CASES, LIMIT, Case, by_us, problem

Floats = np.ndarray
TREES = 200
REPEATS = 200


def by_libsvm(
    K: Floats,
    y: Floats,
    C: Floats,
    nu: Floats,
    gap: float = 1e-7,  # noqa: ARG001
    root: Floats | None = None,  # noqa: ARG001
) -> tuple[Floats, Floats]:
    """`solve` by LIBSVM alone, one problem after another; stopped after 20,000 iterations a fit."""
    weights, intercepts = np.zeros(y.shape), np.zeros(len(y))
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for i in range(len(y)):
            svr = NuSVR(kernel="precomputed", C=float(C[i]), nu=float(nu[i]), max_iter=LIMIT).fit(K[i], y[i])
            weights[i, svr.support_], intercepts[i] = svr.dual_coef_[0], svr.intercept_[0]
    return weights, intercepts


def without_race(least: Floats, measure: Callable[[Any, int], Floats]) -> int:
    """`race` with every setting measured on every fold."""
    everybody = np.arange(len(least))
    return int(np.nan_to_num(sum(measure(everybody, fold) for fold in range(least.shape[1])), nan=np.inf).argmin())


def searches(case: Case, kernel: str, draws: int, splits: int) -> list[tuple[str, float, float]]:
    """CPU seconds of the paper's search, as it is and with one part replaced."""
    rows = []
    for name, replaced in (
        ("interior point -> LIBSVM", {"solve": by_libsvm}),
        ("race -> every setting on every fold", {"race": without_race}),
    ):
        ours, theirs = [], []
        for split in range(splits):
            arguments = kernel, draws, split, *problem(case, split)
            ours.append(by_us(*arguments)[0])
            with patch.multiple(support_vectors, **replaced):
                theirs.append(by_us(*arguments)[0])
        rows.append((f"{name}, {kernel}", mean(ours), mean(theirs)))
    return rows


def predictions(case: Case, splits: int) -> list[tuple[str, float, float]]:
    """CPU seconds for one arm: by all processes at once or one by one, by flat trees or scikit-learn's."""
    rows: dict[str, list[tuple[float, float]]] = {}
    for split in range(splits):
        design, y, test, _ = problem(case, split)
        one = test.rows(np.arange(1))
        processes = GPEnsemble().fit(design, y, rng_for(0, split)).processes
        forest = RandomForestRegressor(TREES, min_samples_leaf=3, random_state=split).fit(design.paper, y)
        flat = FlatTrees.of(forest.estimators_)
        for name, ours, theirs in _predictions(processes, flat, forest, one):
            rows.setdefault(name, []).append((timed(ours), timed(theirs)))
    return [(name, mean(a for a, _ in pairs), mean(b for _, b in pairs)) for name, pairs in rows.items()]


def _predictions(processes: Any, flat: FlatTrees, forest: Any, one: Design) -> Sequence[tuple[str, Any, Any]]:
    return (
        (
            "batched processes -> one by one, an arm",
            lambda: processes.posterior(one),
            lambda: [process.posterior(one) for process in processes.processes],
        ),
        (
            f"flat trees -> scikit-learn's apply, an arm, {TREES} trees",
            lambda: flat.leaves(one.paper),
            lambda: forest.apply(single_precision(one.paper)),
        ),
    )


def timed(work: Callable[[], Any]) -> float:
    """CPU seconds of a call, mean of many."""
    work()
    start = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - start) / REPEATS


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=3, help="random splits, of which means are told")
    parser.add_argument("--draws", type=int, default=1000, help="settings of the search")
    arguments = parser.parse_args()
    print("| table | ours -> in its place | ours, ms | in its place, ms | ratio |")
    print("|---|---|---:|---:|---:|")
    for case in CASES:
        with one_thread():
            rows = predictions(case, arguments.splits)
            for kernel in ("rbf", "linear"):
                rows += searches(case, kernel, arguments.draws, arguments.splits)
        for name, ours, theirs in rows:
            print(
                f"| {case.title} | {name} | {1000 * ours:.3g} | {1000 * theirs:.3g} | {theirs / ours:.1f} |", flush=True
            )


if __name__ == "__main__":
    main()
