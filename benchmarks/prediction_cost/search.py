"""The paper's random search and leave-one-out errors at one tau, by this library and by plain scikit-learn."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
from sklearn.model_selection import LeaveOneOut, RandomizedSearchCV, cross_val_predict
from sklearn.svm import NuSVR

from bandits.curves import Curve, Trial
from bandits.objectives import CurveTable
from bandits.predictors.features import Design, Inputs, StaticFeatures, apply_link, choose_link, feature_row
from bandits.predictors.regression.regressors import folds_of
from bandits.predictors.regression.support_vectors import SVR
from bandits.predictors.threads import one_thread
from bandits.rng import rng_for

__all__ = ["CASES", "LIMIT", "Case", "search"]

Floats = np.ndarray

TRAINING_CURVES = 100
LIMIT = 20_000  # iterations of scikit-learn's solver with a linear kernel; without a limit it takes minutes a fit


@dataclass(frozen=True)
class Case:
    """A table and the epoch at which its curves are cut."""

    title: str
    table: str
    tau: int


CASES = (
    Case("MetaQNN CIFAR-10, 5 of 20 epochs", "metaqnn_cifar10", 5),
    Case("LSTM PTB, 15 of 60 epochs", "lstm_ptb", 15),
    Case("ResNet TinyImageNet, 35 of 140 epochs", "deep_resnets_tinyimagenet", 35),
)


def search(case: Case, kernel: str, draws: int, splits: int) -> dict[str, Any]:
    """CPU seconds and R2 x100 on the test arms, of both sides on the same splits and the same inputs."""
    ours, theirs = [], []
    for split in range(splits):
        design, y, test, truth = problem(case, split)
        ours.append(by_us(kernel, draws, split, design, y, test, truth))
        theirs.append(by_scikit_learn(kernel, draws, split, design, y, test, truth))
    row: dict[str, Any] = {"case": case.title, "kernel": kernel, "splits": splits, "draws": draws}
    for name, runs in (("ours", ours), ("sklearn", theirs)):
        row |= {f"{name}_s": mean(s for s, _ in runs), f"{name}_r2": mean(r2 for _, r2 in runs)}
    return {**row, "ratio": row["sklearn_s"] / row["ours_s"], "runs": {"ours": ours, "sklearn": theirs}}


def problem(case: Case, split: int) -> tuple[Design, Floats, Design, Floats]:
    """Inputs and targets of 100 training curves, and of all others, on the scale that `SRM` models."""
    table = CurveTable(case.table)
    rows = np.flatnonzero(np.isfinite(table.curves).all(axis=1))
    shuffled = rng_for(0, "split", split).permutation(rows)
    trials = [Trial(int(row), table.configs[row], table.features(table.configs[row])) for row in shuffled]
    pairs = [(trial, Curve(table.scores[trial.id])) for trial in trials[:TRAINING_CURVES]]
    static, features, _ = StaticFeatures.learn(pairs)
    scores = table.scores[shuffled]
    link = choose_link(scores[:TRAINING_CURVES])
    scores = apply_link(link, scores)
    scores = scores / np.abs(scores[:TRAINING_CURVES]).max()
    others = static.scale(np.array([feature_row(t.features, static.names) for t in trials[TRAINING_CURVES:]]))
    train, test = scores[:TRAINING_CURVES], scores[TRAINING_CURVES:]
    inputs = Inputs.learn(train[:, : case.tau], features)
    return (
        inputs.design(train[:, : case.tau], features),
        train[:, -1],
        inputs.design(test[:, : case.tau], others),
        test[:, -1],
    )


def r2(truth: Floats, predictions: Floats) -> float:
    """R2 x100."""
    return 100.0 * (1.0 - float(((truth - predictions) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()))


def by_us(
    kernel: str, draws: int, split: int, design: Design, y: Floats, test: Design, truth: Floats
) -> tuple[float, float]:
    """Search, refit and leave-one-out residuals by `SVR`: CPU seconds, R2 x100."""
    start = time.process_time()
    with one_thread():
        fitted = SVR(kernel, draws, 3).fit(design, y, rng_for(0, "ours", split))  # type: ignore[arg-type]
    return time.process_time() - start, r2(truth, fitted.predict(test))


def by_scikit_learn(
    kernel: str, draws: int, split: int, design: Design, y: Floats, test: Design, truth: Floats
) -> tuple[float, float]:
    """The same by `RandomizedSearchCV` and `cross_val_predict`, for the same draws and folds: CPU seconds, R2 x100."""
    target = (y - y.mean()) / y.std()
    rng = rng_for(0, "ours", split)
    tests = folds_of(len(y), 3, rng)
    folds = [(np.setdiff1d(np.arange(len(y)), test), test) for test in tests]
    space = [_setting(kernel, rng) for _ in range(draws)]
    svr = NuSVR(kernel=kernel, max_iter=-1 if kernel == "rbf" else LIMIT)
    start = time.process_time()
    searched = RandomizedSearchCV(svr, space, n_iter=draws, cv=folds, scoring="neg_mean_squared_error", random_state=0)
    searched.fit(design.paper, target)
    cross_val_predict(searched.best_estimator_, design.paper, target, cv=LeaveOneOut())
    seconds = time.process_time() - start
    return seconds, r2(truth, searched.predict(test.paper) * y.std() + y.mean())


def _setting(kernel: str, rng: np.random.Generator) -> dict[str, list[float]]:
    """One draw from the paper's ranges; the same that `SVR` makes with this generator."""
    C, gamma, nu = 10.0 ** rng.uniform(-5.0, 1.0), 10.0 ** rng.uniform(-5.0, 1.0), 1.0 - rng.random()
    return {"C": [C], "nu": [nu]} | ({"gamma": [gamma]} if kernel == "rbf" else {})
