"""Regression problems whose answers are known."""

import numpy as np

from bandits.predictors.features import Design


def design_of(X):
    """A design whose blocks share the columns of X: its last two are static, the others series and summary."""
    return Design(series=X[:, :-2], summary=X[:, :-2], static=X[:, -2:], last=X[:, 0])


def linear(n=40, p=5, noise=0.0, seed=0):
    """A linear problem: `[n, p]` inputs, `[n]` targets."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    return X, 3.0 + X @ np.arange(1.0, p + 1) + noise * rng.standard_normal(n)
