"""nu-SVR is solved as LIBSVM solves it, and a shortened search finds what the whole search finds."""

import warnings

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.svm import NuSVR

from bandits.predictors.regression import support_vectors
from bandits.predictors.regression.nu_svr import interior_point
from bandits.predictors.regression.support_vectors import SVR, held_out, race, solve
from tests.unit.predictors.problems import design_of


def toy(n=40, p=5, seed=0):
    """Noisy, and bent a little: `[n, p]` inputs, `[n]` targets with mean 0 and standard deviation 1."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    y = X @ np.arange(1.0, p + 1) + np.abs(X[:, 0]) + rng.standard_t(3, n)
    return X, (y - y.mean()) / y.std()


def kernel_of(kind, X, gamma=0.1):
    """`[n, n]`."""
    return X @ X.T if kind == "linear" else np.exp(-gamma * cdist(X, X, "sqeuclidean"))


def converged(K, y, C, nu):
    """Dual weights and intercept of LIBSVM, run until it hardly moves."""
    svr = NuSVR(kernel="precomputed", C=C, nu=nu, tol=1e-7).fit(K, y)
    weights = np.zeros(len(y))
    weights[svr.support_] = svr.dual_coef_[0]
    return weights, svr.intercept_[0]


def alone(n):
    """Every curve a held-out set."""
    return [np.array([i]) for i in range(n)]


@pytest.mark.parametrize("kind", ["rbf", "linear"])
@pytest.mark.parametrize("C", [1e-4, 0.03, 10.0])
def test_interior_point_predicts_as_libsvm_does(kind, C):
    """Whatever nu, predictions are those of LIBSVM at a strict tolerance."""
    X, y = toy()
    K = kernel_of(kind, X)
    nus = np.array([0.02, 0.31, 0.73, 0.96])  # nu n / 2 is no integer: else b may be any number of a range
    weights, intercepts = interior_point(np.broadcast_to(K, (4, 40, 40)), np.tile(y, (4, 1)), np.full(4, C), nus)

    for nu, ours, intercept in zip(nus, weights, intercepts, strict=True):
        theirs, b = converged(K, y, C, nu)
        np.testing.assert_allclose(K @ ours + intercept, K @ theirs + b, atol=2e-3)


def test_interior_point_stays_inside_the_constraints():
    """Weights sum to 0, the positive ones to C nu n / 2, and none exceeds C, however large C is."""
    X, y = toy(p=3)
    C, nu = np.array([1e-5, 1.0, 1e4]), np.array([0.1, 0.5, 1.0])
    weights, intercepts = interior_point(np.broadcast_to(X @ X.T, (3, 40, 40)), np.tile(y, (3, 1)), C, nu)

    assert np.isfinite(intercepts).all()
    np.testing.assert_allclose(weights.sum(axis=1) / C, 0.0, atol=1e-9)
    assert (np.abs(weights) <= C[:, None]).all()
    assert (np.maximum(weights, 0.0).sum(axis=1) <= C * nu * 20 * (1 + 1e-9)).all()


def test_the_root_of_a_kernel_stands_for_it():
    """With K = root root', r equations in place of n give the same answer."""
    X, y = toy(p=4)
    C, nu = np.array([0.01, 1.0]), np.array([0.4, 0.8])
    K, targets = np.broadcast_to(X @ X.T, (2, 40, 40)), np.tile(y, (2, 1))
    dense, thin = interior_point(K, targets, C, nu), interior_point(K, targets, C, nu, root=X)

    np.testing.assert_allclose(K @ dense[0][:, :, None], K @ thin[0][:, :, None], atol=1e-4)
    np.testing.assert_allclose(dense[1], thin[1], atol=1e-4)


@pytest.mark.parametrize("root", [None, "X"])
def test_many_curves_are_solved_alike(root):
    """Beyond the size where stacks pay, LIBSVM solves what it can and the interior point what makes it crawl."""
    X, y = toy(n=170, p=3)
    C, nu = np.array([1e-3, 10.0]), np.array([0.5, 0.5])
    K = np.broadcast_to(X @ X.T, (2, 170, 170))
    weights, intercepts = solve(K, np.tile(y, (2, 1)), C, nu, root=X if root else None)
    exact, b = interior_point(K, np.tile(y, (2, 1)), C, nu)

    ours = (K @ weights[:, :, None])[:, :, 0] + intercepts[:, None]
    np.testing.assert_allclose(ours, (K @ exact[:, :, None])[:, :, 0] + b[:, None], atol=5e-3)


