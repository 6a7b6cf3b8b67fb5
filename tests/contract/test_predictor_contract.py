"""Every built-in predictor keeps the contract of predictors."""

from collections.abc import Callable

import pytest

from bandits.config import registry
from bandits.forecasts import Link
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.predictors.regression.regressors import Forest
from bandits.testing import OraclePredictor, PredictorContract, SpyPredictor

# Predictors of the registry in settings that keep these tests short; the others are tested as they come.
QUICK: dict[str, Callable[[], Predictor]] = {
    "srm-svr-rbf": lambda: SRM("svr_rbf", draws=1),
    "srm-svr-linear": lambda: SRM("svr_linear", draws=1),
}
# Their own test files run the contract.
SLOW = {"lce", "bnn", "gaussian-process", "quantile-forest", "ngboost", "pow3", "pow4", "exp3", "mmf"}
REGISTERED = {
    name: QUICK.get(name) or registry.load("predictors", name)
    for name in registry.names("predictors")
    if name not in SLOW
}
OTHERS: dict[str, Callable[[], Predictor]] = {
    "SRM of few curves": lambda: SRM(min_curves=5),
    "LastSeenValue of few curves": lambda: LastSeenValue(min_curves=2, link=Link.IDENTITY),
    "oracle": lambda: OraclePredictor([[i / 10] * 8 for i in range(10)]),
    "spy": lambda: SpyPredictor(LastSeenValue(min_curves=5)),
}
PREDICTORS = REGISTERED | OTHERS


class TestPredictors(PredictorContract):
    horizon = 6
    arms = 3

    @pytest.fixture(params=PREDICTORS.values(), ids=PREDICTORS)
    def predictor(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Predictor:
        """Every predictor; forests of at most five trees, since several hundred take a second."""
        grow = Forest._grow
        few = staticmethod(lambda X, y, trees, share, rng: grow(X, y, min(trees, 5), share, rng))
        monkeypatch.setattr(Forest, "_grow", few)
        return request.param()


class TestLearningCurveExtrapolation(PredictorContract):
    horizon = 5
    arms = 1

    @pytest.fixture
    def predictor(self) -> Predictor:
        """LCE with a short chain: what it says here is rough, but it keeps the contract."""
        pytest.importorskip("emcee")
        from bandits.predictors.lce import LCE

        return LCE(min_epochs=3, steps=30, burn_in=10)


class TestBayesianNetwork(PredictorContract):
    horizon = 5
    arms = 1

    @pytest.fixture
    def predictor(self) -> Predictor:
        """BNN with a short chain."""
        pytest.importorskip("torch")
        from bandits.predictors.bnn import BNN

        return BNN(chains=2, burn_in=20, networks=2, keep_every=5, update_steps=2, update_networks=2)
