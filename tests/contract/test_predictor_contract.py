"""Every built-in predictor keeps the contract of predictors."""

from collections.abc import Callable

import pytest

from bandits import registry
from bandits.forecasts import Link
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.predictors.regressors import Forest
from bandits.testing import OraclePredictor, PredictorContract, SpyPredictor

# Predictors of the registry in settings that keep these tests short; the others are tested as they come.
QUICK: dict[str, Callable[[], Predictor]] = {
    "srm-svr-rbf": lambda: SRM("svr_rbf", draws=3),
    "srm-svr-linear": lambda: SRM("svr_linear", draws=3),
}
REGISTERED = {name: QUICK.get(name, registry.load("predictors", name)) for name in registry.names("predictors")}
OTHERS: dict[str, Callable[[], Predictor]] = {
    "SRM of few curves": lambda: SRM(min_curves=5),
    "LastSeenValue of few curves": lambda: LastSeenValue(min_curves=2, link=Link.IDENTITY),
    "oracle": lambda: OraclePredictor([[i / 10] * 8 for i in range(10)]),
    "spy": lambda: SpyPredictor(LastSeenValue(min_curves=5)),
}
PREDICTORS = REGISTERED | OTHERS


class TestPredictors(PredictorContract):
    @pytest.fixture(params=PREDICTORS.values(), ids=PREDICTORS)
    def predictor(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Predictor:
        """Every predictor; forests of at most ten trees, since several hundred take a second."""
        grow = Forest._grow
        few = staticmethod(lambda X, y, trees, share, rng: grow(X, y, min(trees, 10), share, rng))
        monkeypatch.setattr(Forest, "_grow", few)
        return request.param()