@pytest.mark.parametrize("seed", range(10))
def test_race_finds_what_measuring_everything_finds(seed):
    """The winner is that of all sums, a setting that fails cannot win, and part of the work is saved."""
    rng = np.random.default_rng(seed)
    errors = rng.gamma(2.0, size=(300, 1)) * rng.uniform(0.5, 1.5, size=(300, 3))
    errors[rng.integers(300, size=20), rng.integers(3, size=20)] = np.nan
    least = np.nan_to_num(errors) * rng.random((300, 3))
    asked = []

    def measure(settings, fold):
        asked.extend((int(i), fold) for i in settings)
        return errors[settings, fold]

    assert int(np.nanargmin(errors.sum(axis=1))) == race(least, measure)
    assert len(asked) == len(set(asked)) < 0.8 * errors.size


def test_race_takes_the_first_of_equals():
    """Which settings are compared first makes no difference."""
    errors = np.ones((100, 2))
    errors[[50, 70, 99]] = 0.5

    assert 50 == race(np.zeros((100, 2)), lambda settings, fold: errors[settings, fold])


def test_race_without_a_single_success_ends():
    """Where every measurement fails, the first setting is as good as any."""
    assert 0 == race(np.zeros((40, 3)), lambda settings, fold: np.full(len(settings), np.nan))


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("p", [4, 30])
def test_a_shortened_search_changes_nothing(kernel, p, monkeypatch):
    """Fitting with the race gives, bit for bit, what fitting with every setting measured gives; bounds hold."""
    X, y = toy(n=30, p=p)

    def everything(least, measure):
        errors = np.stack([measure(np.arange(len(least)), fold) for fold in range(3)], axis=1)
        assert (least <= errors + 1e-12).all()
        assert (least > 0).any()
        return int(errors.sum(axis=1).argmin())

    fast = SVR(kernel, draws=120, folds=3).fit(design_of(X), y, np.random.default_rng(0))
    monkeypatch.setattr(support_vectors, "race", everything)
    slow = SVR(kernel, draws=120, folds=3).fit(design_of(X), y, np.random.default_rng(0))

    np.testing.assert_array_equal(fast.residuals, slow.residuals)
    np.testing.assert_array_equal(fast.predict(design_of(X)), slow.predict(design_of(X)))


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_svr_is_scikit_learns(kernel):
    """With one draw the settings are known: predictions are scikit-learn's, and residuals those of n refits of it."""
    X, y = toy(n=20)
    new, _ = toy(n=10, seed=1)
    fitted = SVR(kernel, draws=1, folds=3).fit(design_of(X), 3.0 + 2.0 * y, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    rng.permutation(20)
    C, gamma, nu = 10 ** rng.uniform(-5, 1), 10 ** rng.uniform(-5, 1), 1 - rng.random()
    theirs = NuSVR(kernel=kernel, C=C, gamma=gamma, nu=nu, tol=1e-7)
    residuals = []
    for i in range(20):
        keep = np.arange(20) != i
        residuals.append(y[i] - theirs.fit(X[keep], y[keep]).predict(X[[i]])[0])

    np.testing.assert_allclose(fitted.residuals, 2.0 * np.array(residuals), atol=2e-3)
    np.testing.assert_allclose(fitted.predict(design_of(new)), 3.0 + 2.0 * theirs.fit(X, y).predict(new), atol=2e-3)


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_hyperparameters_of_an_earlier_fit_spare_the_search(kernel):
    """Settled by its own fit, it gives that fit again without drawing anything."""
    X, y = toy(n=20)
    searching = SVR(kernel, draws=40, folds=3)
    first = searching.fit(design_of(X), y, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    again = searching.with_hyperparameters_of(first).fit(design_of(X), y, rng)

    np.testing.assert_array_equal(first.residuals, again.residuals)
    np.testing.assert_array_equal(first.predict(design_of(X)), again.predict(design_of(X)))
    assert np.random.default_rng(1).random() == rng.random()


def test_held_out_predictions_stand_where_their_curves_do():
    """Folds may list curves in any order, one by one or in stacks."""
    X, y = toy(n=12)
    K = X @ X.T
    ordered = held_out(K, y, 1.0, 0.5, alone(12))
    shuffled = held_out(K, y, 1.0, 0.5, [alone(12)[i] for i in np.random.default_rng(0).permutation(12)])
    thin = held_out(K, y, 1.0, 0.5, alone(12), root=X)

    np.testing.assert_allclose(ordered, shuffled, atol=1e-9)
    np.testing.assert_allclose(ordered, thin, atol=1e-3)


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
def test_a_search_among_two_curves_is_quiet(kernel):
    """The smallest training set gives finite numbers and no warning."""
    X, y = toy(n=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = SVR(kernel, draws=50, folds=3).fit(design_of(X), y, np.random.default_rng(0))

    assert np.isfinite(fitted.residuals).all()
    assert np.isfinite(fitted.predict(design_of(1e3 * X))).all()
