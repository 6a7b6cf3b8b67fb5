"""The Gaussian process, as its users see it, and its arithmetic."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Link
from bandits.predictors.features import Inputs
from bandits.predictors.gaussian_process import GaussianProcess
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.kernel_regression import KernelRegression
from bandits.testing import PredictorContract


class TestContract(PredictorContract):
    horizon = 4
    arms = 2

    @pytest.fixture
    def predictor(self):
        """As it comes."""
        return GaussianProcess()


def curved(n, seed, noise=0.01):
    """Ends that depend on x along a line and on z along a wave."""
    rng = np.random.default_rng(seed)
    x, z = rng.uniform(-1, 1, (2, n))
    ends = 0.5 + 0.2 * x + 0.1 * np.sin(4 * z) + noise * rng.standard_normal(n)
    starts = 0.1 + 0.01 * rng.standard_normal((n, 2))
    return [(Trial(i, {}, {"x": x[i], "z": z[i]}), Curve([*starts[i], ends[i]])) for i in range(n)]


def fit(pairs, horizon=3, **settings):
    """A forecaster fitted on some curves."""
    return GaussianProcess(**settings).fit(History.from_curves(pairs), horizon=horizon, rng=np.random.default_rng(0))


def fit_process(process, design, y):
    """The process that a `KernelRegression` calibrates."""
    return process.fit(design, y, np.random.default_rng(0))


def inputs(n=30, seed=0):
    """A design, and targets."""
    rng = np.random.default_rng(seed)
    scores, features = rng.standard_normal((n, 3)), rng.standard_normal((n, 2))
    design = Inputs.learn(scores, features).design(scores, features)
    return design, design.series[:, 0] + np.sin(2 * design.static[:, 1]) + 0.1 * rng.standard_normal(n)


def test_learns_lines_and_waves():
    """Forecasts of new arms are off by little more than the noise, and intervals hold what they promise."""
    forecaster = fit(curved(100, 0))
    asked = curved(200, 1)
    answers = forecaster.forecast_many([(trial, curve.prefix(2)) for trial, curve in asked])
    off = np.array([answer.mean - curve.scores[2] for answer, (_, curve) in zip(answers, asked, strict=True)])
    inside = [
        low <= c.scores[2] <= high for a, (_, c) in zip(answers, asked, strict=True) for low, high in [a.interval(0.8)]
    ]

    assert np.sqrt((off**2).mean()) < 0.02
    assert 0.72 < np.mean(inside) < 0.93


def test_an_arm_unlike_all_others_is_less_certain():
    """The standard deviation grows with the distance from the training curves."""
    forecaster = fit(curved(60, 0))
    near, far = (forecaster.forecast(Trial(9, {}, {"x": 0.0, "z": z}), Curve([0.1, 0.1])) for z in (0.0, 3.0))

    assert far.std > 3 * near.std


def test_predictions_are_those_of_scikit_learns_process():
    """With the kernel that was found, standard deviations agree, and means up to the intercept, which is free here."""
    design, y = inputs()
    process = fit_process(AdditiveProcess(anchored=False, blocks=("static",), robust=False), design, y)
    line, bump, width, noise = np.exp(process.logs)
    columns = design.static.shape[1]
    kernel = (
        ConstantKernel(line / columns) * DotProduct(1e-5)
        + ConstantKernel(bump) * RBF(np.sqrt(columns / (2 * width)))
        + WhiteKernel(noise + 1e-9)
        + ConstantKernel(1e6)
    )
    theirs = GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None).fit(design.static, y / y.std())
    asked = inputs(seed=1)[0]
    mean, std = theirs.predict(asked.static, return_std=True)
    ours = process.posterior(asked)

    assert y.std() * mean == pytest.approx(ours[0], abs=1e-3)
    assert y.std() * std == pytest.approx(ours[1], rel=1e-3)


def test_without_bumps_it_is_a_line():
    """Predictions go on along a straight line, however far away."""
    rng = np.random.default_rng(0)
    features = rng.uniform(-1, 1, (40, 1))
    scores, y = np.zeros((40, 1)), 3.0 * features[:, 0] + 0.01 * rng.standard_normal(40)
    inputs = Inputs.learn(scores, features)
    fitted = KernelRegression(AdditiveProcess(anchored=False, blocks=("static",), local=False, robust=False)).fit(
        inputs.design(scores, features), y, rng
    )
    asked = inputs.design(np.zeros((3, 1)), np.array([[10.0], [20.0], [30.0]]))

    assert [30.0, 60.0, 90.0] == pytest.approx(fitted.predict(asked).tolist(), rel=0.01)
    assert (np.diff(fitted.errors(asked)[0]) > 0).all()


def test_losses_are_modelled_by_their_logarithm():
    """A perplexity keeps its link."""
    pairs = [
        (Trial(i, {}, {"x": level}), Curve(-np.exp([level + 1, level + 0.5, level + 0.01 * (-1) ** i])))
        for i, level in enumerate(np.linspace(3, 6, 40))
    ]
    answer = fit(pairs).forecast(Trial(99, {}, {"x": 4.0}), Curve(-np.exp([5.0, 4.5])))

    assert answer.link is Link.LOG_LOSS
    assert np.exp(4.0) == pytest.approx(-answer.mean, rel=0.05)


def test_a_missing_feature_is_a_reason():
    """As for every sequential predictor."""
    answer = fit(curved(30, 0)).forecast(Trial(99, {}, {"x": 0.0}), Curve([0.1, 0.1]))

    assert (
        Abstain("GaussianProcess learned from the feature 'z', which trial 99 lacks", Cause.MISSING_FEATURES) == answer
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_curves": 1}, "`min_curves` must be an integer >= 2, got 1"),
        ({"link": "log"}, "`link` must be one of 'auto', 'identity', 'log_loss', got 'log'"),
    ],
)
def test_settings_have_rules(settings, message):
    """Each broken rule is named, with the value."""
    with pytest.raises(SettingError) as raised:
        GaussianProcess(**settings)

    assert message == str(raised.value)


def test_settings_can_be_read_and_compared():
    """Two with the same settings are equal; the repr builds the same object."""
    assert GaussianProcess(min_curves=9) == GaussianProcess(min_curves=9) != GaussianProcess()
    assert "GaussianProcess(min_curves=9, link='auto')" == repr(GaussianProcess(min_curves=9))
    assert 20 == GaussianProcess().curves_needed(9)
